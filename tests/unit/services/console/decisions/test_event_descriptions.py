"""How things read: lines, words, segments, users, groups, durations."""

import ast
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes

import services.console
from contracts.events.call import Unanswered
from contracts.events.lead import Attention, Closing
from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from contracts.events.touch import (
    Channel,
    DeferReason,
    HoldReason,
    SkipReason,
    TouchDelayed,
    TouchSent,
)
from contracts.registry import ALL_EVENTS
from domain.journey.settings import JourneySettings, load_journey
from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from services.console.decisions import event_descriptions as descriptions
from services.console.decisions import outages
from services.console.decisions.dead_letters import grouped
from services.console.decisions.event_descriptions import describe_event, without_earlier_delays
from services.console.decisions.provider_health import ProviderHealth, apply
from services.console.decisions.segments import segments
from services.console.decisions.users import Role, read_users
from services.console.rendering import city_of, lasting, moment, span_of, week_of
from services.console.settings import Settings
from services.console.words import ENGLISH, NTH_DAY, STEPS, step_name, translate
from services.notify.decisions.first_contact import ALREADY_BOOKED
from services.notify.touches import BOOKING_LINK
from tests.unit.services.console.decisions.test_dead_letters import read
from tests.unit.services.console.decisions.test_leads import at, touch

HERE = Path(services.console.__file__).parent
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


def test_every_event_is_told_in_words() -> None:
    untold = (
        {event.topic_name() for event in ALL_EVENTS}
        - descriptions.TOUCHES.keys()
        - descriptions.OTHERS.keys()
    )

    assert untold == set()


@pytest.mark.parametrize(
    "reasons", [SkipReason, HoldReason, DeferReason, Unanswered, Closing, Attention]
)
def test_every_reason_is_told_in_words(reasons: type[StrEnum]) -> None:
    assert [str(one) for one in reasons if str(one) not in descriptions.REASONS] == []


def test_a_line_says_what_on_which_channel_why_and_by_whom() -> None:
    told = describe_event(
        {"topic": "touch.skipped", "channel": "whatsapp", "step": "day_3", "reason": "booked"}
    )

    assert (told.channel, told.text, told.detail, told.step) == (
        "WhatsApp",
        "No se envió",
        "ya tiene reunión",
        "day_3",
    )
    assert describe_event({"topic": "lead.paused", "by": "ana"}).by == "ana"
    assert describe_event({"topic": "lead.superseded", "by_lead_id": 9}).detail == "#9"
    assert (
        describe_event({"topic": "touch.deferred", "reason": "paused"}).detail
        == "su seguimiento está en pausa"
    )
    assert describe_event({"topic": "journey.published", "content": "steps: []"}).detail == ""
    assert describe_event({"topic": "lead.sang", "booking": None, "channel": 3}).text == "lead.sang"


def strings(node: nodes.Node) -> set[str]:
    """The texts in a piece of a template; what something is compared with, or looked up by, is none."""
    if isinstance(node, nodes.Const):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, nodes.Compare | nodes.Getitem | nodes.Getattr):
        return strings(node.node) if isinstance(node, nodes.Getitem) else set()
    if isinstance(node, nodes.Pair):
        return strings(node.value)
    return {text for child in node.iter_child_nodes() for text in strings(child)}


def shown_by_templates() -> set[str]:
    """What a template translates: texts under the filter, and those in the lists that it walks through."""
    found: set[str] = set()
    for path in (HERE / "pages").glob("*.html"):
        tree = jinja2.Environment(autoescape=True).parse(path.read_text())
        for use in tree.find_all(nodes.Filter):
            if use.name == "t" and use.node is not None:
                found |= strings(use.node)
        for listed in tree.find_all((nodes.Tuple, nodes.Dict)):
            found |= {text for text in strings(listed) if re.search(r"[A-ZÁÉÚáéíóúñ ]", text)}
    return found


def shown_by_orders() -> set[str]:
    """What a button or the login answers with, and the titles that the journey's page is given."""
    nodes_of = [
        one
        for path in (HERE / "http").glob("*.py")
        for one in ast.walk(ast.parse(path.read_text()))
    ]
    docs = {one.value for one in nodes_of if isinstance(one, ast.Expr)}
    consts = {one for one in nodes_of if isinstance(one, ast.Constant)} - docs
    found = {one.value for one in consts if isinstance(one.value, str)}
    return {text for text in found if re.fullmatch(r"[A-ZÁÉÚ].*[a-zíóñ.}]", text) and " " in text}


