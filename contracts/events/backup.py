"""Events about backups. They concern no single lead."""

from typing import Literal

from contracts.events.base import Event


class BackupStarted(Event):
    """pauta backup: the instant of the backup has passed.

    The audit log holds everything that was published before this event.
    """

    topic: Literal["backup.started"] = "backup.started"
    lead_id: int = 0
