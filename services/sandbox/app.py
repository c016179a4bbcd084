"""Composition root of the sandbox: four companies behind one unreliable line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from journey.settings import load_journey
from kit.clock import Clock, now
from kit.logging import start_logging
from providers.brevo import sandbox as brevo_sandbox
from providers.calcom import sandbox as calcom_sandbox
from providers.kommo import sandbox as kommo_sandbox
from providers.sandbox import Callbacks, Unreliable, World
from providers.twilio import sandbox as twilio_sandbox
from services.sandbox.contents import read_contents
from services.sandbox.people import People
from services.sandbox.phone import make_phone_routes
from services.sandbox.routes import make_routes
from services.sandbox.settings import Settings
from services.sandbox.waiting import call_to_come, days_in_seconds


def create_app(settings: Settings | None = None, now: Clock = now) -> ASGIApp:
    """Raises InvalidJourney when the journey file is not sound."""
    settings = settings or Settings()
    start_logging("sandbox", settings.log_format)
    world = World(latency=settings.latency)
    journey, _ = load_journey(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        callbacks = Callbacks(settings.sandbox_deliver_to)
        public = settings.public_base_url.rstrip("/")
        twilio = twilio_sandbox.TwilioSandbox(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            inbound_url=f"{public}/webhooks/twilio/inbound",
            callbacks=callbacks,
            ring=settings.sandbox_ring_seconds,
            talk=settings.sandbox_talk_seconds,
            events_after=settings.sandbox_events_seconds,
            patience=settings.sandbox_hand_seconds,
            contents=read_contents(settings),
        )
        brevo = brevo_sandbox.BrevoSandbox(
            api_key=settings.brevo_api_key,
            webhook_url=f"{public}/webhooks/brevo",
            webhook_token=settings.brevo_webhook_token,
            callbacks=callbacks,
            pause=settings.sandbox_mail_seconds,
        )
        kommo = kommo_sandbox.KommoSandbox(
            access_token=settings.kommo_access_token,
            refresh_token=settings.kommo_refresh_token,
            pipelines={
                settings.kommo_pipeline_id: {
                    *(settings.kommo_status_id_inicial, settings.kommo_status_id_agendado),
                    *(142, 143),  # won and lost, the same in every pipeline
                }
            },
            custom_fields={
                field
                for field in (
                    settings.kommo_field_id_empresa,
                    settings.kommo_field_id_servicio,
                    settings.kommo_field_id_fuente,
                )
                if field is not None
            },
            callbacks=callbacks,
            webhook_url=f"{public}/webhooks/kommo/{settings.kommo_webhook_token}"
            if settings.kommo_webhook_token
            else None,
        )
        calcom = calcom_sandbox.CalcomSandbox(
            secret=settings.calcom_webhook_secret,
            api_key=settings.calcom_api_key,
            webhook_url=f"{public}/api/calcom",
            callbacks=callbacks,
            public_url=settings.booking_url.partition("/cal/")[0] or public,
        )
        for company in (twilio, brevo, kommo, calcom):
            company.join(world)
            app.include_router(company.router())
        app.include_router(make_routes(world, kommo, brevo, twilio, calcom))
        region, zone = settings.default_region, settings.timezone
        people = People(
            twilio,
            brevo,
            kommo,
            booking_page=settings.booking_url.partition("?")[0] or f"{public}/cal/",
            later=lambda phone: call_to_come(journey, phone, now(), zone=zone, region=region),
        )
        seconds = days_in_seconds(journey)
        app.include_router(make_phone_routes(people, public_url=public, region=region, days_in_seconds=seconds))
        yield
        await callbacks.close()

    app = FastAPI(title="sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    for company_module in (twilio_sandbox, brevo_sandbox, kommo_sandbox, calcom_sandbox):
        app.add_exception_handler(company_module.Oops, company_module.refuse)

    @app.get("/healthz", status_code=204)
    async def alive() -> None: ...

    return Unreliable(app, world)
