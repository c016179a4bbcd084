"""Composition root of the simulator: providers, ad platforms, and faults on demand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from domain.journey.settings import load_journey
from kit.clock import Clock, now
from kit.observability.logging import start_logging
from simulator.brevo import BrevoSimulator
from simulator.calcom import CalcomSimulator
from simulator.control import make_routes
from simulator.errors import ApiError, answer_error
from simulator.inboxes import People
from simulator.kommo import KommoSimulator
from simulator.phone import make_phone_routes
from simulator.settings import Settings, first
from simulator.sources.doors import Doors, make_source_routes
from simulator.sources.meta import MetaSimulator
from simulator.twilio import TwilioSimulator
from simulator.waiting import call_to_come, days_in_seconds
from simulator.whatsapp_templates import read_contents
from simulator.world import Callbacks, FaultInjectionMiddleware, World


def create_app(settings: Settings | None = None, now: Clock = now) -> ASGIApp:
    """Builds the simulator. Raises InvalidJourney when the journey file is not valid."""
    settings = settings or Settings()
    start_logging("simulator", settings.log_format)
    world = World(latency=settings.latency)
    journey, _ = load_journey(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        callbacks = Callbacks(settings.simulator_deliver_to)
        public = settings.public_base_url.rstrip("/")
        twilio = TwilioSimulator(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            inbound_url=f"{public}/webhooks/twilio/inbound",
            callbacks=callbacks,
            ring=settings.simulator_ring_seconds,
            talk=settings.simulator_talk_seconds,
            events_after=settings.simulator_events_seconds,
            prices_after=settings.simulator_prices_seconds,
            manual_ring=settings.simulator_hand_seconds,
            contents=read_contents(settings),
        )
        brevo = BrevoSimulator(
            api_key=settings.brevo_api_key,
            webhook_url=f"{public}/webhooks/brevo",
            webhook_token=settings.brevo_webhook_token,
            callbacks=callbacks,
            pause=settings.simulator_mail_seconds,
        )
        kommo = KommoSimulator(
            access_token=settings.kommo_access_token,
            refresh_token=settings.kommo_refresh_token,
            pipelines={
                settings.kommo_pipeline_id: {
                    # the stage before the first one takes no leads by the API
                    settings.kommo_status_id_inicial - 1,
                    settings.kommo_status_id_inicial,
                    settings.kommo_status_id_agendado,
                    # where robots may move leads to
                    *settings.robot_stages,
                    # won and lost, the same in every pipeline
                    142,
                    143,
                }
            },
            custom_fields={
                field_id: {"name": f"Field {field_id}", "type": "text"}
                for field_id in sorted(settings.kommo_field_ids)
            },
            incoming={settings.kommo_status_id_inicial - 1},
            callbacks=callbacks,
            webhook_url=(
                f"{public}/webhooks/kommo/{settings.kommo_webhook_token}"
                if settings.kommo_webhook_token
                else None
            ),
        )
        calcom = CalcomSimulator(
            secret=settings.calcom_webhook_secret,
            api_key=settings.calcom_api_key,
            webhook_url=f"{public}/api/calcom",
            callbacks=callbacks,
            public_url=settings.booking_url.partition("/cal/")[0] or public,
        )
        meta = MetaSimulator(
            app_secret=first(settings.meta_app_secret),
            verify_token=settings.meta_verify_token,
            page_token=settings.meta_page_token,
            pages=settings.meta_pages,
            webhook_url=f"{public}/webhooks/meta",
            callbacks=callbacks,
        )
        doors = Doors(
            public_url=public,
            region=settings.default_region,
            secrets=settings.webhook_secrets,
            callbacks=callbacks,
            meta=meta,
            twilio=twilio,
        )
        for provider in (twilio, brevo, kommo, calcom, meta):
            provider.join(world)
            app.include_router(provider.router())
        app.include_router(make_routes(world, kommo, brevo, twilio, calcom))
        app.include_router(make_source_routes(doors))
        region = settings.default_region
        zone = settings.timezone
        people = People(
            twilio,
            brevo,
            kommo,
            booking_page=settings.booking_url.partition("?")[0] or f"{public}/cal/",
            later=lambda phone: call_to_come(journey, phone, now(), zone=zone, region=region),
        )
        seconds = days_in_seconds(journey)
        app.include_router(make_phone_routes(people, doors, region=region, days_in_seconds=seconds))
        yield
        await callbacks.close()

    app = FastAPI(title="simulator", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_exception_handler(ApiError, answer_error)

    @app.get("/sandbox", include_in_schema=False)
    async def earlier_address() -> RedirectResponse:
        return RedirectResponse("/simulator", status_code=308)

    @app.get("/healthz", status_code=204)
    async def alive() -> None: ...

    return FaultInjectionMiddleware(app, world)
