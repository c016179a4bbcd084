"""Every text has an example to show in the console."""

import pytest

from contracts.events.touch import Channel
from services.notify.content import Wording
from services.notify.examples import example
from services.notify.settings import Settings
from tests.unit.services.notify.texts import KNOWN


@pytest.mark.parametrize("channel", Channel)
def test_every_text_has_its_example(wording: Wording, settings: Settings, channel: Channel) -> None:
    for name in KNOWN[channel]:
        text = example(wording, settings, channel, name)
        assert text.text
        assert bool(text.html) is bool(text.subject) is (channel is Channel.EMAIL)


@pytest.mark.parametrize(
    ("channel", "name"), [(Channel.EMAIL, "day_3"), (Channel.SMS, "../sms/day_3")]
)
def test_a_text_that_there_is_not(
    wording: Wording, settings: Settings, channel: Channel, name: str
) -> None:
    with pytest.raises(LookupError):
        example(wording, settings, channel, name)
