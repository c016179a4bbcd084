"""Whether overdue touches go out, one after another, or wait for an operator."""

from enum import Enum


class NextStep(Enum):
    """The next step of the backlog drain."""

    NOTHING = "nothing"
    END_HOLD = "end_hold"
    HOLD = "hold"
    WAIT = "wait"
    DRAIN = "drain"


def next_step(*, overdue: int, held: bool, released: bool, hold_above: int) -> NextStep:
    """Returns the next step. More than `hold_above` overdue touches wait until they are released.

    A hold ends when nothing is overdue, so that the next outage is held again.
    """
    if not overdue:
        return NextStep.END_HOLD if held else NextStep.NOTHING
    if released:
        return NextStep.DRAIN
    if held:
        return NextStep.WAIT
    return NextStep.HOLD if overdue > hold_above else NextStep.DRAIN
