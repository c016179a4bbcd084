"""Ends the short links of a lead that is closed. Those to a meeting stay until it is erased."""

from kit.database import Database
from services.notify.repositories import links
from services.notify.short_links import Target


async def end_links(lead_id: int, database: Database) -> None:
    async with database.transaction() as connection:
        await links.delete(connection, lead_id, kept=[Target.MEETING])
