"""Composition root of console: makes its application from its settings."""

import asyncio
from functools import partial

from fastapi import FastAPI

from domain.journey.settings import load_journey
from kit.batcher import Batcher
from kit.disk import free_bytes
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.leader import Leader
from kit.operators import answer_only_to
from kit.runtime import build_runtime, make_app, with_tracing
from services.console.actions_log import ActionsLog
from services.console.authentication import Authenticator
from services.console.consumers import PUBLISHES, router
from services.console.dead_letters import DeadLetters
from services.console.decisions.disk import Disk
from services.console.deps import Deps
from services.console.failed_work import FailedWork
from services.console.http import api, auth, commands, doors, doors_api, error_pages
from services.console.http.pages import routes as page_routes
from services.console.intake_client import IntakeClient
from services.console.jobs import jobs
from services.console.rendering import Pages
from services.console.repositories.actions import Actions
from services.console.repositories.erasures import Erasures
from services.console.repositories.logins import Logins
from services.console.repositories.metrics import Metrics
from services.console.repositories.projections import Projections
from services.console.repositories.sessions import EndedSessions
from services.console.service_clients import ServiceClients
from services.console.session import COOKIE, MAX_AGE, Sessions
from services.console.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Returns the application.

    Raises InvalidJourney for an invalid journey file, and ValueError when no user may log in.
    """
    settings = settings or Settings()
    runtime = build_runtime("console", settings, scans=True)
    journey, _ = load_journey(settings)
    pages = Pages(zone=settings.timezone, business=settings.business_name)

    async def open_deps() -> Deps:
        secret = settings.console_secret.get_secret_value()
        erasures = Erasures(secret)
        actions = Actions(runtime.database, erasures)
        projections = Projections(runtime.database, erasures)
        metrics = Metrics(runtime.database, settings.timezone)
        dead_letters = DeadLetters(settings.broker_url, actions.publish)
        logins = Logins(runtime.database, secret)
        file = ActionsLog(
            settings.actions_log_path,
            actions,
            rotate_at=settings.actions_log_rotate_at,
            keep=settings.actions_log_keep,
        )
        services = ServiceClients(
            scheduler=settings.scheduler_url,
            notify=settings.notify_url,
            scheduler_token=settings.scheduler_api_token.get_secret_value(),
            rabbitmq=settings.rabbitmq_url,
            broker_url=settings.broker_url,
        )
        runtime.closing.push_async_callback(services.close)
        intake = IntakeClient(settings.intake_url)
        runtime.closing.push_async_callback(intake.close)
        add = Batcher(actions.add)
        adding = asyncio.create_task(add.run())
        runtime.closing.callback(adding.cancel)
        return Deps(
            settings=settings,
            journey=journey,
            actions=actions,
            add=add,
            metrics=metrics,
            projections=projections,
            failed_work=FailedWork(dead_letters, metrics, actions.publish),
            failed_outbox_rows=partial(
                carry_out, runtime.database, service="console", rows=[OUTBOX_ROWS]
            ),
            services=services,
            intake=intake,
            pages=pages,
            authenticator=Authenticator(settings.users, logins),
            logins=logins,
            ended_sessions=EndedSessions(runtime.database, lasts=MAX_AGE),
            disk=lambda: Disk(full=runtime.database.full, free=free_bytes()),
            log_writer=Leader(
                dsn=settings.dsn, name="actions_log", job=file.follow, elected=file.elected
            ),
            projector=Leader(dsn=settings.dsn, name="projections", job=projections.follow),
        )

    routes = [
        api.routes,
        doors_api.routes,
        auth.routes,
        page_routes,
        commands.routes,
        doors.routes,
    ]
    app = make_app(
        runtime, open_deps=open_deps, handlers=router, routes=routes, jobs=jobs, publishes=PUBLISHES
    )
    error_pages.explain(app, pages)
    app.add_middleware(
        Sessions,
        secret_key=settings.console_secret.get_secret_value(),
        session_cookie=COOKIE,
        max_age=MAX_AGE,
        path="/console",
        same_site="lax",
    )
    answer_only_to(app, "console", addresses=settings.addresses)
    return with_tracing(app, runtime)
