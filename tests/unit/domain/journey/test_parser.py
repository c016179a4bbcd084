"""The journey file: every mistake is reported at once, with its line and a suggestion."""

import contextlib
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from contracts.events.touch import Channel
from domain.journey.model import (
    FollowUpStep,
    Journey,
    LateRule,
    MeetingStep,
    format_duration,
    json_schema,
)
from domain.journey.parser import (
    InvalidJourney,
    journey_hash,
    read_journey,
    stored_journey,
    templates_in,
)

DEPLOY = Path(__file__).parents[4] / "deploy"
TEXTS = templates_in(DEPLOY / "templates", "es-MX")
SIDS = {"welcome", "booking_link", "day_3", "day_12", "confirmation", "reminder", "no_show"}


def read(text: str, **more: Any) -> Journey:
    return read_journey(
        text, name="j.yml", templates=TEXTS, content_sids=more.get("content_sids", SIDS)
    )


def mistakes(text: str, **more: Any) -> list[str]:
    with pytest.raises(InvalidJourney) as invalid:
        read(text, **more)
    return [str(mistake) for mistake in invalid.value.mistakes]


@pytest.mark.parametrize("name", ["journey.yml", "journey.demo.yml"])
def test_our_own_files_are_valid(name: str) -> None:
    journey = read((DEPLOY / name).read_text())

    assert [step.name for step in journey.follow_up] == ["day_3", "day_6", "day_9", "day_12"]
    assert journey == stored_journey((DEPLOY / name).read_text())


@pytest.mark.parametrize("name", ["journey.yml", "journey.demo.yml"])
def test_an_editor_agrees(name: str) -> None:
    Draft202012Validator(json_schema()).validate(yaml.safe_load((DEPLOY / name).read_text()))


ATTEMPTS = """
first_contact:
  - name: welcome_call
    channels: {channels}
    template: welcome
    attempts: {attempts}
"""


@pytest.mark.parametrize(
    ("channels", "attempts", "message"),
    [
        ("[call]", "[{after: 3 hours, next_day: morning}]", "write exactly one of"),
        ("[call]", "[{}]", "write exactly one of"),
        ("[call]", "[{next_day: evening}]", "'evening' is not possible here"),
        ("[call]", "[{afer: 3 hours}]", "afer is not known here"),
        ("[whatsapp, call]", "[{after: 3 hours}]", "does not begin with a call"),
    ],
)
def test_a_mistake_in_the_attempts_of_a_call(channels: str, attempts: str, message: str) -> None:
    text = ATTEMPTS.replace("{channels}", channels).replace("{attempts}", attempts)
    assert any(message in mistake for mistake in mistakes(text))


def test_a_step_may_not_have_the_name_of_an_attempt() -> None:
    text = ATTEMPTS.replace("{channels}", "[call]").replace("{attempts}", "[{after: 3 hours}]")
    text += "  - {name: welcome_call_2, channel: email, template: welcome}\n"
    assert any("two steps are called welcome_call_2" in found for found in mistakes(text))


def test_the_published_schema_is_that_of_this_version() -> None:
    published = json.loads((DEPLOY.parent / "docs" / "journey.schema.json").read_text())

    assert json_schema() == published


def test_an_editor_reports_our_mistakes() -> None:
    wrong = {
        "follow_up": [{"name": "day_3", "channel": "fax", "after": "3 dias"}],
        "windows": {"w": {"mon": "9-5"}},
    }
    errors = {
        ".".join(map(str, error.instance_path))
        for error in Draft202012Validator(json_schema()).iter_errors(wrong)
    }

    assert errors == {"follow_up.0.channel", "follow_up.0.after", "windows.w.mon"}


def test_the_fields_of_a_step() -> None:
    journey = read((DEPLOY / "journey.yml").read_text())
    day_3 = journey.step("day_3")
    reminder = journey.step("reminder")

    assert isinstance(day_3, FollowUpStep)
    assert (day_3.after, day_3.channels) == (timedelta(days=3), (Channel.WHATSAPP, Channel.SMS))
    assert day_3.late.rule is LateRule.NEXT_WINDOW
    assert isinstance(reminder, MeetingStep)
    assert reminder.before == timedelta(hours=24)


