"""Describes the backlog to an operator."""

from contracts.api.backlog import BacklogStatus
from kit.database import Database
from services.scheduler.repositories import backlog


async def show_backlog(database: Database) -> BacklogStatus:
    row = await backlog.get(database)
    return BacklogStatus(overdue=row.overdue, held=row.held and not row.released)
