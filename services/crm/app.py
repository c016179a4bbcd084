"""Composition root of crm."""

from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import structlog
from fastapi import FastAPI

from kit.circuit_breaker import Breaker
from kit.clock import now
from kit.failed_work import carry_out
from kit.leader import Leader
from kit.messaging.outbox import say
from kit.outbound_switch import Switch
from kit.runtime import make_app, make_frame, traced
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from services.crm.calcom_sync import Poll
from services.crm.consumers import SAYS, router
from services.crm.deps import Deps
from services.crm.guarded_job import Reaching
from services.crm.http import routes
from services.crm.jobs import ticks
from services.crm.kommo_sync import Worker
from services.crm.repositories.bookings import Bookings
from services.crm.repositories.erasure import erase
from services.crm.repositories.failed_rows import ROWS
from services.crm.repositories.registrations import Registrations
from services.crm.settings import Settings
from services.crm.tokens import TokenKeeper

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    frame = make_frame("crm", settings)
    switch = Switch(frame.database)

    async def open_deps() -> Deps:
        registrations = Registrations(frame.database)
        bookings = Bookings(
            frame.database, secret=settings.link_secret.get_secret_value(), region=settings.default_region
        )
        http = httpx.AsyncClient(timeout=15)
        kommo = KommoClient(
            base_url=settings.kommo.base_url,
            token=TokenKeeper(settings.kommo, registrations, http, now),
            timeout=settings.kommo_timeout,
        )
        frame.closing.push_async_callback(http.aclose)
        frame.closing.push_async_callback(kommo.close)
        worker = Worker(registrations, kommo, settings)
        if settings.allow_unsigned_webhooks:
            log.warning("webhooks.unsigned_allowed", path="/api/calcom")
        return Deps(
            settings=settings,
            registrations=registrations,
            bookings=bookings,
            erase=partial(erase, frame.database),
            carry_out=partial(carry_out, frame.database, service="crm", rows=ROWS),
            switch=switch,
            telling=Leader(
                dsn=settings.dsn,
                name="tell_kommo",
                work=reaching("kommo", worker.round),
                elected=worker.elected,
            ),
            polling=polling(bookings),
        )

    def polling(bookings: Bookings) -> Leader | None:
        calcom = settings.calcom
        if not calcom.api_key.get_secret_value():
            return None
        client = CalcomClient(base_url=calcom.api_url, api_key=calcom.api_key.get_secret_value())
        frame.closing.push_async_callback(client.close)
        work = reaching("calcom", Poll(client, bookings))
        return Leader(dsn=settings.dsn, name="poll_calcom", work=work, pause=calcom.poll_seconds)

    def reaching(company: str, work: Callable[[], Awaitable[bool | None]]) -> Reaching:
        return Reaching(work, breaker=Breaker(company, patience=1), switch=switch, say=partial(say, frame.database))

    app = make_app(frame, open_deps=open_deps, handlers=router, routes=[routes], ticks=ticks, says=SAYS)
    return traced(app, frame)
