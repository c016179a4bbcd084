"""Describes each event in a line that an operator understands at a glance. Its texts are msgids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services.console.decisions.labels import CHANNELS, OWN_REASONS, PROVIDERS, REASONS
from services.console.decisions.messages import gettext_noop as _
from services.console.decisions.outages import read_outage


class Tone(StrEnum):
    """The emphasis of a line, by which its colour is chosen."""

    GOOD = "good"
    PLAIN = "plain"
    QUIET = "quiet"
    DOUBT = "doubt"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class EventDescription:
    """One line. `text`, `detail` and `channel` are msgids; the rest is shown as it is.

    `values` fill the placeholders of `detail`. Where `quoted` is true, `detail` is no msgid but
    the text of a lead, of a provider or of a person.
    """

    icon: str
    text: str
    tone: Tone = Tone.PLAIN
    detail: str = ""
    values: tuple[str, ...] = ()
    quoted: bool = False
    channel: str = ""
    step: str = ""
    by: str = ""
    name: str = ""
    touch_id: str = ""
    ref: str = ""
    again_at: str = ""
    meets_at: str = ""
    meeting_url: str = ""


DELAYED = "touch.delayed"
HELD = "touch.held"
LINK_OPENED = "link.opened"
ICONS = {"email": "✉", "call": "☎", "whatsapp": "◉", "sms": "▤"}
TOUCHES = {
    "touch.due": EventDescription("", _("Due"), Tone.QUIET),
    "touch.deferred": EventDescription("", _("Postponed"), Tone.QUIET),
    "touch.sent": EventDescription("", _("Accepted by the provider")),
    "touch.delivered": EventDescription("", _("Delivered"), Tone.GOOD),
    "touch.failed": EventDescription("", _("Not delivered"), Tone.BAD),
    "touch.skipped": EventDescription("", _("Not sent"), Tone.DOUBT),
    "touch.uncertain": EventDescription("", _("No confirmation from the provider"), Tone.DOUBT),
    "touch.checked": EventDescription("", _("Provider asked for the outcome"), Tone.QUIET),
    "touch.unresolved": EventDescription("", _("Outcome unknown: check it"), Tone.BAD),
    "touch.resolve": EventDescription("", _("Decided by an operator"), Tone.QUIET),
    "touch.resolved": EventDescription("", _("Checked by an operator")),
    HELD: EventDescription("", _("Held"), Tone.DOUBT),
    DELAYED: EventDescription("", _("Not sent yet"), Tone.DOUBT),
}
OTHERS = {
    "lead.created": EventDescription("+", _("New lead"), Tone.GOOD),
    # published by older versions
    "lead.returned": EventDescription("↻", _("Filled in a form again")),
    "lead.updated": EventDescription("↻", _("Filled in a form again")),
    "submission.held": EventDescription("⚑", _("Held for review"), Tone.DOUBT),
    "submission.accept": EventDescription("✓", _("Acceptance requested"), Tone.QUIET),
    "submission.accepted": EventDescription("✓", _("Accepted after review"), Tone.GOOD),
    "submission.discard": EventDescription("✕", _("Discarding after review requested"), Tone.QUIET),
    "submission.discarded": EventDescription("✕", _("Discarded after review"), Tone.DOUBT),
    "delivery.replay": EventDescription("↻", _("Replay of a delivery requested"), Tone.QUIET),
    "delivery.replayed": EventDescription("↻", _("Delivery replayed")),
    "source.changed": EventDescription("◇", _("A source was changed")),
    "inquiry.received": EventDescription("«", _("Somebody new wrote first"), Tone.GOOD),
    "lead.superseded": EventDescription("→", _("Follow-up continues in another lead"), Tone.QUIET),
    "lead.needs_attention": EventDescription("!", _("Needs attention"), Tone.DOUBT),
    "lead.registered": EventDescription("K", _("Registered in Kommo"), Tone.GOOD),
    "lead.registration_failed": EventDescription("K", _("Rejected by Kommo"), Tone.BAD),
    "lead.opted_out": EventDescription("⊘", _("Opted out"), Tone.BAD),
    "lead.restore": EventDescription("↺", _("Taking a stop back requested"), Tone.QUIET),
    "lead.restored": EventDescription("↺", _("Stop taken back"), Tone.GOOD),
    "lead.closed": EventDescription("■", _("Closed in Kommo")),
    "lead.paused": EventDescription("‖", _("Follow-up paused"), Tone.DOUBT),
    "lead.resumed": EventDescription("▶", _("Follow-up resumed")),
    "lead.pause": EventDescription("‖", _("Pause of the follow-up requested"), Tone.QUIET),
    "lead.resume": EventDescription("▶", _("Resumption of the follow-up requested"), Tone.QUIET),
    "lead.stop": EventDescription("⊘", _("Stop of all contact requested"), Tone.QUIET),
    "lead.erase": EventDescription("✕", _("Erasure requested"), Tone.QUIET),
    "lead.erased": EventDescription("✕", _("Personal data erased"), Tone.BAD),
    "lead.booked": EventDescription("★", _("Booked a meeting"), Tone.GOOD),
    "booking.rescheduled": EventDescription("★", _("Rescheduled the meeting")),
    "booking.updated": EventDescription("★", _("Details of the meeting changed")),
    "booking.cancelled": EventDescription("☆", _("Cancelled the meeting"), Tone.DOUBT),
    "booking.unmatched": EventDescription("☆", _("Unassigned booking"), Tone.DOUBT),
    "booking.assign": EventDescription("★", _("Assignment of a booking requested"), Tone.QUIET),
    "booking.assigned": EventDescription("★", _("Booking assigned")),
    "meeting.ended": EventDescription("★", _("Meeting ended"), Tone.GOOD),
    "cadence.finished": EventDescription(
        "■", _("Follow-up finished without a meeting"), Tone.QUIET
    ),
    "step.skip": EventDescription("↷", _("Skipping a step requested"), Tone.QUIET),
    "address.suspended": EventDescription("⊘", _("Nothing more goes to this address"), Tone.DOUBT),
    "address.restore": EventDescription("▶", _("Use of the address again requested"), Tone.QUIET),
    "address.restored": EventDescription("▶", _("The address is used again")),
    "call.answered": EventDescription("☎", _("Answered the call"), Tone.GOOD),
    "call.unanswered": EventDescription("☎", _("Did not answer"), Tone.DOUBT),
    "reply.received": EventDescription("«", _("Replied"), Tone.GOOD),
    "reply.unmatched": EventDescription("«", _("Reply from an unknown sender"), Tone.DOUBT),
    "reply.attended": EventDescription("✓", _("Reply attended"), Tone.QUIET),
    LINK_OPENED: EventDescription("↗", _("Opened the link (it seems)"), Tone.GOOD),
    "outbound.pause": EventDescription("■", _("Pause of all outbound requested"), Tone.QUIET),
    "outbound.resume": EventDescription("■", _("Resumption of outbound requested"), Tone.QUIET),
    "outbound.paused": EventDescription("■", _("Outbound paused"), Tone.BAD),
    "outbound.resumed": EventDescription("■", _("Outbound resumed"), Tone.GOOD),
    "provider.unavailable": EventDescription("!", _("Provider unavailable"), Tone.BAD),
    "provider.recovered": EventDescription("✓", _("Provider recovered"), Tone.GOOD),
    "spending.reached": EventDescription("$", _("Spending is near the cap of the day"), Tone.DOUBT),
    "dead_letter.replayed": EventDescription("↻", _("Dead letter replayed")),
    "dead_letter.discarded": EventDescription("✕", _("Dead letter discarded"), Tone.DOUBT),
    "backlog.held": EventDescription("‖", _("Overdue touches wait for your decision"), Tone.BAD),
    "backlog.released": EventDescription("▶", _("Overdue touches released")),
    "touches.release": EventDescription("▶", _("Release of held touches requested"), Tone.QUIET),
    "touches.released": EventDescription("▶", _("Held touches released")),
    "work.failed": EventDescription("!", _("A task could not be completed"), Tone.BAD),
    "work.retry": EventDescription("↻", _("Retry of failed work requested"), Tone.QUIET),
    "work.retried": EventDescription("↻", _("Failed work retried")),
    "work.discard": EventDescription("✕", _("Discarding failed work requested"), Tone.QUIET),
    "work.discarded": EventDescription("✕", _("Failed work discarded"), Tone.DOUBT),
    "backup.started": EventDescription("⎘", _("Backup started"), Tone.QUIET),
    "journey.published": EventDescription("◇", _("New version of the journey")),
}
# replies that are more, or less, than an answer
REPLIES = {
    "automatic": EventDescription("«", _("Automatic answer"), Tone.QUIET),
    "no_interest": EventDescription("«", _("Replied: not interested"), Tone.DOUBT),
    "call_back": EventDescription("☎", _("Asked to be called at another hour"), Tone.GOOD),
}
# how a new lead came in, where it was not by a form
DOORS = {
    "message": EventDescription("+", _("New lead, who wrote first"), Tone.GOOD),
    "file": EventDescription("+", _("New lead, from a file"), Tone.GOOD),
}
SOURCE_CHANGES = {
    "added": EventDescription("+", _("A source was added")),
    "key_rotated": EventDescription("↻", _("A source has a further key")),
    "key_revoked": EventDescription("⊘", _("A key of a source was revoked"), Tone.DOUBT),
}
HUNG_UP_AFTER = _("hung up after {} s")
# nobody can tell for sure who opens a link
OPENED_BY_PROGRAM = EventDescription(
    "↗", _("A program opened the link (a preview or an antivirus, it seems)"), Tone.QUIET
)
TARGETS = {
    "booking": _("the booking page"),
    "resource": _("the resource"),
    "survey": _("the survey"),
    "material": _("the material"),
    "meeting": _("the meeting"),
}
PLAIN_DETAILS = ("text", "about", "first_message", "source")


def describe_event(body: Mapping[str, Any]) -> EventDescription:
    """Returns the line for an event; one of an unknown topic is described by its topic."""
    topic = _text(body, "topic")
    channel = _text(body, "channel")
    touch = TOUCHES.get(topic)
    known = touch or _other(topic, body)
    if topic == "reply.received":
        known = REPLIES.get(_text(body, "intent"), known)
    if topic == "lead.created":
        known = DOORS.get(_text(body, "door"), known)
    if topic == "source.changed":
        known = SOURCE_CHANGES.get(_text(body, "change"), known)
    booking = body.get("booking") or {}
    card = body.get("card") or {}
    return replace(
        _with_detail(known, body),
        icon=ICONS.get(channel, "•") if touch else known.icon,
        channel=CHANNELS.get(channel, "") if touch or topic == LINK_OPENED else "",
        step=_text(body, "step"),
        by=_text(body, "by"),
        name=_text(card, "name"),
        touch_id=_text(body, "touch_id") if topic == "touch.sent" else "",
        ref=_text(body, "provider_ref"),
        again_at=_text(body, "again_at"),
        meets_at=_text(booking, "starts_at"),
        meeting_url=_text(booking, "meeting_url"),
    )


def without_earlier_delays(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the rows of a lead's events, with only the last of a touch's consecutive delays."""
    shown: list[Mapping[str, Any]] = []
    next_topic: dict[str, str] = {}
    for event in reversed(events):
        touch_id, topic = _text(event["body"], "touch_id"), _text(event["body"], "topic")
        if (topic, next_topic.get(touch_id)) != (DELAYED, DELAYED):
            shown.append(event)
        next_topic[touch_id] = topic
    return shown[::-1]


