"""Every channel has its facts, and they agree with what the other parts know."""

from pathlib import Path

import pytest

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel
from domain.channels import AddressKind, address_in, channels_to, facts_of
from domain.journey.law import LAWS, law_of
from services.console.decisions.provider_health import PROVIDERS
from tests.builders import a_card

TEMPLATES = Path("deploy/templates/es-MX")


@pytest.mark.parametrize("channel", Channel)
def test_the_facts_agree_with_the_other_parts(channel: Channel) -> None:
    facts = facts_of(channel)

    assert facts.provider in PROVIDERS
    assert list((TEMPLATES / facts.templates).glob("*.txt"))
    assert {facts.address} <= set(LeadCard.model_fields) & set(Booking.model_fields)
    assert all((law_of(country).hours(channel) is not None) == facts.has_hours for country in LAWS)


def test_each_channel_takes_its_own_kind_of_address() -> None:
    card = a_card(phone="+525512345678", email="ana@example.com")

    assert {channel: address_in(card, channel) for channel in Channel} == {
        Channel.CALL: "+525512345678",
        Channel.WHATSAPP: "+525512345678",
        Channel.SMS: "+525512345678",
        Channel.EMAIL: "ana@example.com",
    }


def test_every_channel_has_one_kind_of_address() -> None:
    assert channels_to(AddressKind.EMAIL) == (Channel.EMAIL,)
    assert {*channels_to(AddressKind.PHONE), *channels_to(AddressKind.EMAIL)} == set(Channel)
