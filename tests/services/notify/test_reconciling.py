"""What is done about a touch whose sending had no clear answer."""

import pytest

from contracts.touch import Channel
from services.notify.decisions.reconciling import Ask, AskLater, LeaveToAPerson, SendAgain, after_not_found, first_step


@pytest.mark.parametrize(
    ("channel", "age", "step"),
    [
        pytest.param(Channel.CALL, 3, Ask(), id="a call is looked up, never just repeated"),
        pytest.param(Channel.SMS, 3, Ask(), id="so is a message"),
        pytest.param(Channel.EMAIL, 3, SendAgain(), id="a mail goes again under its key"),
        pytest.param(Channel.EMAIL, 700, Ask(), id="but not when the key no longer holds"),
    ],
)
def test_the_first_step(channel: Channel, age: float, step: object) -> None:
    assert first_step(channel, age) == step


@pytest.mark.parametrize(
    ("looks", "sendings", "step"),
    [
        pytest.param(1, 1, AskLater(15), id="listings lag: look again"),
        pytest.param(2, 1, AskLater(60), id="and again"),
        pytest.param(3, 1, SendAgain(), id="surely not there"),
        pytest.param(3, 2, LeaveToAPerson(), id="not a third time"),
    ],
)
def test_when_the_provider_knows_nothing_of_it(looks: int, sendings: int, step: object) -> None:
    assert after_not_found(looks=looks, sendings=sendings, checks=(3, 15, 60)) == step
