"""Composition root of crm."""

from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import structlog
from fastapi import FastAPI

from kit.circuit_breaker import CircuitBreaker
from kit.clock import now
from kit.failed_work import carry_out
from kit.leader import Leader
from kit.messaging.outbox import publish
from kit.outbound_switch import OutboundSwitch
from kit.runtime import build_runtime, make_app, with_tracing
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from services.crm.calcom_sync import Poll
from services.crm.consumers import PUBLISHES, router
from services.crm.deps import Deps
from services.crm.guarded_job import GuardedJob
from services.crm.http import routes
from services.crm.jobs import jobs
from services.crm.kommo_sync import KommoSync
from services.crm.repositories.bookings import Bookings
from services.crm.repositories.erasure import erase
from services.crm.repositories.failed_rows import ROWS
from services.crm.repositories.registrations import Registrations
from services.crm.settings import Settings
from services.crm.tokens import TokenKeeper

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    runtime = build_runtime("crm", settings)
    switch = OutboundSwitch(runtime.database)

    async def open_deps() -> Deps:
        registrations = Registrations(runtime.database)
        bookings = Bookings(
            runtime.database,
            secret=settings.link_secret.get_secret_value(),
            region=settings.default_region,
        )
        http = httpx.AsyncClient(timeout=15)
        kommo = KommoClient(
            base_url=settings.kommo.base_url,
            token=TokenKeeper(settings.kommo, registrations, http, now),
            timeout=settings.kommo_timeout,
        )
        runtime.closing.push_async_callback(http.aclose)
        runtime.closing.push_async_callback(kommo.close)
        worker = KommoSync(registrations, kommo, settings)
        if settings.allow_unsigned_webhooks:
            log.warning("webhooks.unsigned_allowed", path="/api/calcom")
        return Deps(
            settings=settings,
            registrations=registrations,
            bookings=bookings,
            erase=partial(erase, runtime.database),
            carry_out=partial(carry_out, runtime.database, service="crm", rows=ROWS),
            switch=switch,
            telling=Leader(
                dsn=settings.dsn,
                name="tell_kommo",
                job=guarded("kommo", worker.round),
                elected=worker.elected,
            ),
            polling=polling(bookings),
        )

    def polling(bookings: Bookings) -> Leader | None:
        calcom = settings.calcom
        if not calcom.api_key.get_secret_value():
            return None
        client = CalcomClient(base_url=calcom.api_url, api_key=calcom.api_key.get_secret_value())
        runtime.closing.push_async_callback(client.close)
        job = guarded("calcom", Poll(client, bookings))
        return Leader(dsn=settings.dsn, name="poll_calcom", job=job, pause=calcom.poll_seconds)

    def guarded(provider: str, job: Callable[[], Awaitable[bool | None]]) -> GuardedJob:
        return GuardedJob(
            job,
            breaker=CircuitBreaker(provider, failure_threshold=1),
            switch=switch,
            publish=partial(publish, runtime.database),
        )

    app = make_app(
        runtime,
        open_deps=open_deps,
        handlers=router,
        routes=[routes],
        jobs=jobs,
        publishes=PUBLISHES,
    )
    return with_tracing(app, runtime)