NO_WORDS = {"Cal.com", "WhatsApp", "SMS", "Lead", "Leads", "Kommo", "Brevo", "Twilio"}


def test_every_text_has_its_english() -> None:
    told = {one.text for one in (*descriptions.TOUCHES.values(), *descriptions.OTHERS.values())}
    told |= (
        set(descriptions.REASONS.values())
        | set(descriptions.CHANNELS.values())
        | set(descriptions.OWN_REASONS.values())
    )
    told |= {*STEPS.values(), NTH_DAY}
    told |= {outages.UNACCEPTED, outages.ERROR, outages.SILENCE, *outages.STATUSES.values()}
    shown = shown_by_templates() | shown_by_orders() | told

    assert shown - ENGLISH.keys() - NO_WORDS == set()
    assert translate("Ahora", "en") == "Now"
    assert translate("Ana dijo", "en") == "Ana dijo"


def test_every_step_that_comes_along_has_a_name_in_both_languages() -> None:
    journey = load_journey(JourneySettings(_env_file=None))[0]
    steps = [*(step.name for step in journey.steps), BOOKING_LINK, ALREADY_BOOKED]

    assert [step for step in steps if step_name(step, "es") == step] == []
    assert [step for step in steps if step_name(step, "en") == step_name(step, "es")] == []
    assert (step_name("day_3", "es"), step_name("day_12", "en")) == ("Día 3", "Day 12")
    assert step_name("oferta_de_mayo", "es") == "oferta_de_mayo"


@pytest.mark.parametrize(
    ("text", "count", "units"),
    [
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("€" * 80, 1, 160),
        ("¿Pudiste agendar? Ñandú", 1, 23),
        ("ó" * 70, 1, 70),
        ("ó" * 71, 2, 71),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 72),
    ],
)
def test_how_many_parts_an_sms_has(text: str, count: int, units: int) -> None:
    assert (segments(text).count, segments(text).units) == (count, units)


def test_the_letters_that_make_it_longer_are_named() -> None:
    assert segments("Reunión á").odd == "áó"
    assert segments("Manana").odd == ""


def test_users_are_read_by_name() -> None:
    users = read_users(f"ana:operator:{HASH}\n luis:viewer:{HASH}")

    assert {name: user.acts for name, user in users.items()} == {"ana": True, "luis": False}
    assert users["luis"].role is Role.VIEWER
    assert read_users("") == {}


@pytest.mark.parametrize(
    "written", ["ana", f"ana:boss:{HASH}", "ana:operator:plain-text", f":operator:{HASH}"]
)
def test_what_is_no_user_is_refused_without_quoting_it(written: str) -> None:
    with pytest.raises(ValueError, match="CONSOLE_USERS") as refused:
        read_users(written)
    assert "plain-text" not in str(refused.value)


def test_letters_are_grouped_by_their_cause_the_most_first() -> None:
    one, two = read(message_id="1"), read(message_id="2")
    other = read(headers={"x-error": "ValueError: x"})

    assert [(queue, cause, len(some)) for queue, cause, some in grouped([other, one, two])] == [
        ("notify.fallback", "LookupError", 2),
        ("notify.fallback", "ValueError", 1),
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0.0123, "12.3 ms"),
        (3.44, "3.44 s"),
        (10, "10 s"),
        (150, "2.5 min"),
        (9000, "2.5 h"),
        (260_000, "3 d"),
    ],
)
def test_durations_are_as_exact_as_anybody_cares(seconds: float | None, text: str) -> None:
    assert lasting(seconds) == text


def test_spans_of_the_journey_read_in_words() -> None:
    assert span_of(timedelta(days=3), "es_MX") == "3 días"
    assert span_of(timedelta(hours=36), "en_US") == "1 day 12 hours"


def test_hours_read_in_words() -> None:
    days = [["09:00-19:00"]] * 5 + [["10:00-14:00", "16:00-24:00"], []]

    assert week_of(days, "es_MX") == "lun–vie 9:00–19:00, sáb 10:00–14:00 + 16:00–24:00"
    assert week_of(days, "en_US") == "Mon–Fri 9:00–19:00, Sat 10:00–14:00 + 16:00–24:00"
    assert week_of([["00:00-24:00"]] * 7, "es_MX") == "lun–dom 0:00–24:00"
    assert city_of("America/Mexico_City", "es_MX") == "Ciudad de México"
    assert city_of("Nowhere/Land", "es_MX") == "Nowhere/Land"


