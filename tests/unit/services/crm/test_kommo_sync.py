"""The worker that syncs Kommo: a failure of one lead or one section does not stop the rest."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from contracts.events.lead import LeadCard
from kit.database import DatabaseUnavailable
from kit.errors import Unavailable
from kit.leader import LeadLost
from providers.kommo.client import KommoClient
from providers.kommo.models import Note, Registered
from services.crm.consumers import outcome_of
from services.crm.kommo_sync import KommoSync, Prepared, batches
from services.crm.repositories.registrations import Registrations, ToLookUp, Waiting, WaitingNote
from services.crm.settings import Settings
from tests.builders import SteadyLead, a_card


class Rows:
    """Registrations in memory, with the state of each lead and note."""

    def __init__(self, leads: Sequence[Waiting] = (), notes: Sequence[WaitingNote] = ()) -> None:
        self._leads = list(leads)
        self._notes = list(notes)
        self.leads: dict[int, str] = {}
        self.notes: dict[int, str] = {}
        self.unclear_marks = 0
        self.to_check: list[ToLookUp] = []
        self.keeps_registered = True

    async def mark_in_flight_unclear(self, *, check_in: float, term: int) -> None:
        self.unclear_marks += 1

    async def unclear_leads(self, limit: int) -> list[ToLookUp]:
        return self.to_check

    async def take_leads(self, limit: int, *, term: int) -> list[Waiting]:
        taken = self._leads
        self._leads = []
        self.leads |= {lead.lead_id: "sending" for lead in taken}
        return taken

    async def known_contacts(self, addresses: Sequence[str]) -> dict[str, int]:
        return {}

    async def registered(self, done: Mapping[int, Any], *, asked_at: object = None) -> None:
        if not self.keeps_registered:
            raise DatabaseUnavailable("database: down")
        self.leads |= dict.fromkeys(done, "registered")

    async def requeue_leads(self, lead_ids: Sequence[int]) -> None:
        self.leads |= {lead: "waiting" for lead in lead_ids if self.leads[lead] == "sending"}

    async def leads_unclear(
        self, lead_ids: Sequence[int], *, check_count: int, check_in: float
    ) -> None:
        self.leads |= dict.fromkeys(lead_ids, "unclear")

    async def lead_not_found(self, lead_id: int) -> None:
        self.leads[lead_id] = "waiting"

    async def lead_failed(self, lead_id: int, reason: str) -> None:
        self.leads[lead_id] = f"failed: {reason}"

    async def to_move(self, limit: int) -> list[Any]:
        return []

    async def unclear_notes(self, limit: int) -> list[WaitingNote]:
        return []

    async def take_notes(self, limit: int, *, term: int) -> list[WaitingNote]:
        taken = self._notes
        self._notes = []
        return taken

    async def notes_are(
        self, note_ids: Sequence[int], state: str, *, check_count: int = 0, check_in: float = 0
    ) -> None:
        self.notes |= dict.fromkeys(note_ids, state)


class Kommo:
    """Accepts everything and records each call, unless a test sets an error."""

    def __init__(self) -> None:
        self.created: list[list[str]] = []
        self.bug: Exception | None = None
        self.bug_in_search: Exception | None = None
        self.bug_in_check: Exception | None = None
        self.down_after: int | None = None

    async def find_contacts(self, text: str) -> list[Any]:
        return []

    async def find_leads(self, text: str) -> list[Any]:
        if self.bug_in_check:
            raise self.bug_in_check
        return []

    async def add_leads_with_contacts(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        if self.down_after is not None and len(self.created) >= self.down_after:
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
    worker = KommoSync(cast("Registrations", rows), cast("KommoClient", kommo), settings)
    worker.elected(lead or SteadyLead())
    return worker


class _Ids:
    pipeline_id = status_id_inicial = status_id_agendado = 1
    field_id_empresa = field_id_servicio = field_id_fuente = None


NOTE = WaitingNote(1, 1001, "Correo enviado")
BROKEN = cast("LeadCard", object())


async def test_a_lead_whose_card_breaks_us_is_set_aside_and_the_others_are_created() -> None:
    rows = Rows([Waiting(1, a_card()), Waiting(2, BROKEN), Waiting(3, a_card())], [NOTE])

    await a_worker(rows, Kommo()).round()

    assert (rows.leads[1], rows.leads[3]) == ("registered", "registered")
    assert rows.leads[2].startswith("failed: AttributeError")
    assert rows.notes == {1: "written"}


async def test_a_worker_that_lost_leadership_sends_nothing_and_requeues_nothing() -> None:
    lead = SteadyLead()
    kommo = Kommo()
    rows = Rows([Waiting(1, a_card(), 0)])
    worker = a_worker(rows, kommo, lead)
    lead.lost = True  # leadership is lost between the claim and the request
    with pytest.raises(LeadLost):
        await worker.round()

    assert kommo.created == []
    assert rows.leads == {1: "sending"}


async def test_an_answer_we_cannot_read_leaves_leads_and_notes_unclear() -> None:
    rows = Rows([Waiting(1, a_card()), Waiting(2, a_card())], [NOTE])
    kommo = Kommo()
    kommo.bug = KeyError("id")

    await a_worker(rows, kommo).round()

    assert rows.leads == {1: "unclear", 2: "unclear"}
    assert rows.notes == {1: "unclear"}


async def test_a_section_that_fails_stops_no_other_and_its_claimed_work_is_unclear() -> None:
    rows = Rows([Waiting(1, a_card())], [NOTE])
    worker = a_worker(rows, Kommo())
    rows.to_check = cast("list[ToLookUp]", None)

    await worker.round()
    assert (rows.leads, rows.notes, rows.unclear_marks) == ({1: "registered"}, {1: "written"}, 1)

    rows.to_check = []
    await worker.round()
    assert rows.unclear_marks == 2
    await worker.round()
    assert rows.unclear_marks == 2


async def test_a_check_that_fails_is_repeated_and_never_taken_for_not_found() -> None:
    rows = Rows()
    kommo = Kommo()
    kommo.bug_in_check = KeyError("id")
    rows.to_check = [ToLookUp(1, check_count=0), ToLookUp(2, check_count=1)]

    await a_worker(rows, kommo).round()

    assert rows.leads == {1: "unclear", 2: "failed: KeyError: 'id'"}


async def test_an_unclear_lead_goes_alone_and_an_outage_requeues_only_unsent_leads() -> None:
    rows = Rows([Waiting(1, a_card()), Waiting(2, a_card(), attempts=1), Waiting(3, a_card())])
    kommo = Kommo()
    kommo.down_after = 1

    with pytest.raises(Unavailable):
        await a_worker(rows, kommo).round()

    assert kommo.created == [["1", "3"]]
    assert rows.leads == {1: "registered", 2: "waiting", 3: "registered"}


async def test_a_lead_in_kommo_that_our_database_could_not_store_is_unclear_not_created_again() -> (
    None
):
    rows = Rows([Waiting(1, a_card())])
    worker = a_worker(rows, Kommo())
    rows.keeps_registered = False

    with pytest.raises(DatabaseUnavailable):
        await worker.round()

    assert rows.leads == {1: "sending"}
    await worker.round()
    assert rows.unclear_marks == 2


def test_leads_are_divided_into_calls() -> None:
    new = Prepared(1, {}, None)
    known = Prepared(2, {}, 7)
    doubtful = Prepared(3, {}, None)

    assert batches([doubtful, known, new], alone={3}) == [[new], [known], [doubtful]]
    assert batches([], alone=()) == []