ADD = "Add booking_link=HX… to TWILIO_CONTENT_SIDS"
NO_YAML = ["j.yml:3: no YAML: expected <block end>, but found '<block mapping start>'"]
WHATSAPP = ", ".join(sorted(TEXTS[Channel.WHATSAPP]))
STEP = "follow_up:\n  - name: day_3\n    after: 3 days\n    channel: whatsapp\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            STEP.replace("day_3", "dia_3"),
            [
                (
                    "j.yml:2: WhatsApp needs an approved template for dia_3. "
                    "Add dia_3=HX… to TWILIO_CONTENT_SIDS"
                ),
                "j.yml:2: there is no text dia_3 for whatsapp. Did you mean day_3?",
            ],
            id="unknown template",
        ),
        pytest.param(
            STEP.replace("whatsapp", "whatsap"),
            ["j.yml:4: 'whatsap' is not possible here. Did you mean whatsapp?"],
            id="unknown channel",
        ),
        pytest.param(
            STEP.replace("after:", "afer:"),
            ["j.yml:2: after is missing", "j.yml:3: afer is not known here. Did you mean after?"],
            id="unknown key",
        ),
        pytest.param(
            STEP.replace("3 days", "3 días"),
            ["j.yml:3: '3 días' is no duration. Write it like 3 days, 24 hours or 30 minutes"],
            id="no duration",
        ),
        pytest.param(
            STEP + "    window: nights\n",
            ["j.yml:5: there is no window nights. There are: always"],
            id="no such window",
        ),
        pytest.param(
            'windows:\n  nights: {mon-fri: "21:00-23:00"}\n' + STEP + "    window: nights\n",
            ["j.yml:7: day_3 can never go out. nights leaves no time between 08:00 and 21:00"],
            id="a window that can never open",
        ),
        pytest.param(
            'windows:\n  odd: {mon-fri: "19:00-09:00"}\n' + STEP + "    window: odd\n",
            ["j.yml:2: 19:00-09:00 ends before it begins. Write the earlier time first"],
            id="hours that end before they begin",
        ),
        pytest.param(
            'windows:\n  odd:\n    mon-fri: "09:00-19:00"\n    sat: "10:00-10:00"\n'
            + STEP
            + "    window: odd\n",
            ["j.yml:4: 10:00-10:00 ends before it begins. Write the earlier time first"],
            id="no hours on one day of a window",
        ),
        pytest.param(
            'windows:\n  odd:\n    mon: "09:00-24:30"\n    tues: "09:00-19:00"\n'
            "    holydays: open\n" + STEP,
            [
                "j.yml:3: 09:00-24:30 goes beyond the day. A day ends at 24:00",
                "j.yml:4: 'tues' is no day. Did you mean tue?",
                "j.yml:5: 'holydays' is no day. Did you mean holidays?",
            ],
            id="each line of a window",
        ),
        pytest.param(
            'windows:\n  odd: {mon-fri: ["09:00-12:00", "11:00-14:00"]}\n' + STEP,
            ["j.yml:2: two spans of mon overlap. Write each hour once"],
            id="hours that overlap",
        ),
        pytest.param(
            "windows:\n  odd: 9-5\n" + STEP,
            ["j.yml:2: odd has no hours. Write mon-fri: '09:00-19:00'"],
            id="a window without days",
        ),
        pytest.param(
            'windows:\n  always: {mon-fri: "09:00-19:00"}\n' + STEP,
            ["j.yml:2: always exists already, and means any hour. Give it another name"],
            id="another always",
        ),
        pytest.param(
            "windows:\n  calls:\n    lunes: 9-5\n" + STEP,
            ["j.yml:3: 'lunes' is no day. Write mon, sat or mon-fri"],
            id="no day",
        ),
        pytest.param(
            STEP + STEP.partition("\n")[2],
            [
                "j.yml:2: two steps are called day_3. Give one another name",
                "j.yml:5: two steps are called day_3. Give one another name",
                "j.yml:6: day_3 does not come after day_3. Write them in order",
            ],
            id="two steps with one name",
        ),
        pytest.param(
            'windows:\n  week: {mon-fri: "09:00-19:00"}\nmeeting:\n'
            "  - name: reminder\n    before: 24 hours\n    channel: sms\n    window: week\n",
            [
                (
                    "j.yml:5: reminder could come after its meeting. "
                    "week may be closed for 3 days 14 hours"
                )
            ],
            id="a reminder after its meeting",
        ),
        pytest.param(
            'windows:\n  daily: {mon-sun: "08:00-21:00"}\nmeeting:\n'
            "  - name: reminder\n    before: 24 hours\n    channel: sms\n    window: daily\n",
            [
                (
                    "j.yml:5: reminder could come after its meeting. "
                    "daily may be closed for 1 day 11 hours"
                )
            ],
            id="a reminder after its meeting, on a holiday",
        ),
        pytest.param(
            "meeting:\n  - name: reminder\n    before: 0 hours\n    channel: sms\n",
            ["j.yml:3: reminder could come after its meeting. Write more than 0 seconds"],
            id="a reminder when it begins",
        ),
        pytest.param(
            "meeting:\n  - name: reminder\n    before: 1 day\n    after: 1 day\n    channel: sms\n",
            [
                (
                    "j.yml:2: write exactly one of on_booking: true, on_cancel: true, "
                    "on_no_show: true, before: … and after: …"
                )
            ],
            id="two times",
        ),
        pytest.param(
            STEP.replace("channel: whatsapp", "channels: []"),
            ["j.yml:4: day_3 has no channel. Possible are: email, call, whatsapp, sms"],
            id="no channel",
        ),
        pytest.param(
            STEP.replace("channel: whatsapp", "channels: [whatsapp, whatsapp]"),
            ["j.yml:4: day_3 has a channel twice. Name each channel once"],
            id="a channel twice",
        ),
        pytest.param(
            STEP + "    channels: [sms]\n",
            ["j.yml:2: channel and channels are the same. Keep one of them"],
            id="channel and channels",
        ),
        pytest.param(
            STEP.replace("3 days", "99999999999 days"),
            ["j.yml:3: '99999999999 days' is too long. Ten years are the most"],
            id="too long",
        ),
        pytest.param(
            "&it [*it]", ["j.yml:1: no YAML: cannot be read"], id="an alias that contains itself"
        ),
        pytest.param(
            STEP.replace("3 days", "2026-99-99"),
            ["j.yml:1: no YAML: month must be in 1..12"],
            id="an invalid date",
        ),
        pytest.param(
            STEP + "    after: 4 days\n",
            ["j.yml:5: after comes twice. Keep one of them"],
            id="a key twice",
        ),
        pytest.param(STEP.replace("    after", "   after"), NO_YAML, id="no YAML"),
        pytest.param(
            "",
            ["j.yml:1: a journey is a list of sections. Begin with first_contact:"],
            id="empty",
        ),
        pytest.param(
            STEP + "    late: {rule: nextwindow, limit: 1 day}\n",
            ["j.yml:5: 'nextwindow' is not possible here. Did you mean next_window?"],
            id="unknown rule",
        ),
        pytest.param(
            STEP + "on_return: restrt\n",
            ["j.yml:5: 'restrt' is not possible here. Did you mean restart?"],
            id="unknown return",
        ),
        pytest.param(
            "on_return: join\nwindows: 9-5\n" + STEP,
            ["j.yml:2: windows are hours by name. Write calls: {mon-fri: '09:00-19:00'}"],
            id="windows without names",
        ),
        pytest.param(
            'windows:\n  odd: {mon: "09:00-12:00", mon-fri: "11:00-14:00"}\n' + STEP,
            ["j.yml:2: two spans of mon overlap. Write each hour once"],
            id="hours of two lines that overlap",
        ),
        pytest.param(
            STEP + "  - after: 4 days\n    name: day_3\n    channel: whatsapp\n",
            [
                "j.yml:2: two steps are called day_3. Give one another name",
                "j.yml:6: two steps are called day_3. Give one another name",
            ],
            id="one name twice, on the lines of the names",
        ),
        pytest.param(
            "first_contact: call\n" + STEP.replace("3 days", "3 dias"),
            [
                "j.yml:1: first_contact is a list of steps. Begin each with a dash: - name: …",
                "j.yml:4: '3 dias' is no duration. Write it like 3 days, 24 hours or 30 minutes",
            ],
            id="no list of steps, and a mistake after it",
        ),
        pytest.param(
            "\n- call\n",
            ["j.yml:1: a journey is a list of sections. Begin with first_contact:"],
            id="a list",
        ),
        pytest.param(
            "\n\non_return: join\n",
            ["j.yml:1: there is no step. Begin with first_contact:"],
            id="no step",
        ),
        pytest.param(
            STEP.replace(
                "  - name: day_3\n    after: 3 days", "  - after: 3 days\n    name: Day 3"
            ),
            ["j.yml:3: 'Day 3' is no name. Use small letters, digits and _, such as day_3"],
            id="no name",
        ),
        pytest.param(
            "follow_up:\n  - after: 3 days\n    name: day_7\n    channel: sms\n",
            ["j.yml:3: there is no text day_7 for sms. Did you mean day_3?"],
            id="an unknown text, on the line of the name",
        ),
        pytest.param(
            STEP + "    template: precios\n",
            [
                (
                    "j.yml:5: WhatsApp needs an approved template for precios. "
                    "Add precios=HX… to TWILIO_CONTENT_SIDS"
                ),
                f"j.yml:5: there is no text precios for whatsapp. There are: {WHATSAPP}",
            ],
            id="a text with no similar name",
        ),
        pytest.param(
            'windows:\n  a: {mon: "09:00-10:00"}\n  b: {mon: "09:00-10:00"}\n'
            + STEP
            + "    window: nights\n",
            ["j.yml:8: there is no window nights. There are: a, always, b"],
            id="windows with no similar name",
        ),
        pytest.param(
            'windows:\n  odd: {mon: "09:00-10:00", tue-: "09:00-10:00"}\n'
            + STEP
            + "    window: ode\n",
            [
                "j.yml:2: 'tue-' is no day. Did you mean tue?",
                "j.yml:7: there is no window ode. There are: always",
            ],
            id="a window that is broken is not suggested",
        ),
        pytest.param(
            'windows:\n  odd: {mon-friday: "09:00-10:00"}\n' + STEP,
            ["j.yml:2: 'mon-friday' is no day. Did you mean mon-fri?"],
            id="a span of days",
        ),
        pytest.param(
            STEP + "    late: {rul: skip}\n",
            ["j.yml:5: rul is not known here. Did you mean rule?"],
            id="an unknown key of a rule",
        ),
        pytest.param(
            STEP + "    late: {xyz: skip}\n",
            ["j.yml:5: xyz is not known here. Known are: limit, rule"],
            id="an unknown key that is like none",
        ),
        pytest.param(
            STEP.replace("channel:", "chanel:"),
            [
                "j.yml:2: channels is missing",
                "j.yml:4: chanel is not known here. Did you mean channel?",
            ],
            id="a misspelt channel",
        ),
        pytest.param(
            STEP.replace("whatsapp", "télex"),
            ["j.yml:4: 'télex' is not possible here. Possible are: email, call, whatsapp, sms"],
            id="a channel that is like none",
        ),
        pytest.param(
            STEP.replace("channel: whatsapp", "channels: [sms, fax]"),
            ["j.yml:4: 'fax' is not possible here. Possible are: email, call, whatsapp, sms"],
            id="an unknown channel among others",
        ),
        pytest.param(
            "follow_up:\n  - 7\n",
            ["j.yml:2: 7: Input should be a valid dictionary or instance of FollowUpStep"],
            id="no step at all",
        ),
        pytest.param(
            "meeting:\n  - before: 0 hours\n    name: reminder\n    channel: sms\n"
            '    window: nights\nwindows:\n  nights: {mon: "22:00-23:00"}\n',
            ["j.yml:5: reminder can never go out. nights leaves no time between 08:00 and 21:00"],
            id="on the line of its window",
        ),
    ],
)
def test_a_mistake(text: str, expected: list[str]) -> None:
    assert mistakes(text) == expected


