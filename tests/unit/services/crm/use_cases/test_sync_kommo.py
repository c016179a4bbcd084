"""Kommo sync: what fails for one lead, or in one section, does not stop the rest."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

import pytest

from contracts.events.base import Event
from contracts.events.call import CallUnanswered, Unanswered
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, FailureKind, TouchFailed, TouchSent
from kit.database import DatabaseUnavailable
from kit.errors import Unavailable
from kit.leader import LeadLost
from providers.kommo.client import KommoClient
from providers.kommo.models import Note, Registered
from services.crm.decisions.kommo import outcome_of
from services.crm.repositories.notes import WaitingNote
from services.crm.repositories.registrations import UnclearLead
from services.crm.settings import Settings
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

    async def mark_in_flight_unclear(self, *, check_in: float, term: int) -> None:
        self.doubted += 1

    async def unclear_leads(self, limit: int) -> list[UnclearLead]:
        return self.to_check

    async def claim_leads(self, limit: int, *, term: int) -> list[WaitingLead]:
        taken, self._leads = self._leads, []
        self.leads |= {lead.lead_id: "sending" for lead in taken}
        return taken

    async def known_contacts(self, addresses: Sequence[str]) -> dict[str, int]:
        return {}

    async def registered(self, done: Mapping[int, Any], *, asked_at: object = None) -> None:
        if not self.keeps_registered:
            raise DatabaseUnavailable("database: away")
        self.leads |= dict.fromkeys(done, "registered")

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

    async def find_contacts(self, text: str) -> list[Any]:
        return []

    async def find_leads(self, text: str) -> list[Any]:
        if self.bug_in_checking:
            raise self.bug_in_checking
        return []

    async def add_leads_with_contacts(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        if self.unavailable_after is not None and len(self.created) >= self.unavailable_after:
            raise Unavailable("kommo: no connection")
        self.created.append([lead["request_id"] for lead in leads])
        if self.bug:
            raise self.bug
        return [Registered(lead["request_id"], 1000 + int(lead["request_id"]), 1) for lead in leads]

    async def add_notes(self, notes: Sequence[Note]) -> None:
        if self.bug:
            raise self.bug


def a_worker(rows: Rows, kommo: Kommo, lead: SteadyLead | None = None) -> KommoSync:
    settings = Settings.model_construct(check_delays=(1.0, 2.0), kommo=_Ids(), default_region="MX")  # type: ignore[arg-type]
    worker = KommoSync(cast("KommoProgress", rows), cast("KommoClient", kommo), settings)
    worker.elected(lead or SteadyLead())
    return worker


class _Ids:
    pipeline_id = status_id_inicial = status_id_agendado = 1
    field_id_empresa = field_id_servicio = field_id_fuente = None


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


def test_leads_are_divided_into_calls() -> None:
    new, known, doubtful = Prepared(1, {}, None), Prepared(2, {}, 7), Prepared(3, {}, None)

    assert batches([doubtful, known, new], alone={3}) == [[new], [known], [doubtful]]
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
