"""notify's SQL: the addresses that showed a sign of life, and those that reach nobody."""

from domain.addresses import canonical
from kit.database import Connection, Database

INSERT_SIGN_OF_LIFE = """
insert into signs_of_life (address) values ($1)
on conflict (address) do update set at = now()"""
INSERT_UNDELIVERABLE = """
insert into undeliverable_addresses (address) values ($1)
on conflict do nothing"""


async def mark_alive(database: Database | Connection, address: str) -> None:
    """Stores a sign of life, such as a click, a booking or a reply."""
    await database.fetch(INSERT_SIGN_OF_LIFE, canonical(address))


async def mark_undeliverable(database: Database, address: str) -> None:
    """Stores that the address reaches nobody, according to a provider. Nothing more goes to it."""
    await database.fetch(INSERT_UNDELIVERABLE, canonical(address))
