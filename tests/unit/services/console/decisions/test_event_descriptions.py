"""How an event is described to an operator."""

from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import nodes

from contracts.events.call import Unanswered
from contracts.events.lead import Attention, Closing
from contracts.events.touch import (
    DeferReason,
    HoldReason,
    SkipReason,
)
from contracts.registry import ALL_EVENTS
from domain.journey.settings import JourneySettings, load_journey
from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from services.console import translations
from services.console.decisions import event_descriptions as descriptions
from services.console.decisions.dead_letters import grouped
from services.console.decisions.event_descriptions import describe_event, without_earlier_delays
from services.console.decisions.labels import REASONS, step_name
from services.console.decisions.provider_health import ProviderHealth, apply
from services.console.decisions.segments import segments
from services.console.decisions.users import Role, read_users
from services.console.rendering import city_of, lasting, moment, span_of, week_of
from services.console.settings import Settings
from services.console.translations import catalog_of, load_translations
from services.notify.decisions.first_contact import ALREADY_BOOKED
from services.notify.touches import BOOKING_LINK
from tests.unit.services.console.decisions.test_dead_letters import read
from tests.unit.services.console.decisions.test_leads import at, touch
from tests.unit.services.console.rendered import feed_line

HERE = Path(services.console.__file__).parent
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


def test_every_event_is_described_in_words() -> None:
    undescribed = (
        {event.topic_name() for event in ALL_EVENTS}
        - descriptions.TOUCHES.keys()
        - descriptions.OTHERS.keys()
    )

    assert undescribed == set()


@pytest.mark.parametrize(
    "reasons", [SkipReason, HoldReason, DeferReason, Unanswered, Closing, Attention]
)
def test_every_reason_is_told_in_words(reasons: type[StrEnum]) -> None:
    assert [str(one) for one in reasons if str(one) not in REASONS] == []


def test_a_line_describes_what_on_which_channel_why_and_by_whom() -> None:
    line = describe_event(
        {"topic": "touch.skipped", "channel": "whatsapp", "step": "day_3", "reason": "booked"}
    )

    assert (line.channel, line.text, line.detail, line.step) == (
        "WhatsApp",
        "Not sent",
        "already has a meeting",
        "day_3",
    )
    assert describe_event({"topic": "lead.paused", "by": "ana"}).by == "ana"
    assert describe_event({"topic": "lead.superseded", "by_lead_id": 9}).detail == "#9"
    assert (
        describe_event({"topic": "touch.deferred", "reason": "paused"}).detail
        == "the follow-up is paused"
    )
    assert describe_event({"topic": "journey.published", "content": "steps: []"}).detail == ""
    assert describe_event({"topic": "lead.sang", "booking": None, "channel": 3}).text == "lead.sang"


def texts_of_pages() -> set[str | tuple[str, str]]:
    """The msgids in templates and code, as `pybabel extract` finds them; a pair has a plural."""
    found: set[str | tuple[str, str]] = set()
    methods = [("**.py", "python"), ("pages/**.html", "jinja2")]
    options = {"pages/**.html": {"silent": "false"}}
    for _, _, text, _, _ in extract_from_dir(HERE, methods, options):
        found.add(text if isinstance(text, str) else (text[0], text[1]))
    return found


def catalog() -> Catalog:
    with catalog_of("es").open("rb") as file:
        return read_po(file)


def spanish_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def english_of(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def placeholders(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_text_is_in_the_catalog_and_the_catalog_has_no_other() -> None:
    translated = {message.id for message in catalog() if message.id}

    assert texts_of_pages() == translated


def test_every_text_has_its_spanish_with_the_same_placeholders() -> None:
    messages = [message for message in catalog() if message.id]

    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not all(spanish_of(message))] == []
    assert [
        message.id
        for message in messages
        if set.union(*map(placeholders, spanish_of(message)))
        != set.union(*map(placeholders, english_of(message)))
    ] == []


def test_texts_are_read_in_both_languages() -> None:
    spanish, english = load_translations("es"), load_translations("en")

    assert (spanish.gettext("Now"), english.gettext("Now")) == ("Ahora", "Now")
    assert spanish.gettext("Ana dijo") == "Ana dijo"
    assert [spanish.ngettext("{count} day", "{count} days", days) for days in (1, 7)] == [
        "Un día",
        "{count} días",
    ]


def test_the_image_s_catalog_is_read_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = tmp_path / "es_MX" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    of_the_image = Catalog(locale="es_MX")
    of_the_image.add("Now", "Ya")
    with compiled.open("wb") as file:
        write_mo(file, of_the_image)
    monkeypatch.setattr(translations, "FOLDER", tmp_path)

    assert load_translations.__wrapped__("es").gettext("Now") == "Ya"


NO_WORDS = {"Pauta", "Lead", "Leads", "Kommo", "RabbitMQ", "PostgreSQL", "GB"}


def bare_texts(template: str) -> set[str]:
    """The words of a template that stand outside its expressions and its tags."""
    tree = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(template)
    html = "".join(data.data for data in tree.find_all(nodes.TemplateData))
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", html)))


def test_no_template_has_a_text_of_its_own() -> None:
    found = {
        path.name: bare_texts(path.read_text()) - NO_WORDS
        for path in (HERE / "pages").glob("*.html")
    }

    assert {name: words for name, words in found.items() if words} == {}


def test_no_answer_of_a_button_is_left_untranslated() -> None:
    """A sentence in `http/`, as a button or the login answers with, is a msgid."""
    nodes_of = [
        node
        for path in (HERE / "http").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    ]
    docs = {node.value for node in nodes_of if isinstance(node, ast.Expr)}
    consts = {node for node in nodes_of if isinstance(node, ast.Constant)} - docs
    found = {node.value for node in consts if isinstance(node.value, str)}
    sentences = {text for text in found if re.fullmatch(r"[A-ZÁÉÚ].*[a-zíóñ.}…]", text)}

    assert {text for text in sentences if " " in text} - texts_of_pages() == set()


def test_every_step_that_comes_along_has_a_name_in_both_languages() -> None:
    journey = load_journey(JourneySettings(_env_file=None))[0]
    steps = [*(step.name for step in journey.steps), BOOKING_LINK, ALREADY_BOOKED]
    spanish, english = load_translations("es").gettext, load_translations("en").gettext

    assert [step for step in steps if step_name(step, spanish) == step] == []
    assert [step for step in steps if step_name(step, english) == step_name(step, spanish)] == []
    assert (step_name("day_3", spanish), step_name("day_12", english)) == ("Día 3", "Day 12")
    assert step_name("oferta_de_mayo", spanish) == "oferta_de_mayo"
    assert step_name("", spanish) == ""


def test_what_a_person_wrote_is_shown_as_written() -> None:
    reply = {"topic": "reply.received", "text": "booked"}
    unknown = {"topic": "touch.failed", "channel": "sms", "reason": "<b>not a reason</b>"}

    assert "booked" in feed_line(reply)
    assert "&lt;b&gt;not a reason&lt;/b&gt;" in feed_line(unknown)


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
    first = a_row("touch.delayed")
    second = a_row("touch.delayed")
    other = a_row("touch.delayed", "b")
    sent = a_row("touch.sent")
    later = a_row("touch.delayed")

    assert without_earlier_delays([first, other, second, sent, later]) == [
        other,
        second,
        sent,
        later,
    ]
