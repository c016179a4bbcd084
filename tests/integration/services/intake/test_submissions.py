"""Submissions in intake's tables: held, accepted, discarded, repeated and erased."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.commands.lead import EraseLead
from contracts.commands.submission import AcceptSubmission, DiscardSubmission
from contracts.events.lead import NO_JOURNEY, Door
from contracts.events.submission import HoldReason, InquiryReceived
from contracts.events.touch import Channel
from kit.database import Database
from services.intake.decisions.persons import Held, Join, NewLead, Replay, Submission, Verdict
from services.intake.repositories import held_submissions
from services.intake.repositories.raw_submissions import forget_old_bodies, keep_refused
from services.intake.repositories.submissions import end_journey
from services.intake.use_cases.accept_submissions import Received, Sent, accept_submissions
from services.intake.use_cases.decide_held import accept_held, discard_held
from services.intake.use_cases.erase_lead import erase_lead
from services.intake.use_cases.receive_inquiry import read_inquiry
from tests.builders import a_card

pytestmark = pytest.mark.connected

RECEIVED_AT = datetime(2026, 3, 2, 17, tzinfo=UTC)
NOW = RECEIVED_AT + timedelta(days=2)
LOUD = {"name": "Luz Ríos", "email": "luz@example.com", "phone": "+525512345678"}


def received(number: int = 1, *, card: dict[str, Any] | None = None, **more: Any) -> Received:
    submission = Submission(a_card(**(card or {})), content=str(number).encode(), **more)
    return Received(
        submission,
        "9.9.9.9",
        "Navegador",
        RECEIVED_AT,
        page="https://www.ejemplo.mx/",
        sent=Sent('{"nombre": "Ana"}', "application/json", b'{"nombre": "Ana"}'),
    )


async def accept(database: Database, *batch: Received) -> list[Verdict]:
    return await accept_submissions(database, batch)


async def published(database: Database) -> list[tuple[str, int]]:
    """Returns the events in their order, each with its lead's id."""
    rows = await database.fetch("select routing_key, lead_id from outbox order by id")
    return [(row["routing_key"], row["lead_id"]) for row in rows]


async def count(database: Database, table: str, condition: str = "true") -> int:
    [row] = await database.fetch(f"select count(*) as rows from {table} where {condition}")
    return int(row["rows"])


async def held_id(database: Database, **more: Any) -> int:
    [verdict] = await accept(database, received(held=HoldReason.HONEYPOT, **more))
    assert isinstance(verdict, Held)
    return verdict.submission_id


def wanted(submission_id: int) -> AcceptSubmission:
    return AcceptSubmission(lead_id=submission_id, by="operadora")


async def test_a_held_submission_is_stored_with_what_was_sent_and_makes_no_lead(
    database: Database,
) -> None:
    submission_id = await held_id(database, source="landing", key="k", external_id="x")
    [row] = await held_submissions.newest(database, limit=10, before=None)

    assert (row.submission_id, row.source, row.reason) == (submission_id, "landing", "honeypot")
    assert (row.fields, row.received_at) == ({"nombre": "Ana"}, RECEIVED_AT)
    assert await held_submissions.counts(database) == {"honeypot": 1}
    assert await held_submissions.newest(database, limit=10, before=submission_id) == []
    assert await published(database) == [("submission.held", submission_id)]
    assert await count(database, "leads") == await count(database, "submissions") == 0


async def test_a_repeat_of_a_held_submission_gets_its_answer(database: Database) -> None:
    [first] = await accept(
        database,
        replace(received(held=HoldReason.OVER_LIMIT, key="k"), received_at=datetime.now(UTC)),
    )
    same_content, same_key = await accept(database, received(), received(2, key="k"))

    assert same_content == Replay(first.submission_id)  # type: ignore[union-attr]
    assert type(same_key).__name__ == "Conflict"


async def test_an_accepted_one_goes_its_way_under_its_id_with_its_evidence_and_hours_of_its_own(
    database: Database,
) -> None:
    submission_id = await held_id(database)
    await accept_held(database, wanted(submission_id), now=NOW)

    assert await published(database) == [
        ("submission.held", submission_id),
        ("lead.created", submission_id),
        ("submission.accepted", submission_id),
    ]
    [created] = await database.fetch(
        """select convert_from(body, 'utf8')::jsonb as event from outbox
           where routing_key = 'lead.created'"""
    )
    assert datetime.fromisoformat(created["event"]["received_at"]) == NOW
    [kept] = await database.fetch("select * from submissions")
    assert (kept["received_at"], kept["page"]) == (RECEIVED_AT, "https://www.ejemplo.mx/")
    assert (kept["remote_address"], kept["fields"]) == ("9.9.9.9", {"nombre": "Ana"})
    assert await count(database, "held_submissions") == 0
    assert await count(database, "raw_submissions") == 1


async def test_an_accepted_one_joins_the_lead_that_its_person_has_by_now(
    database: Database,
) -> None:
    submission_id = await held_id(database)
    [lead] = await accept(database, received(2))
    assert isinstance(lead, NewLead)
    await accept_held(database, wanted(submission_id), now=NOW)

    assert ("lead.updated", lead.lead_id) in await published(database)
    assert await count(database, "submissions", f"lead_id = {lead.lead_id}") == 2


