"""RabbitMQ and the outbox: publish, consume, retry, dead-letter."""