def test_every_mistake_is_reported_at_once() -> None:
    text = STEP.replace("whatsapp", "fax") + (
        "  - name: day_6\n    after: 6 dias\n    channel: email\nmeeting:\n"
        "  - name: confirmacion\n    on_booking: true\n    channel: email\n    windw: always\n"
    )

    assert [line.partition(" ")[0] for line in mistakes(text)] == [
        "j.yml:4:",
        "j.yml:6:",
        "j.yml:12:",
    ]


def test_a_reminder_in_hours_that_are_open_on_holidays_comes_in_time() -> None:
    text = 'windows:\n  daily: {mon-sun: "08:00-21:00", holidays: open}\nmeeting:\n'

    assert read(
        text + "  - {name: reminder, before: 24 hours, channel: sms, window: daily}\n"
    ).meeting


def test_all_mistakes_are_lines_of_one_error() -> None:
    with pytest.raises(InvalidJourney) as invalid:
        read(STEP.replace("whatsapp", "whatsap").replace("3 days", "3 dias"))

    assert str(invalid.value) == (
        "\nj.yml:3: '3 dias' is no duration. Write it like 3 days, 24 hours or 30 minutes"
        "\nj.yml:4: 'whatsap' is not possible here. Did you mean whatsapp?"
    )


def test_a_version_of_the_file_is_known_by_its_hash() -> None:
    assert journey_hash("ñ") == hashlib.sha256(b"\xc3\xb1").hexdigest()