async def test_accepting_twice_at_once_and_again_is_accepting_once(database: Database) -> None:
    submission_id = await held_id(database)
    command = wanted(submission_id)
    await asyncio.gather(*(accept_held(database, command, now=NOW) for _ in range(4)))
    await accept_held(database, wanted(submission_id), now=NOW)
    await discard_held(database, DiscardSubmission(lead_id=submission_id, by="operadora"))

    topics = [topic for topic, _ in await published(database)]
    assert sorted(topics) == ["lead.created", "submission.accepted", "submission.held"]


async def test_a_platforms_test_is_never_let_in(database: Database) -> None:
    [held] = await accept(database, received(held=HoldReason.TEST))
    assert isinstance(held, Held)
    await accept_held(database, wanted(held.submission_id), now=NOW)

    assert await published(database) == [("submission.held", held.submission_id)]


async def test_a_discarded_one_stays_uncontacted_and_is_no_longer_shown(
    database: Database,
) -> None:
    submission_id = await held_id(database)
    for _ in range(2):
        await discard_held(database, DiscardSubmission(lead_id=submission_id, by="operadora"))
    await accept_held(database, wanted(submission_id), now=NOW)

    assert await published(database) == [
        ("submission.held", submission_id),
        ("submission.discarded", submission_id),
    ]
    assert await held_submissions.newest(database, limit=10, before=None) == []
    assert await held_submissions.counts(database) == {}
    assert await count(database, "held_submissions", "decided_by = 'operadora'") == 1


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_repeat_is_known_by_a_replica_whose_clock_is_wrong(
    database: Database, minutes: int
) -> None:
    wrong = replace(received(), received_at=datetime.now(UTC) + timedelta(minutes=minutes))
    [first] = await accept(database, wrong)
    [again] = await accept(database, wrong)

    assert again == Replay(first.submission_id)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [
        pytest.param(-5, Join, id="sent before the stop, it joins the lead that was stopped"),
        pytest.param(5, NewLead, id="sent after the stop, it is a new wish"),
    ],
)
async def test_a_form_that_comes_late_and_a_stop(
    database: Database, minutes: int, verdict: type[Verdict]
) -> None:
    [first] = await accept(database, received())
    assert isinstance(first, NewLead)
    await end_journey(database, first.lead_id, "opted_out", NOW)
    [late] = await accept(database, received(2, sent_at=NOW + timedelta(minutes=minutes)))

    assert isinstance(late, verdict)


async def test_the_names_of_a_visitor_are_counted_whatever_the_replicas_clock_says(
    database: Database,
) -> None:
    behind = datetime.now(UTC) - timedelta(minutes=10)
    verdicts = []
    for number in range(3):
        card = {"name": f"Ana {number}", "email": f"{number}@example.com", "visitor": "9.9.9.9"}
        sent = received(number, card=card, most_names=2)
        verdicts += await accept(database, replace(sent, received_at=behind))

    assert [type(verdict) for verdict in verdicts] == [NewLead, NewLead, Held]


async def test_what_a_source_repeats_is_known_for_ever_even_when_the_person_is_erased(
    database: Database,
) -> None:
    [first] = await accept(database, received(source="meta", external_id="55"))
    assert isinstance(first, NewLead)
    await erase_lead(database, EraseLead(lead_id=first.lead_id, by="operadora"))
    again = await accept(
        database,
        received(2, source="meta", external_id="55"),
        received(3, source="tiktok", external_id="55"),
    )

    assert again[0] == Replay(first.submission_id)
    assert isinstance(again[1], NewLead)


async def test_two_replicas_that_get_one_id_at_once_make_one_lead(database: Database) -> None:
    deliveries = [received(n, source="meta", external_id="55") for n in range(8)]
    verdicts = await asyncio.gather(*(accept(database, delivery) for delivery in deliveries))

    assert await count(database, "leads") == 1
    assert {verdict.submission_id for [verdict] in verdicts} == {  # type: ignore[union-attr]
        row["lead_id"] for row in await database.fetch("select lead_id from leads")
    }


async def test_erasing_a_person_reaches_what_is_held_and_what_was_sent(database: Database) -> None:
    [lead, _] = await accept(database, received(), received(2, card=LOUD))
    assert isinstance(lead, NewLead)
    of_the_lead = await held_id(database, number=3, key="k")
    of_the_mother = await held_id(database, number=4, card=LOUD | {"phone": a_card().phone})
    await erase_lead(database, EraseLead(lead_id=lead.lead_id, by="operadora"))
    left = await held_submissions.newest(database, limit=10, before=None)

    assert [row.submission_id for row in left] == [of_the_mother], (
        "her mother's is another person's"
    )
    assert await count(database, "idempotency_keys") == 0
    bodies = await database.fetch("select delivery_id from raw_submissions")
    assert not {lead.lead_id, of_the_lead} & {row["delivery_id"] for row in bodies}
    assert len(bodies) == 2
    [erased] = await database.fetch("select * from submissions where lead_id = $1", lead.lead_id)
    assert (erased["fields"], erased["page"], erased["card"]["name"]) == (None, "", "")


