"""What is said of backups. About no one lead."""

from typing import Literal

from contracts.event import Event


class BackupStarted(Event):
    """pauta backup: the databases stand still for it; what was published before is in the audit log before this."""

    topic: Literal["backup.started"] = "backup.started"
    lead_id: int = 0
