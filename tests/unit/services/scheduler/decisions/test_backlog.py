"""When overdue touches go out, and when they wait for an operator."""

import pytest

from services.scheduler.decisions.backlog import NextStep, next_step


@pytest.mark.parametrize(
    ("overdue", "held", "released", "step"),
    [
        pytest.param(0, False, False, NextStep.NOTHING, id="nothing is overdue"),
        pytest.param(0, True, False, NextStep.END_HOLD, id="nothing is overdue any more"),
        pytest.param(0, True, True, NextStep.END_HOLD, id="all released touches went out"),
        pytest.param(10, False, False, NextStep.DRAIN, id="few touches go out"),
        pytest.param(11, False, False, NextStep.HOLD, id="many touches are held"),
        pytest.param(11, True, False, NextStep.WAIT, id="held touches wait"),
        pytest.param(5, True, False, NextStep.WAIT, id="held touches wait, even when few are left"),
        pytest.param(11, True, True, NextStep.DRAIN, id="released touches go out"),
    ],
)
def test_the_backlogs_next_step(overdue: int, held: bool, released: bool, step: NextStep) -> None:
    assert next_step(overdue=overdue, held=held, released=released, hold_above=10) is step
