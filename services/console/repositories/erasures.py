"""Console's SQL: the persons who were erased, so that a late event brings nothing of them back.

Of their addresses only keyed hashes are kept.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.database import Connection, Database
from services.console.decisions.erasure import addresses_in, erased

INSERT_ADDRESSES = """
insert into erased_addresses (hash, erased_at)
values ($1, $2)
on conflict (hash) do update
set erased_at = greatest(erased_addresses.erased_at, $2)
"""
SELECT_LEADS = "select lead_id from leads where lead_id = any($1) and erased_at is not null"
SELECT_ADDRESSES = "select hash, erased_at from erased_addresses where hash = any($1)"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the audit log."""

    lead_id: int
    at: datetime
    body: dict[str, Any]


class Erasures:
    """The leads and the addresses of the persons who were erased."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def remember(self, connection: Connection, erased_at: Mapping[str, datetime]) -> None:
        """Keeps the hashes of these addresses, each with when its person was erased."""
        rows = [(self._hash(address), at) for address, at in erased_at.items()]
        await connection.executemany(INSERT_ADDRESSES, rows)

    async def without_data(
        self, database: Database | Connection, entries: Sequence[Entry]
    ) -> list[dict[str, Any]]:
        """Returns the bodies, those of erased persons without their data.

        A message of no lead is theirs if it was published before the erasure. Whoever writes to us
        later is there again.
        """
        leads = await self._leads_in(database, entries)
        erased_at = await self._addresses_in(database, entries)

        def is_erased(entry: Entry) -> bool:
            if entry.lead_id in leads:
                return True
            hashes = self._hashes(entry)
            return any(name in erased_at and entry.at <= erased_at[name] for name in hashes)

        return [erased(entry.body) if is_erased(entry) else entry.body for entry in entries]

    async def _leads_in(
        self, database: Database | Connection, entries: Sequence[Entry]
    ) -> set[int]:
        lead_ids = list({entry.lead_id for entry in entries if entry.lead_id > 0})
        rows = await database.fetch(SELECT_LEADS, lead_ids) if lead_ids else []
        return {row["lead_id"] for row in rows}

    async def _addresses_in(
        self, database: Database | Connection, entries: Sequence[Entry]
    ) -> dict[str, datetime]:
        hashes: set[str] = set()
        for entry in entries:
            hashes |= self._hashes(entry)
        rows = await database.fetch(SELECT_ADDRESSES, list(hashes)) if hashes else []
        return {row["hash"]: row["erased_at"] for row in rows}

    def _hashes(self, entry: Entry) -> set[str]:
        """Returns the hashes of the addresses in a message of no lead."""
        if entry.lead_id > 0:
            return set()
        return {self._hash(address) for address in addresses_in(entry.body)}

    def _hash(self, address: str) -> str:
        return hmac.new(self._secret, address.encode(), hashlib.sha256).hexdigest()
