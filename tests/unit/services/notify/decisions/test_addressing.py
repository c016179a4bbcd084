"""Which of a lead's addresses a touch goes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.touch import Channel, Kind
from services.notify.decisions.addressing import booked_from, form_for
from services.notify.touches import Addressed, Form
from tests.builders import a_booking, a_card

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)


OLD = Addressed(Form(1, a_card()))


NEW = Addressed(Form(2, a_card(email="new@example.com", phone=None)))


@pytest.mark.parametrize(
    ("forms", "submission"),
    [
        pytest.param([OLD, NEW], 2, id="the latest"),
        pytest.param(
            [OLD, replace(NEW, follow_up_mails=1)], 2, id="the latest, also after one mail"
        ),
        pytest.param(
            [OLD, replace(NEW, follow_up_mails=2)], 1, id="after two without life the other"
        ),
        pytest.param(
            [replace(OLD, follow_up_mails=2), replace(NEW, follow_up_mails=3)],
            1,
            id="then the one that had fewer",
        ),
        pytest.param([replace(OLD, email_alive_at=NOW), NEW], 1, id="the one that showed life"),
        pytest.param(
            [
                replace(OLD, email_alive_at=NOW),
                replace(NEW, email_alive_at=NOW + timedelta(days=1)),
            ],
            2,
            id="the one that showed life last",
        ),
    ],
)
def test_which_mailbox_a_follow_up_goes_to(forms: list[Addressed], submission: int) -> None:
    assert form_for(Channel.EMAIL, forms).submission_id == submission


def test_a_form_without_a_phone_takes_no_phones_place() -> None:
    assert form_for(Channel.WHATSAPP, [OLD, NEW]).submission_id == 1
    assert form_for(Channel.WHATSAPP, [NEW]).submission_id == 2


def test_a_meetings_touches_go_to_the_address_that_booked() -> None:
    booking = a_booking(email="booked@example.com", phone="+525512345678")

    assert booked_from(Kind.MEETING, Channel.EMAIL, booking) == "booked@example.com"
    assert booked_from(Kind.MEETING, Channel.SMS, booking) == "+525512345678"
    assert booked_from(Kind.FOLLOW_UP, Channel.EMAIL, booking) is None
