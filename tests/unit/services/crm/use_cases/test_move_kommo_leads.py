"""Moves in Kommo: a refused one is set aside, and holds up no other."""

from collections.abc import Sequence
from typing import Any, cast

from providers.kommo.client import KommoClient, KommoRefused
from providers.kommo.models import ItemError, KommoLead, Move
from services.crm.repositories.registrations import LeadToMove
from services.crm.settings import KommoSettings, Settings
from services.crm.use_cases.kommo_progress import KommoProgress
from services.crm.use_cases.move_kommo_leads import LeadMover

PIPELINE, OTHER = 7, 8
INITIAL, BOOKED, CONTACTED = 60, 61, 62


class Rows:
    def __init__(self, waiting: Sequence[LeadToMove]) -> None:
        self.waiting = list(waiting)
        self.moved: dict[int, tuple[Any, ...]] = {}
        self.refused: dict[int, str] = {}

    async def leads_to_move(self, limit: int) -> list[LeadToMove]:
        return self.waiting

    async def lead_moved(
        self,
        lead_id: int,
        *,
        booked: bool,
        status_before: int | None = None,
        pipeline_before: int | None = None,
    ) -> None:
        self.moved[lead_id] = (booked, status_before, pipeline_before)

    async def move_refused(self, lead_id: int, reason: str, *, settings: str) -> None:
        self.refused[lead_id] = reason


class Kommo:
    """Has these leads, and refuses moves of those in `refuses`."""

    def __init__(self, *leads: KommoLead) -> None:
        self._leads = {lead.lead_id: lead for lead in leads}
        self.refuses: set[int] = set()
        self.moves: list[Move] = []

    async def leads(self, lead_ids: Sequence[int]) -> dict[int, KommoLead]:
        return {number: self._leads[number] for number in lead_ids if number in self._leads}

    async def move_leads(self, moves: Sequence[Move]) -> None:
        wrong = [str(move.lead_id) for move in moves if move.lead_id in self.refuses]
        if wrong:
            error = ItemError("NotSupportedChoice", "status_id", "not a valid choice")
            raise KommoRefused("kommo: 400", dict.fromkeys(wrong, (error,)))
        self.moves += moves


def to_move(lead: int, *, wanted: bool = True, **more: Any) -> LeadToMove:
    facts = {
        "merged": False,
        "booked": wanted,
        "status_before": None,
        "pipeline_before": None,
    }
    return LeadToMove(lead, 100 + lead, wanted_booked=wanted, **(facts | more))


def deal(lead: int, status_id: int, pipeline_id: int = PIPELINE) -> KommoLead:
    return KommoLead(100 + lead, "", None, pipeline_id=pipeline_id, status_id=status_id)


async def move(rows: Rows, kommo: Kommo) -> None:
    ids: dict[str, Any] = {
        "pipeline_id": PIPELINE,
        "status_id_inicial": INITIAL,
        "status_id_agendado": BOOKED,
    }
    settings = Settings.model_construct(kommo=KommoSettings.model_construct(**ids))
    mover = LeadMover(cast("KommoProgress", rows), cast("KommoClient", kommo), settings)
    await mover.move_leads()


async def test_where_a_lead_was_is_kept_for_its_return() -> None:
    rows, kommo = Rows([to_move(1), to_move(2)]), Kommo(deal(1, CONTACTED), deal(2, 9, OTHER))
    await move(rows, kommo)

    assert kommo.moves == [Move(101, BOOKED, PIPELINE), Move(102, BOOKED, PIPELINE)]
    assert rows.moved == {1: (True, CONTACTED, PIPELINE), 2: (True, 9, OTHER)}


async def test_a_cancelled_lead_returns_to_its_stage_and_pipeline() -> None:
    waiting = [
        to_move(1, wanted=False, status_before=CONTACTED),
        to_move(2, wanted=False, status_before=9, pipeline_before=OTHER),
    ]
    rows, kommo = Rows(waiting), Kommo(deal(1, BOOKED), deal(2, BOOKED))
    await move(rows, kommo)

    assert kommo.moves == [Move(101, CONTACTED, PIPELINE), Move(102, 9, OTHER)]
    assert rows.moved == {1: (False, None, None), 2: (False, None, None)}


async def test_a_refused_move_is_not_recorded_as_done_and_holds_up_no_other() -> None:
    rows = Rows([to_move(lead) for lead in range(1, 6)])
    kommo = Kommo(*(deal(lead, INITIAL) for lead in range(1, 6)))
    kommo.refuses = {103}
    await move(rows, kommo)

    assert sorted(rows.moved) == [1, 2, 4, 5]
    assert rows.refused == {
        3: "Kommo no dejó mover el lead de etapa (NotSupportedChoice status_id not a valid choice)"
    }


async def test_a_deal_stays_booked_while_another_lead_of_it_is() -> None:
    rows = Rows([to_move(1, wanted=False, booked=True, status_before=CONTACTED)])
    kommo = Kommo(deal(1, BOOKED))
    await move(rows, kommo)

    assert kommo.moves == []
    assert rows.moved == {1: (False, None, None)}


async def test_a_deleted_lead_is_settled() -> None:
    rows, kommo = Rows([to_move(1)]), Kommo()
    await move(rows, kommo)

    assert (kommo.moves, rows.moved) == ([], {1: (True, None, None)})
