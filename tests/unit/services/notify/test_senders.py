"""The variables of a WhatsApp template."""

import pytest

from contracts.events.touch import Channel, Kind
from services.notify.senders import PLACES, variables
from tests.builders import a_touch


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Kind.FOLLOW_UP, {"1": "{{1}}", "2": "{{2}}"}),
        (Kind.MEETING, {"1": "{{1}}", "2": "{{2}}", "3": "{{3}}"}),
    ],
)
def test_each_value_is_sent_as_the_number_that_it_is_compared_by(
    kind: Kind, sent: dict[str, str]
) -> None:
    assert variables(PLACES, a_touch(Channel.WHATSAPP, kind=kind)) == sent
