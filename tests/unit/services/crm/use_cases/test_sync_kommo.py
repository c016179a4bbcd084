"""Kommo sync: what fails for one lead, or in one section, does not stop the rest."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest

from contracts.events.base import Event
from contracts.events.call import CallUnanswered, Unanswered
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, FailureKind, TouchFailed, TouchSent
from kit.database import Database, DatabaseUnavailable
from kit.errors import Unavailable
from kit.leader import LeadLost
from providers.kommo.client import KommoClient, KommoRefused
from providers.kommo.models import Contact, CustomField, ItemError, KommoLead, Note, Registered
from services.crm.decisions.kommo import outcome_of
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.repositories.notes import WaitingNote
from services.crm.repositories.registrations import InKommo, UnclearLead
from services.crm.settings import KommoSettings, Settings
from services.crm.use_cases.create_kommo_leads import Prepared, batches
from services.crm.use_cases.kommo_progress import KommoProgress, WaitingLead
from services.crm.use_cases.sync_kommo import KommoSync
from tests.builders import SteadyLead, a_card


class Rows:
    """Progress in memory: what each lead and note has become."""

    def __init__(
        self, leads: Sequence[WaitingLead] = (), notes: Sequence[WaitingNote] = ()
    ) -> None:
        self._leads, self._notes = list(leads), list(notes)
        self.leads: dict[int, str] = {}
        self.notes: dict[int, str] = {}
        self.doubted = 0
        self.to_check: list[UnclearLead] = []
        self.keeps_registered = True
        self.contact: int | None = None
        self.notes_about: dict[int, list[str]] = {}
        self.retried: list[str] = []
        self.places: dict[int, InKommo] = {}

    async def mark_in_flight_unclear(self, *, check_in: float, term: int) -> None:
        self.doubted += 1

    async def unclear_leads(self, limit: int) -> list[UnclearLead]:
        return self.to_check

    async def claim_leads(self, limit: int, *, term: int) -> list[WaitingLead]:
        taken, self._leads = self._leads, []
        self.leads |= {lead.lead_id: "sending" for lead in taken}
        return taken

    async def known_contact(self, person_id: int) -> int | None:
        return self.contact

    async def forget_contact(self, contact_id: int) -> None:
        self.contact = None

    async def left_out(self, lead_id: int, values: Sequence[LeftOut]) -> None:
        self.notes_about[lead_id] = [
            *self.notes_about.get(lead_id, ()),
            *(f"{value.name}: {value.value}" for value in values),
        ]

    async def retry_refused(self, *, settings: str) -> bool:
        self.retried.append(settings)
        return False

    async def lead_refused(self, lead_id: int, reason: str, *, settings: str) -> None:
        self.leads[lead_id] = f"refused: {reason}"

    async def contacts_due(self, limit: int) -> list[Any]:
        return []

    async def leads_to_ask(self, limit: int) -> list[int]:
        return []

    async def registered(self, done: Mapping[int, Any], *, asked_at: object = None) -> None:
        if not self.keeps_registered:
            raise DatabaseUnavailable("database: away")
        self.leads |= dict.fromkeys(done, "registered")
        self.places |= done

    async def release_leads(self, lead_ids: Sequence[int]) -> None:
        self.leads |= {lead: "waiting" for lead in lead_ids if self.leads[lead] == "sending"}

    async def leads_unclear(
        self, lead_ids: Sequence[int], *, check_count: int, check_in: float
    ) -> None:
        self.leads |= dict.fromkeys(lead_ids, "unclear")

    async def lead_not_found(self, lead_id: int) -> None:
        self.leads[lead_id] = "waiting"

    async def lead_failed(self, lead_id: int, reason: str) -> None:
        self.leads[lead_id] = f"failed: {reason}"

    async def leads_to_move(self, limit: int) -> list[Any]:
        return []

    async def unclear_notes(self, limit: int) -> list[WaitingNote]:
        return []

    async def claim_notes(self, limit: int, *, term: int) -> list[WaitingNote]:
        taken, self._notes = self._notes, []
        return taken

    async def notes_written(self, note_ids: Sequence[int]) -> None:
        self.notes |= dict.fromkeys(note_ids, "written")

    async def notes_unclear(
        self, note_ids: Sequence[int], *, check_count: int = 0, check_in: float
    ) -> None:
        self.notes |= dict.fromkeys(note_ids, "unclear")


class Kommo:
    """Takes everything, in the calls it notes, unless a test says otherwise."""

    def __init__(self) -> None:
        self.created: list[list[str]] = []
        self.bug: Exception | None = None
        self.bug_in_search: Exception | None = None
        self.bug_in_checking: Exception | None = None
        self.unavailable_after: int | None = None
        self.bodies: list[dict[str, Any]] = []
        self.refusals: list[KommoRefused] = []
        self.fields: list[dict[int, CustomField]] = []
        self.found: list[Contact] = []
        self.search_refused = False
        self.open_leads: list[KommoLead] = []
        self.changes: list[tuple[int, Mapping[str, Any]]] = []
        self.may_write: Callable[[], Awaitable[None]]

    async def lead_fields(self) -> dict[int, CustomField]:
        return self.fields.pop(0) if len(self.fields) > 1 else self.fields[0]

    async def find_contacts(self, text: str) -> list[Any]:
        if self.search_refused:
            raise KommoRefused("kommo: 400", {})
        return self.found

    async def find_leads(self, text: str) -> list[Any]:
        if self.bug_in_checking:
            raise self.bug_in_checking
        return []

    async def add_leads_with_contacts(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        await self.may_write()
        if self.unavailable_after is not None and len(self.created) >= self.unavailable_after:
            raise Unavailable("kommo: no connection")
        self.created.append([lead["request_id"] for lead in leads])
        self.bodies += [dict(lead) for lead in leads]
        if self.bug:
            raise self.bug
        if self.refusals:
            raise self.refusals.pop(0)
        return [Registered(lead["request_id"], 1000 + int(lead["request_id"]), 1) for lead in leads]

    async def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]:
        lead_ids = tuple(lead.lead_id for lead in self.open_leads)
        return {number: Contact(number, (), (), lead_ids=lead_ids) for number in contact_ids}

    async def leads(self, lead_ids: Sequence[int]) -> dict[int, KommoLead]:
        return {lead.lead_id: lead for lead in self.open_leads if lead.lead_id in lead_ids}

    async def change_lead(self, lead_id: int, changes: Mapping[str, Any]) -> None:
        self.changes.append((lead_id, changes))
        if self.refusals:
            raise self.refusals.pop(0)

    async def add_leads(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        created = await self.add_leads_with_contacts(leads)
        return [replace(lead, contact_id=None) for lead in created]

    async def add_notes(self, notes: Sequence[Note]) -> None:
        if self.bug:
            raise self.bug


def a_worker(rows: Rows, kommo: Kommo, lead: SteadyLead | None = None, **more: Any) -> KommoSync:
    settings = Settings.model_construct(
        check_delays=(1.0, 2.0),
        kommo=KommoSettings.model_construct(**(IDS | more)),
        default_region="MX",
        timezone="America/Mexico_City",
    )
    worker = KommoSync(
        cast("Database", None), cast("KommoProgress", rows), cast("KommoClient", kommo), settings
    )
    worker.elected(lead or SteadyLead())
    return worker


IDS = {"pipeline_id": 7, "status_id_inicial": 60, "status_id_agendado": 61}


NOTE = WaitingNote(1, 1001, "Correo enviado")
BROKEN = cast("LeadCard", object())


async def test_a_lead_whose_card_breaks_us_is_set_aside_and_the_others_are_created() -> None:
    rows = Rows(
        [WaitingLead(1, a_card()), WaitingLead(2, BROKEN), WaitingLead(3, a_card())], [NOTE]
    )

    await a_worker(rows, Kommo()).run_once()

    assert (rows.leads[1], rows.leads[3]) == ("registered", "registered")
    assert rows.leads[2].startswith("failed: AttributeError")
    assert rows.notes == {1: "written"}


async def test_who_no_longer_leads_sends_nothing_and_gives_nothing_back() -> None:
    lead, kommo, rows = SteadyLead(), Kommo(), Rows([WaitingLead(1, a_card(), 0)])
    worker = a_worker(rows, kommo, lead)
    lead.lost = True  # between the claim and the call
    with pytest.raises(LeadLost):
        await worker.run_once()

    assert kommo.created == []
    assert rows.leads == {1: "sending"}


async def test_an_answer_we_cannot_read_is_looked_up() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card()), WaitingLead(2, a_card())], [NOTE]), Kommo()
    kommo.bug = KeyError("id")

    await a_worker(rows, kommo).run_once()

    assert rows.leads == {1: "unclear", 2: "unclear"}
    assert rows.notes == {1: "unclear"}


async def test_a_section_that_fails_stops_no_other_and_what_it_had_in_hand_is_doubted() -> None:
    rows = Rows([WaitingLead(1, a_card())], [NOTE])
    worker = a_worker(rows, Kommo())
    rows.to_check = cast("list[UnclearLead]", None)

    await worker.run_once()
    assert (rows.leads, rows.notes, rows.doubted) == ({1: "registered"}, {1: "written"}, 1)

    rows.to_check = []
    await worker.run_once()
    assert rows.doubted == 2
    await worker.run_once()
    assert rows.doubted == 2


async def test_a_look_that_fails_is_made_again_and_never_taken_for_not_there() -> None:
    rows, kommo = Rows(), Kommo()
    kommo.bug_in_checking = KeyError("id")
    rows.to_check = [UnclearLead(1, check_count=0), UnclearLead(2, check_count=1)]

    await a_worker(rows, kommo).run_once()

    assert rows.leads == {1: "unclear", 2: "failed: KeyError: 'id'"}


async def test_an_unclear_lead_goes_alone_and_an_outage_releases_only_unsent_leads() -> None:
    rows, kommo = (
        Rows(
            [
                WaitingLead(1, a_card()),
                WaitingLead(2, a_card(), attempts=1),
                WaitingLead(3, a_card()),
            ]
        ),
        Kommo(),
    )
    kommo.unavailable_after = 1

    with pytest.raises(Unavailable):
        await a_worker(rows, kommo).run_once()

    assert kommo.created == [["1", "3"]]
    assert rows.leads == {1: "registered", 2: "waiting", 3: "registered"}


async def test_what_kommo_has_and_our_database_could_not_keep_is_doubted_not_created_again() -> (
    None
):
    rows = Rows([WaitingLead(1, a_card())])
    worker = a_worker(rows, Kommo())
    rows.keeps_registered = False

    with pytest.raises(DatabaseUnavailable):
        await worker.run_once()

    assert rows.leads == {1: "sending"}
    await worker.run_once()
    assert rows.doubted == 2


# ---- refusals


def refusal(**faults: str) -> KommoRefused:
    """Returns a refusal of these leads (`_1`), each with the path of its fault."""
    items = {
        lead.removeprefix("_"): (ItemError("NotSupportedChoice", path),)
        for lead, path in faults.items()
    }
    return KommoRefused("kommo: 400 Request validation failed", items)


async def test_a_value_that_kommo_refuses_is_left_out_and_its_neighbours_go_on() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card()), WaitingLead(2, a_card())]), Kommo()
    kommo.fields = [{3: CustomField(3, "Fuente")}]
    kommo.refusals = [refusal(_2="custom_fields_values.0.values.0.value")]

    await a_worker(rows, kommo, field_id_fuente=3).run_once()

    assert rows.leads == {1: "registered", 2: "registered"}
    assert kommo.created == [["1", "2"], ["1", "2"]]
    assert ["custom_fields_values" in body for body in kommo.bodies] == [True, True, True, False]
    assert rows.notes_about[2] == ["fuente: Landing 1"]
    assert rows.notes_about[1] == []


async def test_a_field_that_became_a_list_is_read_again_and_filled_in() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    kommo.fields = [
        {3: CustomField(3, "Fuente")},
        {3: CustomField(3, "Fuente", "select", {12: "Landing 1"})},
    ]
    kommo.refusals = [refusal(_1="custom_fields_values.0.values.0.value")]

    await a_worker(rows, kommo, field_id_fuente=3).run_once()

    assert rows.leads == {1: "registered"}
    assert kommo.bodies[-1]["custom_fields_values"] == [
        {"field_id": 3, "values": [{"enum_id": 12}]}
    ]


async def test_several_values_may_be_refused_one_after_the_other() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    kommo.fields = [{3: CustomField(3, "Fuente"), 4: CustomField(4, "Servicio")}]
    first = "custom_fields_values.0.values.0.value"
    kommo.refusals = [refusal(_1=first), refusal(_1=first), refusal(_1="name")]

    await a_worker(rows, kommo, field_id_fuente=3, field_id_servicio=4).run_once()

    assert rows.leads == {1: "registered"}
    assert [len(body.get("custom_fields_values", ())) for body in kommo.bodies] == [2, 1, 0, 0]
    assert rows.notes_about[1] == [
        "servicio: Consultoría IA",
        "fuente: Landing 1",
        "nombre: Ana Torres",
    ]


async def test_a_contact_that_is_gone_is_made_again() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    rows.contact = 9
    kommo.refusals = [refusal(_1="_embedded.contacts.0.id")]

    await a_worker(rows, kommo).run_once()

    sent = [body["_embedded"]["contacts"][0].get("id") for body in kommo.bodies]
    assert sent == [9, None]
    assert await rows.known_contact(1) is None
    assert rows.places == {1: InKommo(1001, 1)}


async def test_a_contact_that_was_merged_into_another_is_found() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    rows.contact = 9
    kommo.found = [Contact(10, ("+528112345678",), ())]
    kommo.refusals = [refusal(_1="_embedded.contacts.0.id")]

    await a_worker(rows, kommo).run_once()

    assert rows.places == {1: InKommo(1001, 10, is_known=True)}


async def test_only_the_lead_at_fault_fails_with_its_reason() -> None:
    rows, kommo = Rows([WaitingLead(number, a_card()) for number in (1, 2, 3)]), Kommo()
    kommo.refusals = [refusal(_2="status_id")]

    await a_worker(rows, kommo).run_once()

    assert kommo.created == [["1", "2", "3"], ["1", "3"]]
    assert (rows.leads[1], rows.leads[3]) == ("registered", "registered")
    assert rows.leads[2].startswith("refused: Kommo no recibe leads en la etapa")
    assert rows.leads[2].endswith("(NotSupportedChoice status_id)")


async def test_a_refusal_that_names_nothing_costs_the_lead_only_what_is_optional() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    kommo.fields = [{3: CustomField(3, "Fuente")}]
    kommo.refusals = [refusal(), refusal(_1=""), refusal(_1="something")]

    await a_worker(rows, kommo, field_id_fuente=3).run_once()

    assert rows.leads == {1: "registered"}
    assert [len(body.get("_embedded", ())) for body in kommo.bodies] == [2, 1, 1, 0]
    assert kommo.bodies[-1]["name"] == "#1"
    assert rows.notes_about[1] == [
        "empresa: Demo SA",
        "fuente: Landing 1",
        "correo: ana@example.com",
        "teléfono: +528112345678",
        "nombre del contacto: Ana Torres",
        "nombre: Ana Torres",
    ]


async def test_a_lead_that_is_refused_in_the_end_is_said_to_lack_nothing() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    kommo.refusals = [refusal()] * 9

    await a_worker(rows, kommo).run_once()

    assert (
        rows.leads[1] == "refused: Kommo no aceptó el lead (kommo: 400 Request validation failed)"
    )
    assert len(kommo.created) == 4
    assert 1 not in rows.notes_about


async def test_each_contact_that_kommo_does_not_take_is_tried_once() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    rows.contact = 9
    kommo.found = [Contact(10, ("+528112345678",), ())]
    kommo.refusals = [refusal(_1="_embedded.contacts.0.id")] * 2

    await a_worker(rows, kommo).run_once()

    sent = [body["_embedded"]["contacts"][0].get("id") for body in kommo.bodies]
    assert sent == [9, 10, None]


async def test_a_refusal_that_names_nobody_is_found_by_halves() -> None:
    rows, kommo = Rows([WaitingLead(number, a_card()) for number in range(1, 5)]), Kommo()
    kommo.refusals = [refusal(), refusal(), refusal()]

    await a_worker(rows, kommo).run_once()

    assert kommo.created == [["1", "2", "3", "4"], ["1", "2"], ["1"], ["1"], ["2"], ["3", "4"]]
    assert rows.leads == dict.fromkeys(range(1, 5), "registered")
    assert rows.notes_about[1] == ["empresa: Demo SA"]


async def test_a_search_that_kommo_refuses_costs_no_lead() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    kommo.search_refused = True

    await a_worker(rows, kommo).run_once()

    assert rows.leads == {1: "registered"}


async def test_refused_leads_are_tried_again_once_a_term_with_other_settings() -> None:
    rows = Rows()
    worker = a_worker(rows, Kommo())
    for _ in range(3):
        await worker.run_once()
    [before] = rows.retried
    await a_worker(rows, Kommo(), field_id_fuente=3).run_once()

    assert rows.retried[1] != before


async def test_the_responsible_user_takes_turns() -> None:
    waiting = [WaitingLead(turn, a_card(), turn=turn) for turn in (1, 2, 3)]
    rows, kommo = Rows(waiting), Kommo()

    await a_worker(rows, kommo, responsible_users="5, 6", tags="web").run_once()

    assert [body["responsible_user_id"] for body in kommo.bodies] == [6, 5, 6]
    assert kommo.bodies[0]["_embedded"]["tags"] == [{"name": "web"}]


async def test_a_contacts_open_lead_is_updated_instead_of_doubled() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card()), WaitingLead(2, a_card(phone=None))]), Kommo()
    rows.contact = 9
    kommo.fields = [{3: CustomField(3, "Fuente")}]
    kommo.open_leads = [
        KommoLead(50, "", 9, pipeline_id=7, status_id=142),
        KommoLead(51, "", 9, pipeline_id=7, status_id=60),
    ]

    more: dict[str, Any] = {"duplicates": "update", "tags": "web", "field_id_fuente": 3}
    await a_worker(rows, kommo, **more).run_once()

    assert kommo.created == []
    assert rows.places == {
        1: InKommo(51, 9, merged=True),
        2: InKommo(51, 9, merged=True),
    }
    assert kommo.changes[0] == (
        51,
        {
            "custom_fields_values": [{"field_id": 3, "values": [{"value": "Landing 1"}]}],
            "tags_to_add": [{"name": "web"}],
        },
    )


@pytest.mark.parametrize(
    ("refused", "sent"),
    [
        (refusal(_51="tags_to_add.0.name"), ["custom_fields_values"]),
        (refusal(_51="custom_fields_values"), ["tags_to_add"]),
        (refusal(), []),
    ],
)
async def test_an_open_lead_is_updated_without_what_kommo_refuses(
    refused: KommoRefused, sent: list[str]
) -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    rows.contact = 9
    kommo.fields = [{3: CustomField(3, "Fuente")}]
    kommo.open_leads = [KommoLead(51, "", 9, pipeline_id=7, status_id=60)]
    kommo.refusals = [refused]

    more: dict[str, Any] = {"duplicates": "update", "tags": "web", "field_id_fuente": 3}
    await a_worker(rows, kommo, **more).run_once()

    assert [list(changes) for _, changes in kommo.changes[1:]] == ([sent] if sent else [])
    assert rows.places == {1: InKommo(51, 9, merged=True)}
    noted = {"custom_fields_values": "fuente: Landing 1", "tags_to_add": "etiquetas: web"}
    assert set(rows.notes_about[1]) == {noted[name] for name in noted if name not in sent}


async def test_without_an_open_lead_one_is_added() -> None:
    rows, kommo = Rows([WaitingLead(1, a_card())]), Kommo()
    rows.contact = 9
    kommo.open_leads = [KommoLead(50, "", 9, pipeline_id=7, status_id=143)]

    await a_worker(rows, kommo, duplicates="update").run_once()

    assert kommo.created == [["1"]]


def test_leads_are_divided_into_calls() -> None:
    more = {"_embedded": {"contacts": [{"name": "Ana Torres"}]}}
    new = Prepared(WaitingLead(1, a_card()), more, None)
    known = Prepared(WaitingLead(2, a_card()), {"_embedded": {"contacts": [{"id": 7}]}}, 7)
    doubtful = Prepared(WaitingLead(3, a_card()), more, None)
    bare = Prepared(WaitingLead(4, a_card()), {"_embedded": {}}, None)

    assert batches([doubtful, known, new, bare], alone={3}) == [[new], [known, bare], [doubtful]]
    assert batches([], alone=()) == []


def test_the_same_outcome_of_a_touch_has_one_name_however_many_events_say_it() -> None:
    about: dict[str, Any] = {"lead_id": 1, "touch_id": uuid4(), "step": "welcome"}

    def sent() -> Event:
        return TouchSent(**about, channel=Channel.EMAIL)

    def failed(reason: str) -> Event:
        return TouchFailed(
            **about, channel=Channel.EMAIL, kind=FailureKind.UNREACHABLE, reason=reason
        )

    assert outcome_of(sent()) == outcome_of(sent()) == f"{about['touch_id']}/touch.sent/"
    assert outcome_of(failed("63016")) != outcome_of(failed("63024"))
    unanswered = CallUnanswered(**about, reason=Unanswered.BUSY)
    assert outcome_of(unanswered) == f"{about['touch_id']}/call.unanswered/busy"