async def test_a_held_submission_can_be_erased_by_its_own_id(database: Database) -> None:
    submission_id = await held_id(database)
    await erase_lead(database, EraseLead(lead_id=submission_id, by="operadora"))
    await accept_held(database, wanted(submission_id), now=NOW)

    assert await count(database, "held_submissions") == await count(database, "leads") == 0
    assert await count(database, "raw_submissions") == 0


async def test_a_visitor_with_many_names_is_held_whatever_process_asks(database: Database) -> None:
    def of_visitor(number: int, visitor: str = "v") -> Received:
        card = {"name": f"Persona {chr(65 + number)}", "phone": None, "visitor": visitor}
        card["email"] = f"{number}{visitor}@example.com"
        form = received(number, card=card, most_names=3)
        return replace(form, received_at=datetime.now(UTC))

    verdicts = [(await accept(database, of_visitor(number)))[0] for number in range(5)]
    [other] = await accept(database, of_visitor(9, "w"))

    assert [isinstance(verdict, Held) for verdict in verdicts] == [False, False, False, True, True]
    assert isinstance(other, NewLead)
    for table in ("submissions", "held_submissions"):
        await database.fetch(f"update {table} set stored_at = stored_at - interval '11 minutes'")
    [later] = await accept(database, of_visitor(6))
    assert isinstance(later, NewLead)


async def test_an_imported_lead_without_a_journey_is_answered_when_they_come_themselves(
    database: Database,
) -> None:
    [imported] = await accept(database, received(source="file", journey=NO_JOURNEY, door=Door.FILE))
    [again] = await accept(database, received(2, source="file", journey=NO_JOURNEY))
    [form] = await accept(database, received(3))

    assert isinstance(imported, NewLead)
    assert isinstance(again, Join)
    assert again.lead_id == imported.lead_id
    assert isinstance(form, NewLead)
    assert (form.person_id, form.supersedes) == (imported.lead_id, (imported.lead_id,))


def inquiry(
    text: str = "Hola, me interesa", message_id: str = "SM1", name: str = "Ana"
) -> Received:
    return read_inquiry(
        InquiryReceived(
            lead_id=0,
            channel=Channel.WHATSAPP,
            message_id=message_id,
            phone="+528112345678",
            name=name,
            text=text,
            attribution={"ctwa_clid": "c"},
            received_at=RECEIVED_AT,
        )
    )


async def test_whoever_writes_first_is_one_lead_however_often_and_at_once_the_message_comes(
    database: Database,
) -> None:
    messages = [inquiry() for _ in range(5)] + [inquiry("¿Precio?", "SM2"), inquiry("?", "SM3", "")]
    await asyncio.gather(*(accept(database, message) for message in messages))

    assert await count(database, "leads") == 1
    events = await database.fetch(
        """select convert_from(body, 'utf8')::jsonb as event from outbox
           where routing_key = 'lead.created'"""
    )
    [created] = [row["event"] for row in events]
    assert (created["door"], created["card"]["source"]) == ("message", "WhatsApp")
    assert created["card"]["attribution"] == {"ctwa_clid": "c"}
    assert created["first_message"] in {"Hola, me interesa", "¿Precio?", "?"}


async def test_the_leads_that_the_version_before_marked_as_suspect_are_held(
    database: Database,
) -> None:
    await database.fetch(
        "insert into leads (lead_id, person_id, suspect, card) values (7, 7, true, $1)",
        a_card().model_dump(mode="json"),
    )
    await database.fetch(
        """insert into submissions (submission_id, lead_id, card, remote_address, user_agent, phone)
           values (7, 7, $1, '9.9.9.9', 'Navegador', '+528112345678')""",
        a_card().model_dump(mode="json"),
    )
    [ana] = await accept(database, received())
    await held_submissions.hold_suspects(database)
    await held_submissions.hold_suspects(database)
    [row] = await held_submissions.newest(database, limit=10, before=None)

    assert isinstance(ana, NewLead), "a suspect lead is joined by nobody"
    assert (row.submission_id, row.reason, row.fields) == (7, "honeypot", {})
    assert await count(database, "leads", "suspect") == 0
    await accept_held(database, wanted(7), now=NOW)
    assert ("lead.updated", ana.lead_id) in await published(database)


async def test_bodies_are_deleted_after_thirty_days_and_the_fields_stay(
    database: Database,
) -> None:
    await accept(database, received())
    await keep_refused(
        database,
        source="landing",
        received_at=datetime.now(UTC),
        state="failed",
        outcome="bad_json",
        content_type="application/json",
        body=b"{",
    )
    await database.fetch(
        """update raw_submissions set received_at = now() - interval '31 days'
           where source = 'form'"""
    )
    await forget_old_bodies(database, timedelta(days=30))

    assert await count(database, "raw_submissions") == 1
    assert await count(database, "submissions", "fields is not null") == 1
