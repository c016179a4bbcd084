"""Rebuilding the projections: beside the tables that the pages read, replaced in one step."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.commands.address import RestoreAddress
from contracts.events.address import AddressRestored, AddressSuspended
from contracts.events.booking import BookingUnmatched, LeadBooked
from contracts.events.failed_work import WorkFailed
from contracts.events.lead import LeadCreated, LeadErased, LeadOptedOut, LeadUpdated
from contracts.events.reply import Intent, ReplyReceived, ReplyUnmatched
from contracts.events.submission import HoldReason as WhyHeld
from contracts.events.submission import InquiryReceived, SubmissionHeld
from contracts.events.touch import (
    Channel,
    FailureKind,
    HoldReason,
    TouchFailed,
    TouchHeld,
    TouchSent,
)
from contracts.message import Message
from kit.database import Database
from services.console.decisions.tallies import Cell, Counts, add_change, changed, tallied
from services.console.repositories import projections as module
from services.console.repositories.actions import Actions, ReceivedMessage
from services.console.repositories.erasures import Erasures
from services.console.repositories.metrics import LeadFilter, Metrics
from services.console.repositories.projections import Projections, lead_of
from tests.builders import a_booking, a_card

pytestmark = pytest.mark.connected

SECOND = timedelta(seconds=1)
ERASURES = Erasures("a secret")
LEADS = 12
NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
TABLES = (
    "leads",
    "providers",
    "bookings",
    "aliases",
    "failed_work",
    "held_touches",
    "tallies",
    "projected",
)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 5)


def called(lead_id: int) -> TouchSent:
    return TouchSent(lead_id=lead_id, touch_id=uuid4(), step="welcome_call", channel=Channel.CALL)


async def happen(database: Database, *events: Message) -> None:
    await Actions(database, ERASURES).add(
        [ReceivedMessage(event, event.model_dump(mode="json"), None) for event in events]
    )


async def caught_up(projections: Projections) -> None:
    while await projections.follow() or (await projections.progress()).rebuilt is not None:
        pass


async def a_past(database: Database) -> Projections:
    """Projects leads that were called once, then changes their names to mark the old rows."""
    for lead_id in range(1, LEADS + 1):
        card = a_card(name=f"Lead {lead_id}", source=f"Radio {lead_id % 2}")
        await happen(database, LeadCreated(lead_id=lead_id, card=card), called(lead_id))
    projections = Projections(database, ERASURES)
    await caught_up(projections)
    await database.fetch("update leads set name = 'as it was'")
    return projections


async def names(database: Database) -> set[str]:
    return {lead.name for lead in await Metrics(database, "UTC").leads(LeadFilter())}


async def calls(database: Database) -> Counter[int]:
    return Counter(
        {
            row["lead_id"]: row["calls"]
            for row in await database.fetch("select lead_id, calls from leads")
        }
    )


async def add_up(database: Database) -> bool:
    """Returns whether the tallies add up to the leads in the table."""
    total: dict[Cell, Counts] = {}
    for row in await database.fetch("select * from leads"):
        add_change(total, {}, tallied(lead_of(row)))
    columns = ", ".join((*Cell._fields, *Counts._fields))
    rows = await database.fetch(f"select {columns} from tallies where leads <> 0")
    return changed(total) == sorted((Cell(*row[:4]), Counts(*row[4:])) for row in map(tuple, rows))


async def spare_rows(database: Database) -> int:
    counts = [await database.fetch(f"select count(*) from rebuilt.{table}") for table in TABLES]
    return sum(rows[0][0] for rows in counts)


OLD = {"as it was"}
NEW = {f"Lead {lead_id}" for lead_id in range(1, LEADS + 1)}


async def test_the_pages_show_the_old_rows_until_all_is_rebuilt(database: Database) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    shown = []
    came = []
    while (progress := await projections.progress()).rebuilt is not None:
        assert progress.until == progress.newest
        shown.append(await names(database))
        came.append(progress.rebuilt)
        await projections.follow()

    assert shown == [OLD] * len(shown)
    assert came == sorted(came)
    assert len(came) > 4
    assert await names(database) == NEW
    assert await spare_rows(database) == 0
    assert await add_up(database)


async def test_events_during_a_rebuild_are_counted_once(database: Database) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    expected = await calls(database)
    # also of leads that are rebuilt already, and of a new one
    for lead_id in range(1, LEADS + 1):
        await happen(database, called(lead_id), called(1))
        await projections.follow()
        expected.update((lead_id, 1))
    await happen(database, LeadCreated(lead_id=99, card=a_card(name="Nueva")))
    await projections.follow()
    assert await calls(database) == expected | {99: 0}  # the pages are up to date, too
    await caught_up(projections)

    assert await calls(database) == expected | {99: 0}
    assert await names(database) == NEW | {"Nueva"}
    assert await add_up(database)


@pytest.mark.parametrize("restart", [False, True], ids=["resumed", "started over"])
async def test_a_rebuild_that_was_broken_off(database: Database, restart: bool) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    await projections.follow()
    await projections.follow()
    restarted = Projections(database, ERASURES)
    if restart:
        await restarted.rebuild()
    came = (await restarted.progress()).rebuilt
    assert came == 0 if restart else came
    await caught_up(restarted)

    assert await calls(database) == dict.fromkeys(range(1, LEADS + 1), 1)
    assert await names(database) == NEW
    assert await add_up(database)


async def test_a_batch_that_fails_leaves_nothing_half_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    await projections.follow()
    before = await projections.progress(), await spare_rows(database)

    async def dies(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(module, "_tally", dies)
        with pytest.raises(Exception, match="ConnectionResetError"):
            await projections.follow()
    assert (await projections.progress(), await spare_rows(database)) == before
    await caught_up(projections)
    assert await add_up(database)


async def test_two_replicas_that_both_believe_to_lead_fold_nothing_twice(
    database: Database,
) -> None:
    first = await a_past(database)
    await first.rebuild()
    await happen(database, *(called(lead_id) for lead_id in range(1, LEADS + 1)))
    await asyncio.gather(caught_up(first), caught_up(Projections(database, ERASURES)))

    assert await calls(database) == dict.fromkeys(range(1, LEADS + 1), 2)
    assert await names(database) == NEW
    assert await add_up(database)


async def test_the_switch_waits_for_readers_and_keeps_nobody_waiting(
    database: Database,
) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    async with database.transaction() as reader:
        await reader.fetch("select 1 from leads")  # as a backup does
        while await projections.follow():
            pass
        assert not await projections.follow()
        async with asyncio.timeout(1):
            assert await names(database) == OLD
    assert (await projections.progress()).rebuilt is not None
    await projections.follow()

    assert await names(database) == NEW


async def test_a_person_erased_meanwhile_is_in_neither_set(database: Database) -> None:
    projections = await a_past(database)
    await projections.rebuild()
    await projections.follow()
    await happen(database, LeadErased(lead_id=1, by="ana"))
    await caught_up(projections)
    [row] = await database.fetch("select count(*) from actions where body::text like '%Lead 1\"%'")

    assert row[0] == 0
    assert await names(database) == NEW - {"Lead 1"} | {""}
    assert await spare_rows(database) == 0


async def test_what_came_from_an_erased_persons_addresses_without_a_lead_is_erased_too(
    database: Database,
) -> None:
    card = a_card(phone="+525512345678", email="Ana@example.com")
    stranger = BookingUnmatched(lead_id=0, uid="b3", email="otra@example.com")
    await happen(
        database,
        LeadCreated(lead_id=1, card=card),
        ReplyUnmatched(
            lead_id=0,
            channel=Channel.WHATSAPP,
            sender="+5215512345678",
            text="Soy yo",
            intent=Intent.QUESTION,
        ),
        InquiryReceived(
            lead_id=0,
            channel=Channel.WHATSAPP,
            message_id="SM1",
            phone="+525512345678",
            name="Anita",
            text="Fui yo",
            received_at=NOW,
        ),
        BookingUnmatched(lead_id=0, uid="b1", email="ana@example.com"),
        BookingUnmatched(lead_id=0, uid="b2", phone="+525512345678"),
        stranger,
    )
    projections = Projections(database, ERASURES)
    await caught_up(projections)
    await happen(database, LeadErased(lead_id=1, by="ana"))
    await caught_up(projections)
    bodies = await database.fetch("select body::text as body from actions")
    bookings = await database.fetch("select uid, email, phone from bookings order by uid")
    text = " ".join(row["body"] for row in bodies)

    secrets = ("5512345678", "ana@", "Ana@", "Soy yo", "Anita", "Fui yo")
    assert [secret for secret in secrets if secret in text] == []
    assert "otra@example.com" in text
    assert [tuple(row) for row in bookings] == [
        ("b1", "", ""),
        ("b2", "", ""),
        ("b3", "otra@example.com", ""),
    ]
    assert await Actions(database, ERASURES).unmatched_replies(limit=9) == []


SECRETS = ("5512345678", "ana@", "Ana", "Demo SA", "secreto", "b-title")
LATE = (
    AddressSuspended(
        lead_id=1,
        channel=Channel.EMAIL,
        address="ana@example.com",
        doubtful=True,
        reason="452 <ana@example.com> mailbox full",
    ),
    TouchFailed(
        lead_id=1,
        touch_id=uuid4(),
        step="welcome_email",
        channel=Channel.EMAIL,
        kind=FailureKind.BAD_ADDRESS,
        reason="550 5.1.1 <ana@example.com> user unknown",
    ),
    TouchHeld(
        lead_id=1,
        touch_id=uuid4(),
        step="day_6",
        channel=Channel.EMAIL,
        reason=HoldReason.MISCONFIGURED,
        detail="ana@example.com",
    ),
    LeadUpdated(
        lead_id=1,
        submission_id=2,
        person_id=1,
        card=a_card(name="Ana", phone="+525512345678", email="ana@example.com"),
        changed=("phone",),
        returned=True,
    ),
    LeadBooked(
        lead_id=1,
        revision=1,
        booking=a_booking("b1", email="ana@example.com", phone="+525512345678", title="b-title"),
    ),
    ReplyReceived(
        lead_id=1, channel=Channel.WHATSAPP, text="secreto", intent=Intent.REVIEW, hour="secreto"
    ),
    LeadOptedOut(lead_id=1, channel="whatsapp", reason="stop", text="secreto"),
    WorkFailed(lead_id=1, service="crm", kind="work", row_id=1, reason="KeyError: ana@example.com"),
    ReplyUnmatched(
        lead_id=0,
        channel=Channel.WHATSAPP,
        sender="+5215512345678",
        text="secreto",
        intent=Intent.QUESTION,
    ),
    BookingUnmatched(lead_id=0, uid="b2", email="Ana@example.com", phone="+525512345678"),
    AddressRestored(address="ana@example.com", by="operador"),
    RestoreAddress(address="+525512345678", by="operador"),
)


@pytest.mark.parametrize("is_projected", [True, False], ids=["projected", "on its way as well"])
async def test_a_late_message_brings_nothing_of_an_erased_person_back(
    database: Database, is_projected: bool
) -> None:
    projections = Projections(database, ERASURES)
    card = a_card(name="Ana", phone="+525512345678", email="ana@example.com", company="Demo SA")
    await happen(database, LeadCreated(lead_id=1, card=card))
    await caught_up(projections)
    await happen(database, LeadErased(lead_id=1, by="operador"))
    if is_projected:
        await caught_up(projections)
    for message in LATE:
        await happen(database, message)
        if is_projected:
            assert not await found(database), f"{message.topic} was stored with personal data"
        await caught_up(projections)

        assert not await found(database), f"{message.topic} brought it back"
    assert await Actions(database, ERASURES).unmatched_replies(limit=9) == []
    await projections.rebuild()
    await caught_up(projections)
    assert not await found(database)


async def test_whoever_writes_after_their_erasure_is_there_again(database: Database) -> None:
    projections = Projections(database, ERASURES)
    await happen(database, LeadCreated(lead_id=1, card=a_card(phone="+525512345678")))
    await caught_up(projections)
    reply = ReplyUnmatched(
        lead_id=0,
        channel=Channel.WHATSAPP,
        sender="+525512345678",
        text="Soy yo",
        intent=Intent.QUESTION,
    )
    erasure = LeadErased(lead_id=1, by="operador")
    await happen(database, erasure, reply.model_copy(update={"at": erasure.at + SECOND}))
    await caught_up(projections)
    await happen(
        database, reply.model_copy(update={"at": erasure.at + SECOND, "event_id": uuid4()})
    )
    await caught_up(projections)
    replies = await Actions(database, ERASURES).unmatched_replies(limit=9)

    assert [row["body"]["sender"] for row in replies] == ["+525512345678"] * 2


async def found(database: Database) -> list[str]:
    """Returns the personal data that any table of console's database has."""
    tables = await database.fetch(
        """select table_schema || '.' || table_name as name from information_schema.tables
           where table_schema in ('public', 'rebuilt')"""
    )
    text = ""
    for table in tables:
        rows = await database.fetch(f"select t::text as row from {table['name']} t")
        text += "\n".join(row["row"] for row in rows)
    return [secret for secret in SECRETS if secret in text]