@pytest.mark.parametrize(
    ("written", "prices"),
    [
        ("call=0.10,sms=0.18", {"call": 0.10, "sms": 0.18}),
        ("call.MX=0.10,call=0.60", {"call": 0.10}),
        ("call.US=0.10, call=0.60", {"call": 0.60}),
        ("call.US=0.10,call.CO=0.30", {"call": 0.30}),
        ("", {}),
    ],
)
def test_a_channel_s_price_is_the_business_s_own_country_s(
    written: str, prices: dict[str, float]
) -> None:
    simulated = {"kommo_base_url": "http://simulator:8000", "default_region": "MX"}

    assert Settings.model_validate({**OWN, **simulated, "touch_prices": written}).prices == prices


@pytest.mark.parametrize("said", ["tomorrow", "", "9999-99-99"])
def test_a_time_that_is_none_is_no_obstacle(said: str) -> None:
    assert moment(said) is None


def test_a_company_is_away_from_the_last_word_on() -> None:
    away = ProviderUnavailable(provider="kommo", reason="500", at=at(10))
    back = ProviderRecovered(provider="kommo", at=at(20))

    assert apply(ProviderHealth("kommo"), away).unavailable == "500"
    assert apply(apply(ProviderHealth("kommo"), away), back).unavailable is None
    assert apply(apply(ProviderHealth("kommo"), back), away).unavailable is None


def test_a_first_failure_shows_until_the_next_touch_is_sent() -> None:
    sent: TouchSent = touch(TouchSent, Channel.EMAIL, 0)
    delayed: TouchDelayed = touch(
        TouchDelayed, Channel.EMAIL, 10, provider="brevo", reason="ConnectError"
    )
    again: TouchSent = touch(TouchSent, Channel.EMAIL, 20)
    failing = apply(apply(ProviderHealth("brevo"), sent), delayed)

    assert (failing.unavailable, failing.unavailable_since) == ("ConnectError", at(10))
    assert apply(failing, sent).unavailable == "ConnectError"
    assert apply(failing, again).unavailable is None


OWN = {
    **{
        "database_url": "postgresql://console:a-secret-of-ones-own@postgres.local/console",  # pragma: allowlist secret
        "amqp_url": "amqp://console:a-secret-of-ones-own@rabbitmq.local/",  # pragma: allowlist secret
        "rabbitmq_url": "http://rabbitmq.local",
    },
    **{
        "scheduler_url": "http://scheduler",
        "notify_url": "http://notify",
        "console_secret": "x" * 20,
    },
    **{"console_api_token": "y" * 20, "scheduler_api_token": "z" * 20},
    "public_base_url": "https://leads.ejemplo.mx",
}


@pytest.mark.parametrize(
    "change",
    [
        {"pauta_profile": "production"},
        {"simulator_replicas": 0},
        {"kommo_base_url": "https://empresa.kommo.com"},
    ],
)
def test_only_the_demonstration_s_console_is_open(change: dict[str, Any]) -> None:
    simulated = {"kommo_base_url": "http://simulator:8000"}
    Settings.model_validate({**OWN, **simulated})

    with pytest.raises(ValueError, match="CONSOLE_USERS is empty"):
        Settings.model_validate({**OWN, **simulated, **change})
    users = {"console_users": f"ana:viewer:{HASH}"}
    assert (
        Settings.model_validate({**OWN, **simulated, **change, **users}).users["ana"].acts is False
    )


def test_a_console_with_real_leads_takes_no_example_for_a_secret() -> None:
    life = {
        **OWN,
        "kommo_base_url": "https://empresa.kommo.com",
        "console_users": f"ana:viewer:{HASH}",
    }
    refuse_unsafe(Settings.model_validate(life))

    with pytest.raises(UnsafeConfiguration, match="CONSOLE_SECRET"):
        refuse_unsafe(Settings.model_validate({**life, "console_secret": "console-secret-demo"}))
    for token in ("console_api_token", "scheduler_api_token"):
        with pytest.raises(UnsafeConfiguration, match=token.upper()):
            refuse_unsafe(Settings.model_validate({**life, token: ""}))


def a_row(topic: str, touch_id: str = "a") -> dict[str, Any]:
    return {"body": {"topic": topic, "touch_id": touch_id}}


def test_of_the_delays_of_a_touch_only_the_last_is_shown() -> None:
    first, second, other = (
        a_row("touch.delayed"),
        a_row("touch.delayed"),
        a_row("touch.delayed", "b"),
    )
    sent, later = a_row("touch.sent"), a_row("touch.delayed")

    assert without_earlier_delays([first, other, second, sent, later]) == [
        other,
        second,
        sent,
        later,
    ]
