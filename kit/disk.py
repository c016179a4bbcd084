"""The free space of the disk that every server of the installation writes to."""

import shutil

# bytes
LEAST_FREE = 2e9  # below it, RabbitMQ takes no events
LITTLE_FREE = 5e9


def free_bytes() -> int:
    """Returns the free bytes as the servers see them.

    Their volumes and this container are on the same disk, that of the container engine.
    """
    return shutil.disk_usage("/").free
