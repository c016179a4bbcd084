"""Forgets old inbox entries, and the timers of leads that have been idle for long."""

from kit.database import Database
from kit.messaging import inbox
from services.scheduler.decisions.enrolment import FORGET_AFTER, FORGOTTEN
from services.scheduler.repositories import enrolments


async def forget_old(database: Database) -> None:
    await inbox.forget_old(database)
    await enrolments.forget(database, after=FORGET_AFTER, reason=FORGOTTEN)
