"""Composition root of intake."""

import asyncio
from functools import partial
from typing import Any

from fastapi import FastAPI
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from kit.batcher import Batcher
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.http_client import BoundedClient
from kit.runtime import build_runtime, make_app, with_tracing
from services.intake.consumers import PUBLISHES, router
from services.intake.deps import Deps, Limits, SourceFinder, SubmissionAcceptor
from services.intake.http import deliveries, webhooks
from services.intake.http.lead import post_lead
from services.intake.http.operators import operators
from services.intake.jobs import jobs
from services.intake.meta import MetaReader
from services.intake.openapi import describe_lead_routes
from services.intake.platforms import META
from services.intake.repositories.deliveries import DELIVERIES
from services.intake.repositories.imports import IMPORT_LINES
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import accept_submissions
from services.intake.use_cases.find_source import find_source
from sources.meta.client import MetaClient
from sources.overrides import load_overrides

FAILED_ROWS = (OUTBOX_ROWS, DELIVERIES, IMPORT_LINES)


class Anything(Convertor[str]):
    """Matches the rest of any path, so that nothing below a door is answered 404."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", Anything())


def create_app(
    settings: Settings | None = None,
    accept: SubmissionAcceptor | None = None,
    source_of: SourceFinder | None = None,
) -> FastAPI:
    """Returns intake.

    `accept` replaces the acceptor that stores, as the benchmark's floor does, and `source_of` what
    knows the sources' keys.
    """
    settings = settings or Settings()
    runtime = build_runtime("intake", settings)

    overrides = load_overrides(settings.sources_path)

    def open_meta() -> MetaClient | None:
        token = settings.meta.page_token.get_secret_value()
        if not token:
            return None
        http = BoundedClient(timeout=settings.provider_timeout)
        runtime.closing.push_async_callback(http.aclose)
        return MetaClient(
            base_url=settings.meta.graph_url,
            version=settings.meta.graph_version,
            token=token,
            app_secret=next(iter(settings.secrets_of(META)), ""),
            http=http,
        )

    async def open_deps() -> Deps:
        batcher = Batcher(partial(accept_submissions, runtime.database))
        batching = asyncio.create_task(batcher.run())
        runtime.closing.callback(batching.cancel)
        return Deps(
            settings=settings,
            database=runtime.database,
            accept=accept or batcher,
            source_of=source_of or partial(find_source, runtime.database),
            failed_work=partial(carry_out, runtime.database, service="intake", rows=FAILED_ROWS),
            limiter=SlidingWindowCounterRateLimiter(MemoryStorage()),
            limits=Limits.of(settings),
            answers=Counter(
                "lead_answers", "Answers to POST /api/lead", ["status"], registry=runtime.registry
            ),
            deliveries=Counter(
                "source_deliveries",
                "Requests of platforms: received, repeated or refused",
                ["source", "result"],
                registry=runtime.registry,
            ),
            overrides=overrides,
            meta=MetaReader(open_meta(), runtime.database),
            deliveries_due=asyncio.Event(),
            imports_due=asyncio.Event(),
        )

    app = make_app(
        runtime,
        open_deps=open_deps,
        handlers=router,
        routes=[webhooks.routes, operators, deliveries.routes],
        jobs=jobs,
        publishes=PUBLISHES,
    )
    # requests are matched against the routes in their order, so the busiest comes first
    app.router.routes.insert(0, Route("/api/lead", post_lead, methods=["POST"]))
    app.router.routes.insert(1, Route("/api/lead/{key:anything}", post_lead, methods=["POST"]))
    _add_cors(app, settings)
    _document_route(app)
    return with_tracing(app, runtime, keys_below=("/api/lead/",))


def _add_cors(app: FastAPI, settings: Settings) -> None:
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            max_age=600,
        )


def _document_route(app: FastAPI) -> None:
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        document["paths"] |= describe_lead_routes()
        return document

    app.openapi = openapi  # type: ignore[method-assign]
