"""Console's SQL for login attempts, by the hashes of their names and addresses."""

import hashlib
import hmac

from kit.database import Database
from kit.retention import forget

WINDOW = "15 minutes"
KNOWN = "30 days"
# wrong passwords that are allowed in the window
MAX_OF_NAME_AND_ADDRESS = 5
MAX_OF_ADDRESS = 20
MAX_OF_NAME = 50

LOCK = "select pg_advisory_xact_lock(hashtext('logins'))"
COUNT_FAILURES = f"""
select count(*) filter (where name = $1 and address = $2) as of_both,
       count(*) filter (where address = $2) as of_address,
       count(*) filter (where name = $1) as of_name,
       exists (
         select 1 from logins
         where name = $1 and address = $2 and worked and at > now() - interval '{KNOWN}'
       ) as known
from logins
where not worked and at > now() - interval '{WINDOW}'
"""  # noqa: S608 - constants
INSERT_SUCCESS = """
with forgotten as (delete from logins where address = $2 and not worked)
insert into logins (name, address, worked) values ($1, $2, true)
"""
OLD = f"at < now() - interval '{KNOWN}' or (not worked and at < now() - interval '{WINDOW}')"


class LockedOut(Exception):
    """Too many wrong passwords: no password is checked for a while."""


class Logins:
    """Counts login attempts across all replicas.

    An address from which a user logged in before is not locked out by others who try the name.
    """

    def __init__(self, database: Database, secret: str) -> None:
        self._database = database
        self._secret = secret.encode()

    async def begin(self, name: str, address: str) -> None:
        """Counts an attempt before its password is checked. Raises LockedOut."""
        hashes = self._hash(name), self._hash(address)
        async with self._database.transaction() as connection:
            await connection.execute(LOCK)
            count = await connection.fetchrow(COUNT_FAILURES, *hashes)
            assert count is not None
            if (
                count["of_both"] >= MAX_OF_NAME_AND_ADDRESS
                or count["of_address"] >= MAX_OF_ADDRESS
                or (count["of_name"] >= MAX_OF_NAME and not count["known"])
            ):
                raise LockedOut
            await connection.execute("insert into logins (name, address) values ($1, $2)", *hashes)

    async def succeeded(self, name: str, address: str) -> None:
        """Records a right password, and deletes the failed attempts from its address."""
        await self._database.fetch(INSERT_SUCCESS, self._hash(name), self._hash(address))

    async def forget_old(self) -> None:
        await forget(self._database, "logins", OLD)

    def _hash(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]
