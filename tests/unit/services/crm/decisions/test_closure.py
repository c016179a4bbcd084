"""When a change in Kommo closes a lead."""

import pytest

from contracts.events.lead import Closing
from providers.kommo.models import Change
from services.crm.decisions.closure import Stages, closed_by

STAGES = Stages(pipeline=7, initial=1, booked=2)


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
        pytest.param(change(9, by=0), False, None, id="moved on by a robot"),
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
    assert closed_by(made, STAGES, ever_booked=ever_booked) is reason
