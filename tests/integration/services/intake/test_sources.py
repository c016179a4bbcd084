"""The sources with keys, in intake's tables."""

import pytest

from contracts.events.submission import HoldReason
from kit.database import Database
from services.intake.repositories.sources import list_sources
from services.intake.use_cases.accept_submissions import accept_submissions
from services.intake.use_cases.change_sources import add_source, revoke_key, rotate_key
from services.intake.use_cases.find_source import find_source
from tests.integration.services.intake.test_submissions import LOUD, received

pytestmark = pytest.mark.connected


async def new_source(database: Database, name: str) -> str:
    key = await add_source(database, name, by="ana")
    assert key is not None
    return key


async def test_a_key_is_its_source_s_and_nobody_else_s(database: Database) -> None:
    first = await new_source(database, "landing")
    other = await new_source(database, "feria")

    assert await add_source(database, "landing", by="ana") is None
    assert await find_source(database, first) == "landing"
    assert await find_source(database, other) == "feria"
    assert await find_source(database, f"{first}x") is None
    stored = await database.fetch("select * from source_keys")
    assert not any(first in str(dict(row)) for row in stored)


async def test_two_keys_are_valid_while_one_is_replaced(database: Database) -> None:
    keys = [await new_source(database, "landing")]
    for _ in range(2):
        key = await rotate_key(database, "landing", by="beto")
        assert key is not None
        keys.append(key)

    assert [await find_source(database, key) for key in keys] == [None, "landing", "landing"]
    assert await rotate_key(database, "nobody", by="beto") is None


async def test_a_key_that_is_deleted_is_unknown(database: Database) -> None:
    key = await new_source(database, "landing")
    _, landing = await list_sources(database, "form")
    [(key_id, hint, _)] = landing.keys

    assert key.startswith(hint)
    assert not await revoke_key(database, "feria", key_id, by="ana")
    assert await revoke_key(database, "landing", key_id, by="ana")
    assert not await revoke_key(database, "landing", key_id, by="ana")
    assert await find_source(database, key) is None


async def test_what_was_done_to_a_source_is_published_with_who_did_it(database: Database) -> None:
    await new_source(database, "landing")
    await add_source(database, "landing", by="carla")
    await rotate_key(database, "landing", by="beto")
    await rotate_key(database, "nobody", by="beto")
    _, landing = await list_sources(database, "form")
    await revoke_key(database, "landing", landing.keys[0][0], by="ana")

    rows = await database.fetch(
        "select convert_from(body, 'utf8')::jsonb as event from outbox order by id"
    )
    done = [(row["event"]["source"], row["event"]["change"], row["event"]["by"]) for row in rows]
    assert done == [
        ("landing", "added", "ana"),
        ("landing", "key_rotated", "beto"),
        ("landing", "key_revoked", "ana"),
    ]


async def test_what_each_source_brought(database: Database) -> None:
    await new_source(database, "landing")
    await accept_submissions(
        database,
        [
            received(1, source="landing"),
            received(2, source="landing", card=LOUD),
            received(3, source="landing", held=HoldReason.OVER_LIMIT),
            received(4),
        ],
    )
    form, landing = await list_sources(database, "form")

    assert (form.name, form.deliveries, form.held, list(form.keys)) == ("form", 1, 0, [])
    assert (landing.name, landing.deliveries, landing.held) == ("landing", 3, 1)
    assert landing.last_delivery_at is not None
