"""Whether the sender of a form is new."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.events.lead import NO_JOURNEY, Door, LeadCard
from contracts.events.submission import HoldReason
from services.intake.decisions.persons import (
    Conflict,
    Earlier,
    Existing,
    Held,
    Join,
    NewLead,
    Replay,
    Submission,
    addresses,
    carried,
    classify,
    folded,
    same_person,
)
from tests.builders import a_card

SEED = {
    "nombre": "Ana Test",
    "email": "ana.test@example.com",
    "telefono": "8112345678",
    "empresa": "Demo SA",
    "servicio": "Consultoría IA",
    "fuente": "Landing 1",
}


ANONYMOUS_CARD = Existing(keys={}, contents={}, earlier=[])


ANA = Submission(a_card(), b"1")


ROBOT = Submission(a_card(), b"1", held=HoldReason.HONEYPOT)


IMPORTED = Submission(a_card(), b"3", source="file", journey=NO_JOURNEY)


FRESH = range(1, 10)


def of_meta(external_id: str, **changes: Any) -> Submission:
    content = external_id.encode()
    return Submission(a_card(**changes), content, source="meta", external_id=external_id)


def known(*cards: LeadCard, **more: Any) -> Existing:
    """Returns the lookup of lead 7, person 5, with these forms."""
    return Existing({}, {}, [Earlier(7, 5, card, **more) for card in cards])


def join(*changed: str, **more: Any) -> Join:
    return Join(submission_id=1, lead_id=7, person_id=5, changed=changed, **more)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({}, True, id="everything agrees"),
        pytest.param({"email": "otra@example.com"}, True, id="phone and name"),
        pytest.param(
            {"email": "otra@example.com", "name": "ANA  TÓRRES"},
            True,
            id="phone and the name as it is typed",
        ),
        pytest.param({"name": "Luz Torres"}, True, id="phone and email"),
        pytest.param({"phone": "+525512345678"}, True, id="email and name"),
        pytest.param(
            {"phone": None, "name": "Luz Torres"}, True, id="email, and one of the two has no phone"
        ),
        pytest.param(
            {"email": "hija@example.com", "name": "Luz Torres"},
            False,
            id="mother and daughter: the phone",
        ),
        pytest.param(
            {"phone": "+525512345678", "name": "Luz"}, False, id="somebody who typed this email"
        ),
        pytest.param({"email": None, "name": "Luz"}, False, id="somebody who typed this phone"),
        pytest.param({"email": None, "name": ""}, True, id="phone, and one of the two has no name"),
        pytest.param({"phone": "+525512345678", "name": ""}, False, id="email alone, and no name"),
        pytest.param(
            {"phone": "+525512345678", "email": "otra@example.com"}, False, id="a namesake"
        ),
    ],
)
def test_who_is_one_person(changes: dict[str, Any], same: bool) -> None:
    assert same_person(a_card(), a_card(**changes)) is same
    assert same_person(a_card(**changes), a_card()) is same


@pytest.mark.parametrize(
    ("batch", "before", "verdicts"),
    [
        pytest.param([ANA], ANONYMOUS_CARD, [NewLead(1, 1)], id="a new person"),
        pytest.param([ANA], known(a_card()), [join()], id="again within a day"),
        pytest.param(
            [ANA], known(a_card(), recent=False), [join(returned=True)], id="again after a day"
        ),
        pytest.param(
            [Submission(a_card(email="new@example.com", service="Otro"), b"2")],
            known(a_card()),
            [join("email", "service")],
            id="with another email and service",
        ),
        pytest.param(
            [ANA],
            known(a_card(phone=None)),
            [join("phone")],
            id="the phone comes with the second form",
        ),
        pytest.param(
            [ANA],
            known(a_card(), ended="opted_out"),
            [NewLead(1, 5)],
            id="after a stop: a new lead",
        ),
        pytest.param(
            [ANA],
            known(a_card(), ended="finished", recent=False),
            [NewLead(1, 5, (7,))],
            id="after its journey ended",
        ),
        pytest.param(
            [ANA], known(a_card(), ended="closed"), [join()], id="closed, and answered within a day"
        ),
        pytest.param(
            [ANA, Submission(a_card(service="X"), b"2")],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Join(2, 1, 1, ("service",))],
            id="twice in one batch",
        ),
        pytest.param(
            [ANA, ANA],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Replay(1)],
            id="the same content in one batch",
        ),
        pytest.param(
            [ANA],
            Existing({}, {b"1": 9}, []),
            [Replay(9)],
            id="the same content within ten minutes",
        ),
        pytest.param(
            [Submission(a_card(), b"1", "k")],
            Existing({"k": (b"1", 9)}, {}, []),
            [Replay(9)],
            id="the same key",
        ),
        pytest.param(
            [Submission(a_card(), b"2", "k")],
            Existing({"k": (b"1", 9)}, {}, []),
            [Conflict()],
            id="a key reused",
        ),
        pytest.param(
            [
                Submission(a_card(), b"1", "k"),
                Submission(a_card(), b"1", "k"),
                Submission(a_card(), b"2", "k"),
            ],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Replay(1), Conflict()],
            id="one key thrice in one batch",
        ),
        pytest.param(
            [ROBOT, Submission(a_card(), b"2")],
            ANONYMOUS_CARD,
            [Held(1, HoldReason.HONEYPOT), NewLead(2, 2)],
            id="what is held is no lead that another form could join",
        ),
        pytest.param(
            [ROBOT],
            known(a_card()),
            [Held(1, HoldReason.HONEYPOT)],
            id="what is held does not join a lead",
        ),
        pytest.param(
            [replace(ROBOT, held=None, accepted_id=4)],
            Existing({}, {b"1": 4}, []),
            [NewLead(4, 4)],
            id="a held one that an operator accepts, under its own id",
        ),
        pytest.param(
            [replace(ROBOT, held=None, accepted_id=4)],
            known(a_card()),
            [Join(4, 7, 5)],
            id="a held one that an operator accepts joins its person's lead",
        ),
        pytest.param(
            [of_meta("a"), of_meta("a"), of_meta("b", service="Otro")],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Replay(1), Join(3, 1, 1, ("service",))],
            id="the source's own id thrice",
        ),
        pytest.param(
            [of_meta("a")],
            Existing({}, {}, [], external_ids={("meta", "a"): 9}),
            [Replay(9)],
            id="the source's own id, however long ago",
        ),
        pytest.param(
            [of_meta("a")],
            Existing({}, {}, [], external_ids={("tiktok", "a"): 9}),
            [NewLead(1, 1)],
            id="another source's id",
        ),
        pytest.param(
            [IMPORTED, ANA],
            ANONYMOUS_CARD,
            [NewLead(1, 1), NewLead(2, 1, (1,))],
            id="an imported lead without a journey is answered when they come themselves",
        ),
        pytest.param(
            [IMPORTED, replace(IMPORTED, content=b"4")],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Join(2, 1, 1)],
            id="the same person twice in a file without a journey",
        ),
        pytest.param(
            [IMPORTED],
            known(a_card(), recent=False),
            [join()],
            id="an imported lead without a journey does not restart one",
        ),
        pytest.param(
            [replace(IMPORTED, journey=None)],
            known(a_card(), recent=False),
            [join(returned=True)],
            id="an imported lead with a journey does",
        ),
        pytest.param(
            [ANA],
            Existing(
                {}, {}, [Earlier(7, 7, a_card(email=None)), Earlier(8, 8, a_card(phone=None))]
            ),
            [Join(1, 8, 8, ("phone",), supersedes=(7,), merges=(7,))],
            id="a form that joins two leads: one journey",
        ),
    ],
)
def test_what_becomes_of_a_form(
    batch: list[Submission], before: Existing, verdicts: list[object]
) -> None:
    settled = classify(batch, before, list(FRESH)[: len(batch)])

    assert settled == verdicts


def test_events_carry_the_beginning_of_long_fields() -> None:
    short = a_card(extra={"utm": "ads"})
    long = a_card(extra={f"f{n}": "x" * 60_000 for n in range(60)})

    assert carried(short) is short
    assert len(carried(long).model_dump_json()) < 50_000
    assert list(carried(long).extra)[:2] == ["f0", "f1"]


def test_carried_fields_are_cut_only_where_they_are_too_many_or_too_long() -> None:
    allowed = a_card(extra={f"f{n}": "x" * 500 for n in range(50)})
    many = a_card(extra={f"f{n}": "x" for n in range(51)})
    long = a_card(extra={"n" * 501: "x" * 501})

    assert carried(allowed) is allowed
    assert carried(a_card(extra={})).extra == {}
    assert list(carried(many).extra) == [f"f{n}" for n in range(50)]
    assert carried(long).extra == {"n" * 500: "x" * 500}
    assert carried(long).model_copy(update={"extra": long.extra}) == long


@pytest.mark.parametrize(
    ("name", "same"),
    [("ANA  TÓRRES", True), ("ana-torres", True), ("Ana. Torres!", True), ("Anatorres", False)],
)
def test_names_that_are_the_same_however_they_are_typed(name: str, same: bool) -> None:
    assert (folded(name) == folded("Ana Torres")) is same


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("+528112345678", "ana@example.com")),
        ({"phone": None}, ("ana@example.com",)),
        ({"email": None}, ("+528112345678",)),
    ],
)
def test_the_addresses_of_a_form(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert addresses(a_card(**changes)) == expected


@pytest.mark.parametrize(
    "field", ["name", "email", "phone", "company", "service", "source", "time_zone", "consent"]
)
def test_each_new_value_of_a_further_form_is_named(field: str) -> None:
    before = a_card(time_zone="America/Monterrey", consent="sí")
    value = {"time_zone": "America/Cancun", "phone": "+525512345678"}.get(field, "otro@example.com")
    new = before.model_copy(update={field: value})
    without = before.model_copy(update={field: None if field != "name" else "Ana Torres"})

    assert classify([Submission(new, b"2")], known(before), [1]) == [join(field)]
    both = known(without, new)
    assert classify([Submission(new, b"2")], both, [1]) == [join()], "known from one of the two"
    assert classify([Submission(without, b"2")], known(before), [1]) == [join()], "nothing new"


def test_a_person_of_several_leads_joins_the_newest_that_still_runs() -> None:
    def earlier(lead_id: int, **more: Any) -> Earlier:
        return Earlier(lead_id, 5, a_card(), **more)

    def verdict(*before: Earlier) -> object:
        [found] = classify([ANA], Existing({}, {}, before), [10])
        return found

    running = verdict(earlier(7), earlier(8), earlier(9, ended="closed"))
    assert running == Join(10, 8, 5, supersedes=(7, 9))
    ended = verdict(earlier(7, ended="closed"), earlier(8, ended="finished"))
    assert ended == Join(10, 8, 5, supersedes=(7,))
    long_ago = verdict(earlier(7, ended="closed", recent=False), earlier(8, ended="superseded"))
    assert long_ago == Join(10, 8, 5, supersedes=(7,))
    over = [earlier(6, ended="opted_out"), earlier(7, ended="erased")]
    assert verdict(*over) == NewLead(10, 5)


def test_the_first_of_the_persons_ids_is_kept() -> None:
    ended = {"ended": "finished", "recent": False}
    before = [Earlier(7, 6, a_card(), **ended), Earlier(8, 4, a_card(), **ended)]  # type: ignore[arg-type]

    assert classify([ANA], Existing({}, {}, before), [10]) == [NewLead(10, 4, (7, 8))]


OTHER = Submission(a_card(service="Otro"), b"2")


THIRD = Submission(a_card(service="Tercero"), b"3")


def test_in_one_batch_a_lead_that_was_answered_has_just_been_answered() -> None:
    assert classify([ANA, OTHER], known(a_card(), recent=False), [1, 2]) == [
        join(returned=True),
        Join(2, 7, 5, ("service",)),
    ]


def test_in_one_batch_a_lead_that_was_superseded_is_not_joined() -> None:
    before = known(a_card(), ended="finished", recent=False)

    assert classify([ANA, OTHER], before, [10, 11]) == [
        NewLead(10, 5, (7,)),
        Join(11, 10, 5, ("service",), supersedes=(7,)),
    ]


def test_in_one_batch_persons_that_were_merged_stay_one() -> None:
    before = [Earlier(7, 7, a_card(email=None)), Earlier(8, 8, a_card(phone=None))]
    by_phone = Submission(a_card(email=None, service="Otro"), b"2")

    assert classify([ANA, by_phone], Existing({}, {}, before), [10, 11]) == [
        Join(10, 8, 8, ("phone",), supersedes=(7,), merges=(7,)),
        Join(11, 8, 8, ("service",)),
    ]


def test_a_robots_form_is_answered_again_like_any_other() -> None:
    robot = replace(ROBOT, key="k")
    again = Submission(a_card(), b"1", "k")

    assert classify([robot, again, OTHER], ANONYMOUS_CARD, [1, 2, 3]) == [
        Held(1, HoldReason.HONEYPOT),
        Replay(1),
        NewLead(3, 3),
    ]


def test_every_submission_has_an_id_of_its_own() -> None:
    with pytest.raises(ValueError, match="shorter"):
        classify([ANA, OTHER, THIRD], ANONYMOUS_CARD, [1, 2])


def test_a_folded_name_is_words_of_plain_letters() -> None:
    assert folded(" José-María  ÑUÑO! ") == "jose maria nuno"


def of_visitor(name: str, number: int, **more: Any) -> Submission:
    card = LeadCard(name=name, email=f"{number}@example.com", visitor="v")
    return Submission(card, str(number).encode(), most_names=2, **more)


def test_many_names_of_one_visitor_are_held() -> None:
    names = ["Ana", "Luz", "ANA ", "", "Eva", "Luz", "Ana"]
    batch = [of_visitor(name, number) for number, name in enumerate(names)]
    held = [isinstance(verdict, Held) for verdict in classify(batch, ANONYMOUS_CARD, range(1, 8))]

    assert held == [False, False, False, False, True, True, True]


def test_the_names_that_a_visitor_gave_before_count() -> None:
    before = Existing({}, {}, [], names={"v": {"ana", "luz"}, "w": {"eva"}})

    assert classify([of_visitor("Eva", 1)], before, [1]) == [Held(1, HoldReason.MANY_NAMES)]
    assert classify([of_visitor("Luz", 1)], before, [1]) == [NewLead(1, 1)]


def test_the_names_of_a_source_with_a_key_are_not_counted() -> None:
    before = Existing({}, {}, [], names={"v": {"ana", "luz"}})

    keyed = replace(of_visitor("Eva", 1), most_names=None)
    assert classify([keyed], before, [1]) == [NewLead(1, 1)]


def test_the_first_reason_to_hold_is_said() -> None:
    before = Existing({}, {}, [], names={"v": {"ana", "luz"}})

    over = of_visitor("Eva", 1, held=HoldReason.OVER_LIMIT)
    assert classify([over], before, [1]) == [Held(1, HoldReason.OVER_LIMIT)]


def test_who_writes_is_known_by_the_number_alone() -> None:
    earlier = Earlier(7, 7, a_card(name="Ana Torres", email="ana@example.com"))
    card = LeadCard(name="Anita 🌸", phone="+5218112345678")
    written = Submission(card, b"1", door=Door.MESSAGE)
    typed = Submission(card, b"1")

    assert isinstance(classify([written], Existing({}, {}, [earlier]), [8])[0], Join)
    assert classify([typed], Existing({}, {}, [earlier]), [8]) == [NewLead(8, 8)]
