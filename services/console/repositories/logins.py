"""Console's SQL: who tried to log in, by name and address, neither of which is kept as it was written."""

import hashlib
import hmac

from kit.database import Database
from kit.retention import forget

WINDOW = "15 minutes"
KNOWN = "30 days"
OF_ONE_NAME_AND_ADDRESS, OF_ONE_ADDRESS, OF_ONE_NAME = 5, 20, 50  # wrong passwords in the window

ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('logins'))"
COUNT = f"""select count(*) filter (where name = $1 and address = $2) as of_both,
                   count(*) filter (where address = $2) as of_address,
                   count(*) filter (where name = $1) as of_name,
                   exists (select 1 from logins where name = $1 and address = $2 and worked
                             and at > now() - interval '{KNOWN}') as known
            from logins where not worked and at > now() - interval '{WINDOW}'"""  # noqa: S608 - constants
WORKED = """with forgotten as (delete from logins where address = $2 and not worked)
            insert into logins (name, address, worked) values ($1, $2, true)"""
OLD = f"at < now() - interval '{KNOWN}' or (not worked and at < now() - interval '{WINDOW}')"


class LockedOut(Exception):
    """Too many wrong passwords: nobody is asked for one for a while."""


class Logins:
    """Counts for all replicas. Whoever logged in from an address before is not kept out by others who try the name."""

    def __init__(self, database: Database, secret: str) -> None:
        self._database, self._secret = database, secret.encode()

    async def begin(self, name: str, address: str) -> None:
        """Counts a try before its password is looked at. Raises LockedOut."""
        who = self._hidden(name), self._hidden(address)
        async with self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            count = await connection.fetchrow(COUNT, *who)
            assert count is not None
            if (
                count["of_both"] >= OF_ONE_NAME_AND_ADDRESS
                or count["of_address"] >= OF_ONE_ADDRESS
                or (count["of_name"] >= OF_ONE_NAME and not count["known"])
            ):
                raise LockedOut
            await connection.execute("insert into logins (name, address) values ($1, $2)", *who)

    async def worked(self, name: str, address: str) -> None:
        """The password was right: the wrong ones before it are forgiven."""
        await self._database.fetch(WORKED, self._hidden(name), self._hidden(address))

    async def forget_old(self) -> None:
        await forget(self._database, "logins", OLD)

    def _hidden(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]
