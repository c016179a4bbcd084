"""The storm knows only what is public, and its stories can be repeated, kept and shortened."""

import ast
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pauta.running.compose_file import PROJECT
from tests.memory import BOUND
from tests.storm.__main__ import STORIES
from tests.storm.generator import story
from tests.storm.places import CALLS, PLACES, is_open, is_waking, place_of
from tests.storm.player import Player
from tests.storm.promises import (
    PROMISES,
    Breach,
    Evidence,
    every_accepted_form_has_its_first_contact,
    kommo_has_one_contact_of_a_person,
    kommo_shows_what_happened,
    no_process_grows,
    the_log_has_the_calendars_meetings,
)
from tests.storm.record import Life, Moment, Record, Submission
from tests.storm.shrink import shortened
from tests.storm.story import Act, Person, Story

OWN_CODE = (
    "contracts",
    "domain",
    "kit",
    "providers",
    "sources",
    "services",
    "simulator",
    "devtools",
)


@pytest.mark.parametrize("path", sorted((PROJECT / "tests" / "storm").glob("*.py")), ids=str)
def test_the_storm_imports_nothing_of_the_product_but_its_runner(path: Path) -> None:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        if isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    for module in modules:
        assert not module.startswith(OWN_CODE)
        assert not module.startswith("pauta") or module.startswith("pauta.running")


def test_a_seed_is_always_the_same_story() -> None:
    assert story(3, 50) == story(3, 50)
    assert story(3, 50) != story(4, 50)


def test_a_story_is_kept_in_a_file(tmp_path: Path) -> None:
    drawn = story(3, 50)
    drawn.write(tmp_path / "three.story")

    assert Story.read(tmp_path / "three.story") == drawn


def test_two_stories_at_once_keep_their_people_apart() -> None:
    first = story(3, 5)
    second = story(4, 5)
    both = first.beside(second)
    numbers = range(len(first.people) + len(second.people))

    assert [person.number for person in both.people] == list(numbers)
    assert {act.who for act in both.acts} <= {None, *numbers}


def test_a_story_is_told_a_sentence_a_line() -> None:
    drawn = story(3, 2)
    lines = drawn.in_words()

    assert len(lines) == 1 + len(drawn.people) + len(drawn.acts)
    assert str(Act(1.5, "is_killed", None, {"service": "crm"})) == (
        "At 1.5 s is killed: service crm."
    )


PLAYED = {
    "takes_a_seat",
    "gives_up_their_seat",
    "moves_their_seat",
    "is_closed_in_kommo",
    "contact_is_deleted",
    "contact_is_merged",
    "pipeline_is_changed",
    "kommo_token_is_revoked",
    "kommo_token_is_renewed",
    "journey_is_published",
    "broker_is_full",
    "broker_has_room",
    "repeats_a_form",
    "intake_loses_its_database",
    "database_server_stops",
    "messages_come_again",
    "strangers_post_webhooks",
    "is_frozen_past_its_lease",
}


def test_everything_that_is_drawn_can_be_played() -> None:
    drawn: set[str] = set()
    for seed in range(10):
        drawn |= {act.what for act in story(seed, 100).acts}

    assert drawn >= PLAYED
    assert all(hasattr(Player, f"_{what}") for what in drawn)


@pytest.mark.parametrize("path", sorted(STORIES.glob("*.story")), ids=lambda path: path.stem)
def test_a_kept_story_can_be_played(path: Path) -> None:
    kept = Story.read(path)

    assert {act.who for act in kept.acts} <= {None, *(person.number for person in kept.people)}
    assert all(hasattr(Player, f"_{act.what}") for act in kept.acts)


def test_people_book_by_another_email_and_bring_guests() -> None:
    booked = [act for act in story(3, 300).acts if act.what == "books"]

    for how in ("email", "guest", "group"):
        assert any(how in act.how for act in booked)


def test_who_was_erased_may_come_back() -> None:
    acts = story(3, 300).acts
    erased = {act.who: act.at for act in acts if act.what == "is_erased"}

    assert any(act.what == "sends_a_form" and act.at > erased.get(act.who, 1e9) for act in acts)


async def test_a_failing_story_is_shortened_as_long_as_it_fails() -> None:
    async def weather(shorter: Story) -> list[Breach]:
        numbers = {person.number for person in shorter.people}
        troubled = any(act.what == "is_killed" for act in shorter.acts)
        return [Breach("A promise.", 7, "broken")] if 7 in numbers and troubled else []

    long = story(8, 40)
    killed = Act(9.0, "is_killed", None, {"service": "crm", "replica": 0})
    long = Story(long.seed, long.begins, long.people, (*long.acts, killed))
    short, found = await shortened(long, await weather(long), weather)

    assert [person.number for person in short.people] == [7]
    assert [act.what for act in short.acts if act.who is None] == ["is_killed"]
    assert found


@pytest.mark.parametrize(
    ("place", "moment", "may_call", "awake"),
    [
        ("Ciudad de México", datetime(2026, 3, 3, 15, 0, tzinfo=UTC), True, True),
        ("Ciudad de México", datetime(2026, 3, 3, 14, 59, tzinfo=UTC), False, True),
        ("Ciudad de México", datetime(2026, 3, 8, 18, 0, tzinfo=UTC), False, True),
        ("Ciudad de México", datetime(2026, 3, 16, 18, 0, tzinfo=UTC), False, True),
        ("Bogotá", datetime(2026, 3, 7, 19, 59, tzinfo=UTC), False, True),
        ("Tokio", datetime(2026, 3, 3, 15, 0, tzinfo=UTC), False, False),
    ],
)
def test_hours_are_the_places_own(
    place: str, moment: datetime, may_call: bool, awake: bool
) -> None:
    assert is_open(moment, PLACES[place], CALLS) is may_call
    assert is_waking(moment, PLACES[place]) is awake


