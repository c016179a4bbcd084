"""notify's SQL: when people last wrote to us, which opens a session in which free text may go."""

from domain.addresses import canonical
from kit.database import Connection

STORE_MESSAGE = """
with alive as (
  insert into signs_of_life (address) values ($1)
  on conflict (address) do update set at = now())
insert into sessions (phone) values ($1)
on conflict (phone) do update set wrote_at = now()"""


async def open_session(connection: Connection, phone: str) -> None:
    """Stores that the person wrote just now, which is a sign of life too."""
    await connection.execute(STORE_MESSAGE, canonical(phone))
