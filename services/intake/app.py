"""Composition root of intake."""

import asyncio
from functools import partial
from typing import Any

from fastapi import FastAPI
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from kit.batcher import Batcher
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.runtime import build_runtime, make_app, with_tracing
from services.intake.consumers import PUBLISHES, router
from services.intake.deps import Accept, Deps
from services.intake.http import post_lead
from services.intake.jobs import jobs
from services.intake.openapi import describe_lead_route
from services.intake.repositories import Store
from services.intake.settings import Settings


def create_app(settings: Settings | None = None, accept: Accept | None = None) -> FastAPI:
    """Intake; `accept` replaces the one that stores (the benchmark's floor stores nothing)."""
    settings = settings or Settings()
    runtime = build_runtime("intake", settings)

    async def open_deps() -> Deps:
        store = Store(runtime.database)
        storing = Batcher(store.accept)
        writing = asyncio.create_task(storing.run())
        runtime.closing.callback(writing.cancel)
        return Deps(
            settings=settings,
            accept=accept or storing,
            store=store,
            failed_work=partial(carry_out, runtime.database, service="intake", rows=[OUTBOX_ROWS]),
            limiter=SlidingWindowCounterRateLimiter(MemoryStorage()),
            limit=parse(settings.lead_rate_limit),
            answers=Counter(
                "lead_answers", "Answers to POST /api/lead", ["status"], registry=runtime.registry
            ),
        )

    app = make_app(runtime, open_deps=open_deps, handlers=router, jobs=jobs, publishes=PUBLISHES)
    app.router.routes.insert(
        0, Route("/api/lead", post_lead, methods=["POST"])
    )  # the first that a request is held against
    _add_cors(app, settings)
    _document_route(app)
    return with_tracing(app, runtime)


def _add_cors(app: FastAPI, settings: Settings) -> None:
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["POST"],
            allow_headers=["Content-Type", "Idempotency-Key"],
            max_age=600,
        )


def _document_route(app: FastAPI) -> None:
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        document["paths"]["/api/lead"] = describe_lead_route()
        return document

    app.openapi = openapi  # type: ignore[method-assign]