def test_a_text_has_all_its_parts(tmp_path: Path) -> None:
    files = [
        "email/whole.txt",
        "email/whole.mjml",
        "email/plain.txt",
        "email/drawn.mjml",
        "voice/both.txt",
        "voice/both_voicemail.txt",
        "voice/spoken.txt",
        "sms/short.txt",
    ]
    for file in files:
        path = tmp_path / "es-MX" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert templates_in(tmp_path, "es-MX") == {
        Channel.EMAIL: {"whole"},
        Channel.CALL: {"both"},
        Channel.WHATSAPP: set(),
        Channel.SMS: {"short"},
    }


def test_a_channel_without_any_text_is_said_so() -> None:
    with pytest.raises(InvalidJourney, match=r"there is no text day_3 for whatsapp\. There are: $"):
        read_journey(STEP, name="j.yml", templates={}, content_sids=None)


def test_a_demonstration_needs_no_approved_template() -> None:
    assert read("demonstration: true\n" + STEP, content_sids=set()).demonstration


@pytest.mark.parametrize("written", ["any_hour: true\n", "day: 20 seconds\n"])
def test_only_a_demonstration_shortens_days_or_leaves_the_hours_out(written: str) -> None:
    assert read("demonstration: true\n" + written + STEP).demonstration
    with pytest.raises(InvalidJourney, match="for a demonstration"):
        read(written + STEP)


