"""Suspended addresses and soft bounces, in PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

import pytest

from kit.database import Database
from services.notify.repositories import addresses

pytestmark = pytest.mark.connected

ANA = "ana@example.com"
MONTH = timedelta(days=30)


async def suspended(database: Database) -> list[tuple[str, bool, str]]:
    rows = await addresses.suspended(database, limit=10)
    return [(row["address"], row["doubtful"], row["reason"]) for row in rows]


async def test_a_doubtful_address_may_turn_out_dead_and_not_the_other_way_round(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        assert await addresses.suspend(connection, ANA, "full", doubtful=True)
        assert not await addresses.suspend(connection, ANA, "full again", doubtful=True)
        assert await addresses.suspend(connection, ANA, "gone", doubtful=False)
        assert not await addresses.suspend(connection, ANA, "full", doubtful=True)

    assert await suspended(database) == [(ANA, False, "gone")]


async def test_a_restored_address_starts_anew(database: Database) -> None:
    async with database.transaction() as connection:
        await addresses.add_soft_bounce(connection, uuid4(), ANA, within=MONTH)
        await addresses.suspend(connection, ANA, "full", doubtful=True)
        assert await addresses.restore(connection, ANA)
        assert not await addresses.restore(connection, ANA)
        bounces = await addresses.add_soft_bounce(connection, uuid4(), ANA, within=MONTH)

    assert await suspended(database) == []
    assert bounces == 1


async def test_bounces_count_once_per_mail_in_a_row_and_within_a_time(database: Database) -> None:
    touch = uuid4()
    async with database.transaction() as connection:
        for _ in range(2):
            again = await addresses.add_soft_bounce(connection, touch, ANA, within=MONTH)
        other = await addresses.add_soft_bounce(connection, uuid4(), "b@example.com", within=MONTH)
        await connection.execute("update soft_bounces set at = now() - interval '31 days'")
        later = await addresses.add_soft_bounce(connection, uuid4(), ANA, within=MONTH)
        second = await addresses.add_soft_bounce(connection, uuid4(), ANA, within=MONTH)
        await addresses.forget_soft_bounces(connection, ANA)
        after_delivery = await addresses.add_soft_bounce(connection, uuid4(), ANA, within=MONTH)

    assert (again, other, later, second, after_delivery) == (1, 1, 1, 2, 1)