def _text(of: Any, name: str) -> str:
    value = of.get(name) if isinstance(of, Mapping) else None
    return value if isinstance(value, str) else ""


def _other(topic: str, body: Mapping[str, Any]) -> EventDescription:
    if topic == LINK_OPENED and _text(body, "opener") != "person":
        return OPENED_BY_PROGRAM
    return OTHERS.get(topic, EventDescription("•", topic or "?"))


def _with_detail(description: EventDescription, body: Mapping[str, Any]) -> EventDescription:
    topic = _text(body, "topic")
    reason = _text(body, "reason")
    if outage := read_outage(reason):
        return replace(description, detail=outage.text, values=outage.values)
    if topic == LINK_OPENED:
        return replace(description, detail=TARGETS.get(_text(body, "target"), ""))
    provider = _text(body, "provider")
    if topic == "lead.opted_out" and (quote := _text(body, "text")):
        return replace(description, detail=quote, quoted=True)
    if seconds := body.get("listened_seconds"):
        return replace(description, detail=HUNG_UP_AFTER, values=(str(seconds),))
    if (quote := _text(body, "detail")) and topic == HELD:
        return replace(description, detail=quote, quoted=True)
    known_reason = OWN_REASONS.get((topic, reason)) or REASONS.get(reason)
    if known_reason and not provider:
        return replace(description, detail=known_reason)
    quote = _provider_detail(provider, reason) if provider else reason or _quote(body)
    return replace(description, detail=quote, quoted=True)


def _provider_detail(provider: str, reason: str) -> str:
    """Returns the provider and its reason, with the provider named once."""
    name = PROVIDERS.get(provider, provider)
    company = provider.partition("_")[0]
    return f"{name}: {reason.removeprefix(f'{company}: ')}" if reason else name


def _quote(body: Mapping[str, Any]) -> str:
    if lead_id := body.get("by_lead_id"):
        return f"#{lead_id}"
    return next((text for name in PLAIN_DETAILS if (text := _text(body, name))), "")