def test_a_number_lies_where_its_longest_prefix_says() -> None:
    assert place_of("+526641230000").name == "Tijuana"
    assert place_of("+525512340000").name == "Ciudad de México"


ANA = Person(0, "Ana Tormenta0", "+525512340000", "ana@example.com")
FORM = {"nombre": "Ana", "email": ANA.email, "telefono": ANA.phone}
PART = "every_booking_is_known"
_ids = count()
OTHERS = "a_meeting_changes_only_by_its_own_person"


def an_action(action: str, **detail: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(10, UTC).isoformat()
    return {"id": next(_ids), "lead_id": 1, "action": action, "at": at, "detail": detail}


def a_record(*moments: str, actions: Iterable[str] = (), **more: Any) -> Record:
    """Returns what was seen of Ana, who sent a form at 1 s, and did these things at 5 s."""
    life = Life(ANA, [Submission(ANA, FORM, 1.0, 2.0, 200, 1)])
    life.moments = [Moment(what, 5.0) for what in moments]
    return Record(lives={0: life}, actions={1: [*map(an_action, actions)]}, **more)


@pytest.mark.parametrize(
    ("record", "promise", "is_kept"),
    [
        pytest.param(a_record("books"), PART, False, id="a booking that nobody knows"),
        pytest.param(a_record("takes_a_seat"), PART, False, id="a seat that nobody knows"),
        pytest.param(a_record("books", actions=["lead.booked"]), PART, True, id="a booking"),
        pytest.param(a_record("books", "cancels"), PART, True, id="a cancelled booking"),
        pytest.param(
            a_record("books", actions=["booking.cancelled"]),
            OTHERS,
            False,
            id="cancelled with another's seat",
        ),
        pytest.param(
            a_record("takes_a_seat", actions=["booking.rescheduled"]),
            OTHERS,
            False,
            id="moved with another's seat",
        ),
        pytest.param(
            a_record("takes_a_seat", "moves_their_seat", actions=["booking.rescheduled"]),
            OTHERS,
            True,
            id="moved",
        ),
    ],
)
def test_a_promise_about_bookings(record: Record, promise: str, is_kept: bool) -> None:
    [check] = [check for check in PROMISES if check.__name__ == promise]

    assert (not list(check(Evidence(record)))) is is_kept


def a_meeting(uid: str, day: int, status: str = "ACCEPTED") -> dict[str, Any]:
    start = datetime(2026, 3, day, 17, tzinfo=UTC).isoformat()
    return {"uid": uid, "starts_at": start, "start": start, "status": status, "series": "s"}


FIRST, SECOND = a_meeting("r0", 10), a_meeting("r1", 17)


@pytest.mark.parametrize(
    ("calendar", "is_kept"),
    [
        pytest.param([FIRST, SECOND], True, id="as the calendar"),
        pytest.param([FIRST, a_meeting("r1", 18)], False, id="at its old hour"),
        pytest.param([FIRST, a_meeting("r1", 17, "CANCELLED")], False, id="one is cancelled"),
        pytest.param([FIRST, SECOND, a_meeting("r2", 24)], False, id="one is missing"),
    ],
)
def test_the_log_has_the_calendars_meetings(calendar: list[dict[str, Any]], is_kept: bool) -> None:
    record = a_record("books", calendar=calendar)
    booked = an_action("lead.booked")
    booked["detail"] = {"revision": 1, "booking": FIRST | {"series": [FIRST, SECOND]}}
    record.actions[1] = [booked]

    assert (not list(the_log_has_the_calendars_meetings(Evidence(record)))) is is_kept


def test_a_form_after_an_erasure_has_a_first_contact_of_its_own() -> None:
    record = a_record("is_erased")
    record.lives[0].submissions.append(Submission(ANA, FORM, 6.0, 7.0, 200, 2))
    record.actions[2] = []
    assert len(list(every_accepted_form_has_its_first_contact(Evidence(record)))) == 2

    record.actions[2] = [
        an_action("touch.sent", step=step, touch_id=step)
        for step in ("welcome_email", "welcome_call")
    ]
    assert not list(every_accepted_form_has_its_first_contact(Evidence(record)))


@pytest.mark.parametrize("second", [7, 8])
def test_one_person_has_one_contact(second: int) -> None:
    leads = [{"name": "Ana #1", "contact_id": 7}, {"name": "Ana #2", "contact_id": second}]
    record = a_record(kommo={"leads": leads, "notes": []})
    record.lives[0].submissions.append(Submission(ANA, FORM, 6.0, 7.0, 200, 2))

    assert len(list(kommo_has_one_contact_of_a_person(Evidence(record)))) == (second != 7)


@pytest.mark.parametrize("stage", [60_000_001, 60_000_002])
def test_a_booked_lead_is_in_the_booked_stage(stage: int) -> None:
    leads = [{"name": "Ana #1", "contact_id": 7, "status_id": stage}]
    actions = ["lead.registered", "lead.booked"]
    record = a_record(kommo={"leads": leads, "notes": []}, actions=actions)

    assert len(list(kommo_shows_what_happened(Evidence(record)))) == (stage != 60_000_002)


def test_a_process_that_grew_is_noticed() -> None:
    assert list(no_process_grows(Evidence(a_record(memory={"crm": BOUND})))) == []
    assert list(no_process_grows(Evidence(a_record(memory={"crm": BOUND + 1}))))


def test_every_promise_is_a_sentence() -> None:
    assert all((promise.__doc__ or "").rstrip().endswith(".") for promise in PROMISES)