def test_whatsapp_needs_an_approved_template() -> None:
    text = STEP + "    template: booking_link\n"

    assert mistakes(text, content_sids={"day_3"}) == [
        f"j.yml:5: WhatsApp needs an approved template for booking_link. {ADD}"
    ]


def test_a_call_needs_the_template_of_the_link_that_it_offers() -> None:
    text = "first_contact:\n  - {name: welcome, channels: [call, sms]}\n"

    assert read(text, content_sids={"booking_link"}).first_contact
    assert mistakes(text, content_sids={"welcome"}) == [
        f"j.yml:2: WhatsApp needs an approved template for booking_link. {ADD}"
    ]


def test_unknown_approved_templates_are_not_missed() -> None:
    assert read(STEP, content_sids=None).follow_up


@pytest.mark.parametrize(
    ("written", "meant"),
    [("", "restart"), ("on_return: restart\n", "restart"), ("on_return: join\n", "join")],
)
def test_the_rule_for_a_lead_who_returns(written: str, meant: str) -> None:
    assert read(STEP + written).on_return == meant


@given(st.integers(0, 10_000_000))
def test_a_duration_is_read_as_it_is_formatted(seconds: int) -> None:
    text = STEP.replace("3 days", format_duration(timedelta(seconds=seconds)))
    [step] = read(text).follow_up

    assert step.after == timedelta(seconds=seconds)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for written in (text, f"follow_up: {text}", f"windows:\n  calls: {text}\n"):
        with contextlib.suppress(InvalidJourney):
            read(written)