async def test_a_held_submission_is_no_lead_until_it_is_accepted(database: Database) -> None:
    held = SubmissionHeld(lead_id=5, source="form", reason=WhyHeld.LINK_IN_NAME, received_at=NOW)
    card = a_card(attribution={"gclid": "x"}, unusable_email="ana@gmail")
    await happen(database, held)
    await caught_up(Projections(database, ERASURES))
    assert await database.fetch("select lead_id from leads") == []

    await happen(database, LeadCreated(lead_id=5, card=card))
    await caught_up(Projections(database, ERASURES))
    lead = await Metrics(database, "UTC").lead(5)
    assert lead is not None
    assert (lead.attribution, lead.unusable_email) == ({"gclid": "x"}, "ana@gmail")


async def test_a_booking_of_nobody_that_is_cancelled_waits_for_nobody(database: Database) -> None:
    booked = BookingUnmatched(lead_id=0, uid="b1", email="ana@example.com")
    other = BookingUnmatched(lead_id=0, uid="b1", email="beto@example.com")
    await happen(
        database, booked, booked.model_copy(update={"cancelled": True, "event_id": uuid4()})
    )
    await caught_up(Projections(database, ERASURES))
    assert await database.fetch("select uid from bookings") == []

    await happen(
        database, other, booked.model_copy(update={"cancelled": True, "event_id": uuid4()})
    )
    await caught_up(Projections(database, ERASURES))
    assert [row["email"] for row in await database.fetch("select email from bookings")] == [
        "beto@example.com"
    ]


async def test_rows_that_an_older_version_folded_without_counting_are_rebuilt(
    database: Database,
) -> None:
    projections = await a_past(database)
    await happen(database, called(1))
    await database.fetch("update leads set calls = calls + 1, step = 'day_3' where lead_id = 1")
    await database.fetch("update projected set until = (select max(id) from actions)")
    assert not await add_up(database)
    await caught_up(projections)

    assert (await calls(database))[1] == 2
    assert await add_up(database)
