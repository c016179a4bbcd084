"""When a change in Kommo closes a lead."""

import pytest

from contracts.events.lead import Closing
from providers.kommo.models import Change
from services.crm.decisions.closure import Stages, closed_by, is_unclear
from services.crm.decisions.kommo import Place

ROBOTS = 30
CONTACTED = 31
STAGES = Stages(pipeline=7, initial=1, booked=2, robots={ROBOTS})


def change(
    status: int | None,
    *,
    pipeline: int | None = 7,
    deleted: bool = False,
    by: int | None = 9_000_001,
) -> Change:
    return Change(kommo_lead_id=5, status_id=status, pipeline_id=pipeline, deleted=deleted, by=by)


@pytest.mark.parametrize(
    ("made", "ever_booked", "reason"),
    [
        pytest.param(change(142), False, Closing.WON, id="won"),
        pytest.param(change(143), True, Closing.LOST, id="lost"),
        pytest.param(change(None, deleted=True), False, Closing.DELETED, id="deleted"),
        pytest.param(change(9), False, Closing.TAKEN_OVER, id="moved on by a person"),
        pytest.param(
            change(9, by=None), False, Closing.TAKEN_OVER, id="moved on by an unknown user"
        ),
        pytest.param(change(9, by=0), False, Closing.TAKEN_OVER, id="by a person, told as user 0"),
        pytest.param(change(ROBOTS, by=0), False, None, id="moved on by a robot"),
        pytest.param(
            change(ROBOTS), False, Closing.TAKEN_OVER, id="a person, into a robots' stage"
        ),
        pytest.param(change(CONTACTED, by=0), True, None, id="our own return, told as user 0"),
        pytest.param(change(CONTACTED), True, None, id="our own return"),
        pytest.param(change(CONTACTED), False, Closing.TAKEN_OVER, id="there before we ever moved"),
        pytest.param(
            change(CONTACTED, pipeline=8), True, Closing.TAKEN_OVER, id="another pipeline's stage"
        ),
        pytest.param(change(142, by=0), False, Closing.WON, id="won, by a robot"),
        pytest.param(change(1, pipeline=8), False, Closing.TAKEN_OVER, id="into another pipeline"),
        pytest.param(
            change(2), False, Closing.TAKEN_OVER, id="put into the booked stage by a person"
        ),
        pytest.param(change(2), True, None, id="our own move"),
        pytest.param(change(1), True, None, id="our own return to the earlier stage"),
        pytest.param(change(1), False, None, id="where we made it"),
        pytest.param(change(2, pipeline=None), True, None, id="our own, without its pipeline"),
    ],
)
def test_a_change(made: Change, ever_booked: bool, reason: Closing | None) -> None:
    before = Place(7, CONTACTED)
    assert closed_by(made, STAGES, ever_booked=ever_booked, before=before) is reason


@pytest.mark.parametrize(
    ("made", "unclear"),
    [
        pytest.param(change(ROBOTS, by=None), True, id="by nobody named, where robots move to"),
        pytest.param(change(ROBOTS, by=0), False, id="by a robot"),
        pytest.param(change(9, by=None), False, id="where no robot moves to"),
        pytest.param(change(2, by=None), False, id="where we move to"),
        pytest.param(change(142, by=None), False, id="won"),
        pytest.param(change(ROBOTS, by=None, deleted=True), False, id="deleted"),
    ],
)
def test_what_kommo_is_asked_about(made: Change, *, unclear: bool) -> None:
    assert is_unclear(made, STAGES, ever_booked=True) is unclear
