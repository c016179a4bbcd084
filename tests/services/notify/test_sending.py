"""Whether a touch goes out."""

from dataclasses import replace

import pytest

from contracts.touch import SkipReason
from services.notify.decisions.sending import Facts, Leave, Send, Skip, decide
from tests.builders import a_touch

CLAIMED = Facts(claimed=True)


@pytest.mark.parametrize(
    ("facts", "phone", "decision"),
    [
        pytest.param(CLAIMED, "+528112345678", Send("+528112345678"), id="goes out"),
        pytest.param(replace(CLAIMED, opted_out=True), "+528112345678", Skip(SkipReason.OPTED_OUT), id="opted out"),
        pytest.param(CLAIMED, None, Skip(SkipReason.NO_ADDRESS), id="nowhere to go"),
        pytest.param(Facts(claimed=False), "+528112345678", Leave(), id="in another's hand, or settled"),
    ],
)
def test_a_touch(facts: Facts, phone: str | None, decision: object) -> None:
    assert decide(a_touch(phone=phone), facts) == decision


def test_the_same_touch_has_the_same_name_however_often_it_is_planned() -> None:
    assert a_touch().touch_id == a_touch().touch_id
    assert a_touch().touch_id != a_touch(lead_id=2).touch_id
