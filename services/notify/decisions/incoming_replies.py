"""Decides what a message asks for that a provider delivered, with what its headers and subject say.

An automatic answer is ignored whatever its sentences say. Only a stop word that is its whole text,
first line or subject stops: no automatic answer is that short, but mail programs that unsubscribe
for a person mark what they send as automatic. A mail that is only marked as bulk may well be a
person's, behind a company's mail server: its stops are obeyed like anybody's.
"""

from dataclasses import replace

from contracts.events.reply import Intent
from contracts.events.touch import Channel
from domain.phone import NO_REGION, to_e164
from domain.replies import IncomingReply
from services.notify.decisions.replies import STOPS, Reading, read_reply, stop_word

# what somebody writes who knows us already, or no longer wants to
NO_INQUIRIES = {*STOPS, Intent.OPT_IN, Intent.NO_INTEREST, Intent.AUTOMATIC, Intent.MEETING_CHANGE}


def read_incoming(reply: IncomingReply, *, answers_meeting: bool) -> Reading:
    """Returns what a message asks for.

    `answers_meeting`: the message that it answers was about a meeting.
    """
    if reply.opts_out:
        return Reading(Intent.STOP)
    if reply.automatic:
        return _stop_in_automatic(reply) or Reading(Intent.AUTOMATIC)
    reading = _read_mail(reply.subject, reply.text, answers_meeting=answers_meeting)
    if reply.bulk and reading.intent not in STOPS:
        return Reading(Intent.AUTOMATIC)
    if not reply.text.strip():
        return replace(reading, intent=Intent.REVIEW)
    if reading.intent is Intent.WANTS_LINK and reply.channel is Channel.EMAIL:
        return replace(reading, intent=Intent.QUESTION)  # the link goes to phones only
    return reading


def inquirer(reply: IncomingReply, intent: Intent) -> str | None:
    """Returns the number of somebody whom no lead matches and whose message begins a lead.

    None where it is an answer to a message of ours, or its number cannot be written to. WhatsApp
    writes some numbers in an older form, in which nobody can be called.
    """
    if reply.address is None or reply.answers or intent in NO_INQUIRIES:
        return None
    if reply.channel not in (Channel.WHATSAPP, Channel.SMS):
        return None
    return to_e164(reply.address, NO_REGION)


def _stop_in_automatic(reply: IncomingReply) -> Reading | None:
    if by_subject := stop_word(reply.subject):
        return replace(by_subject, by_subject=True)
    return stop_word(reply.text)


def _read_mail(subject: str, text: str, *, answers_meeting: bool = False) -> Reading:
    """Returns what a mail asks for, by its text, or by its subject where that asks for more.

    A short subject of an answer may be ours, so that few intents are read in it.
    """
    reading = read_reply(text, answers_meeting=answers_meeting)
    if not subject or reading.intent in STOPS:
        return reading
    beside = replace(read_reply(subject, answers_meeting=answers_meeting), by_subject=True)
    if beside.intent in STOPS:
        return beside
    is_brief = reading.intent in (Intent.THANKS, Intent.OTHER)
    if is_brief and beside.intent in (Intent.MEETING_CHANGE, Intent.OPT_IN):
        return beside
    return reading
