"""How much room there is on the disk that everything stands on."""

import shutil

LEAST_FREE, LITTLE_FREE = 2e9, 5e9  # bytes; RabbitMQ takes no events below one


def free_bytes() -> int:
    """Returns the free bytes, as the servers see them: their volumes and this container are on the engine's disk."""
    return shutil.disk_usage("/").free
