"""Composition root of notify."""

from functools import partial
from typing import assert_never

from fastapi import FastAPI

from contracts.events.touch import Channel
from domain.channels import facts_of
from domain.journey.contact_hours import next_opening
from domain.journey.parser import journey_hash
from domain.journey.settings import load_journey
from domain.journey.time_zones import whereabouts
from kit.circuit_breaker import CircuitBreaker
from kit.clock import now
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.messaging.broker import publish_directly
from kit.outbound_switch import OutboundSwitch
from kit.runtime import build_runtime, make_app, with_tracing
from services.notify.budget import Budget
from services.notify.consumers import PUBLISHES, router
from services.notify.content import Wording
from services.notify.crm_client import CrmClient
from services.notify.deps import Deps
from services.notify.http import operators, webhooks
from services.notify.jobs import jobs
from services.notify.journeys import Journeys
from services.notify.provider_clients import open_brevo, open_twilio
from services.notify.repositories.call_turns import CallTurns
from services.notify.repositories.touches import Touches
from services.notify.senders import CallSender, EmailSender, MessageSender, Sender
from services.notify.settings import Settings
from services.notify.use_cases.deliver import CLAIM_RULES


def create_app(settings: Settings | None = None) -> FastAPI:
    """Builds the service. Raises InvalidJourney, with every mistake in the journey file."""
    settings = settings or Settings()
    runtime = build_runtime("notify", settings, connections=12)
    journey, content = load_journey(settings, content_sids=set(settings.twilio.content_sid_of))
    if journey.demonstration and settings.twilio.is_live:
        raise ValueError(
            f"{settings.journey_path} is the journey of the demonstration, "
            "and this is a live Twilio account"
        )
    wording = Wording(settings)

    # warm the holiday and time-zone caches before the first lead arrives
    home = whereabouts(None, None, zone=settings.timezone, region=settings.default_region)
    for step in journey.first_contact:
        next_opening(now(), step, step.channels[0], journey, home)

    async def open_deps() -> Deps:
        twilio = open_twilio(settings)
        brevo = open_brevo(settings)
        runtime.closing.push_async_callback(twilio.close)
        runtime.closing.push_async_callback(brevo.close)

        def sender(channel: Channel) -> Sender:
            match channel:
                case Channel.EMAIL:
                    return EmailSender(brevo, wording, settings.answers_to)
                case Channel.CALL:
                    return CallSender(twilio, settings)
                case Channel.WHATSAPP | Channel.SMS:
                    return MessageSender(twilio, settings, wording, channel)
                case _:
                    assert_never(channel)

        crm = CrmClient(settings.crm_url, send_seconds=settings.provider_timeout)
        runtime.closing.push_async_callback(crm.close)
        budget = Budget(
            runtime.database,
            caps=settings.caps,
            prices=settings.prices,
            home=settings.default_region,
        )
        return Deps(
            settings=settings,
            journeys=Journeys(runtime.database, journey, version=journey_hash(content)),
            database=runtime.database,
            touches=Touches(runtime.database, lease=settings.touch_lease, rules=CLAIM_RULES),
            failed_work=partial(carry_out, runtime.database, service="notify", rows=[OUTBOX_ROWS]),
            crm=crm,
            senders={channel: sender(channel) for channel in Channel},
            call_events=twilio.call_events,
            turn_call=twilio.turn_call,
            bill_of=twilio.bill_of,
            breakers={channel: CircuitBreaker(facts_of(channel).provider) for channel in Channel},
            call_turns=CallTurns(runtime.database, settings.call_rate),
            budget=budget,
            switch=OutboundSwitch(runtime.database),
            wording=wording,
            publish_directly=partial(publish_directly, runtime.broker),
            now=now,
        )

    app = make_app(
        runtime,
        open_deps=open_deps,
        handlers=router,
        routes=[webhooks.routes, operators.routes],
        jobs=jobs,
        publishes=PUBLISHES,
    )
    app.add_exception_handler(webhooks.LinkEnded, webhooks.answer_ended)
    return with_tracing(app, runtime, keys_below=("/baja/", "/a/"))
