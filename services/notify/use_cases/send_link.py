"""Sends the booking link to a person who asked for it, during a call or in a message."""

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel
from services.notify.decisions.first_contact import asked_for_link
from services.notify.decisions.keys import link_run
from services.notify.deps import Deps
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.find_form import find_form

HOUR = 3600


async def send_link(event: ReplyReceived, deps: Deps) -> None:
    """Delivers the link if the reply asks for it: once for each call, else at most once an hour.

    Raises Unavailable for an unknown lead.
    """
    if event.intent is not Intent.WANTS_LINK:
        return
    form = await find_form(event.lead_id, Channel.CALL, deps.database)
    by_call = event.channel is Channel.CALL
    run = link_run(event.event_id) if by_call else int(event.at.timestamp()) // HOUR
    touch = asked_for_link(event.lead_id, form, asked_at=event.at, run=run)
    await deliver(touch, form.card, deps)
