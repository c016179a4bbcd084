"""What console reads from RabbitMQ."""

from services.console.service_clients import ServiceClients
from tests.wire import Wire


async def test_a_queue_whose_messages_are_not_counted_yet_has_none() -> None:
    """The page *Now* failed in the first seconds after RabbitMQ's start."""
    async with Wire() as wire:
        wire.answers(200, [{"name": "crm.notes", "messages": 3}, {"name": "crm.leads"}])
        clients = ServiceClients(
            scheduler=wire.url,
            notify=wire.url,
            rabbitmq=wire.url,
            scheduler_token="",
            broker_url="amqp://console:x@127.0.0.1/",
        )
        queues = await clients.queues()
        await clients.close()

    assert queues is not None
    assert [(queue["name"], queue["messages"]) for queue in queues] == [
        ("crm.leads", 0),
        ("crm.notes", 3),
    ]
    assert all(queue["consumers"] == 0 for queue in queues)
