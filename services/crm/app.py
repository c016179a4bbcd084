"""Composition root of crm."""

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from fastapi import FastAPI

from kit.circuit_breaker import CircuitBreaker
from kit.clock import now
from kit.failed_work import carry_out
from kit.http_client import BoundedClient
from kit.leader import Leader
from kit.messaging.outbox import publish
from kit.outbound_switch import OutboundSwitch
from kit.runtime import build_runtime, make_app, with_tracing
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from services.crm.consumers import PUBLISHES, router
from services.crm.deps import Deps
from services.crm.guarded_job import GuardedJob
from services.crm.http import routes
from services.crm.jobs import jobs
from services.crm.repositories.appointments import BookingLock
from services.crm.repositories.failed_rows import ROWS
from services.crm.repositories.tokens import TokenRepository
from services.crm.settings import Settings
from services.crm.tokens import TokenKeeper
from services.crm.use_cases.kommo_progress import KommoProgress
from services.crm.use_cases.match_booking import BookingMatcher
from services.crm.use_cases.poll_calcom import poll_calcom
from services.crm.use_cases.sync_kommo import KommoSync

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Returns crm."""
    settings = settings or Settings()
    runtime = build_runtime("crm", settings)
    database = runtime.database
    switch = OutboundSwitch(database)
    lock = BookingLock(database)
    matcher = BookingMatcher(
        secret=settings.link_secret.get_secret_value(),
        region=settings.default_region,
        event_types=settings.calcom.own_event_types(settings.booking_url),
    )

    async def open_deps() -> Deps:
        http = BoundedClient(timeout=15)
        kommo = KommoClient(
            base_url=settings.kommo.base_url,
            token=TokenKeeper(settings.kommo, TokenRepository(database), http, now),
            timeout=settings.kommo_timeout,
        )
        runtime.closing.push_async_callback(http.aclose)
        runtime.closing.push_async_callback(kommo.close)
        if settings.allow_unsigned_webhooks:
            log.warning("webhooks.unsigned_allowed", path="/api/calcom")
        calcom = calcom_client()
        return Deps(
            settings=settings,
            database=database,
            lock=lock,
            matcher=matcher,
            carry_out=partial(carry_out, database, service="crm", rows=ROWS),
            switch=switch,
            kommo_sync=kommo_sync(kommo),
            calcom=calcom,
            calcom_poll=calcom_poll(calcom) if calcom is not None else None,
        )

    def kommo_sync(kommo: KommoClient) -> Leader:
        sync = KommoSync(database, KommoProgress(database), kommo, settings)
        return Leader(
            dsn=settings.dsn,
            name="kommo_sync",
            job=guarded("kommo", sync.run_once),
            elected=sync.elected,
        )

    def calcom_client() -> CalcomClient | None:
        calcom = settings.calcom
        if not calcom.api_keys:
            return None
        client = CalcomClient(
            base_url=calcom.api_url, api_keys=calcom.api_keys, teams=calcom.team_list
        )
        runtime.closing.push_async_callback(client.close)
        return client

    def calcom_poll(calcom: CalcomClient) -> Leader:
        poll = partial(poll_calcom, calcom, database, lock=lock, matcher=matcher)
        return Leader(
            dsn=settings.dsn,
            name="poll_calcom",
            job=guarded("calcom", poll),
            pause=settings.calcom.poll_seconds,
        )

    def guarded(provider: str, job: Callable[[], Awaitable[bool | None]]) -> GuardedJob:
        return GuardedJob(
            job,
            breaker=CircuitBreaker(provider, failure_threshold=1),
            switch=switch,
            publish=partial(publish, database),
        )

    app = make_app(
        runtime,
        open_deps=open_deps,
        handlers=router,
        routes=[routes],
        jobs=jobs,
        publishes=PUBLISHES,
    )
    return with_tracing(app, runtime, keys_below=("/webhooks/kommo/",))
