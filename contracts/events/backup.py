"""Events about backups, and about no one lead."""

from typing import Literal

from contracts.events.base import Event


class BackupStarted(Event):
    """pauta backup: the instant that a backup shows has passed; the audit log has what was published before it."""

    topic: Literal["backup.started"] = "backup.started"
    lead_id: int = 0
