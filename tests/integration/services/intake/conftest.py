"""Fixtures: intake's routes and jobs on a new database, and Meta as a page of answers."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import httpx
import pytest_asyncio
from fastapi import FastAPI
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry, Counter

from kit.database import Database
from pauta.running.compose_file import read_recipes
from services.intake.decisions.persons import Verdict
from services.intake.deps import Deps, Limits
from services.intake.http import deliveries, webhooks
from services.intake.http.operators import operators
from services.intake.meta import MetaReader
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received, accept_submissions
from services.intake.use_cases.find_source import find_source
from services.intake.use_cases.process_deliveries import process_due_deliveries
from sources.meta.client import MetaClient
from sources.overrides import read_overrides
from tests.databases import new_database

GRAPH = "http://graph.test"
OVERRIDES = "meta:\n  '77':\n    ¿a_qué_te_dedicas?: empresa\n"


@dataclass
class Graph:
    """Meta's Graph API: leads by id, forms by page, and an error that answers everything."""

    leads: dict[str, dict[str, object]] = field(default_factory=dict)
    error: int | None = None
    token_valid: bool = True
    subscribed: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/v25.0/")[2]
        self.asked.append(f"{request.method} {path}")
        if self.error is not None:
            return httpx.Response(400, json={"error": {"code": self.error}})
        if path == "debug_token":
            scopes = ["leads_retrieval", "pages_manage_metadata"]
            token = {"app_id": "1", "is_valid": self.token_valid, "scopes": scopes}
            return httpx.Response(200, json={"data": token})
        if path.endswith("/subscribed_apps"):
            if request.method == "POST":
                self.subscribed = True
                return httpx.Response(200, json={"success": True})
            apps = [{"id": "1", "subscribed_fields": ["leadgen"]}] if self.subscribed else []
            return httpx.Response(200, json={"data": apps})
        if path.endswith("/leadgen_forms"):
            return httpx.Response(200, json={"data": [{"id": "77", "status": "ACTIVE"}]})
        if path.endswith("/leads"):
            [since] = json.loads(request.url.params["filtering"])
            after = [lead for lead in self.leads.values() if int(str(lead["at"])) > since["value"]]
            return httpx.Response(200, json={"data": after})
        if not path:
            wanted = request.url.params["ids"].split(",")
            if not self.leads.keys() >= set(wanted):
                return httpx.Response(404, json={"error": {"code": 803}})
            return httpx.Response(200, json={lead: self.leads[lead] for lead in wanted})
        if path in self.leads:
            return httpx.Response(200, json=self.leads[path])
        return httpx.Response(400, json={"error": {"code": 100, "error_subcode": 33}})


@dataclass(frozen=True)
class Intake:
    """intake without its broker: what it would publish waits in the outbox."""

    deps: Deps
    graph: Graph
    http: httpx.AsyncClient

    async def process(self) -> None:
        """Processes every delivery that is due."""
        while await process_due_deliveries(self.deps):
            pass

    async def published(self, topic: str) -> list[dict[str, object]]:
        rows = await self.deps.database.fetch(
            "select body from outbox where routing_key = $1 order by id", topic
        )
        return [json.loads(row["body"]) for row in rows]

    async def states(self) -> list[tuple[str, str]]:
        rows = await self.deps.database.fetch(
            "select state, outcome from deliveries order by delivery_id"
        )
        return [(row["state"], row["outcome"]) for row in rows]

    async def make_due(self) -> None:
        await self.deps.database.fetch("update deliveries set next_attempt_at = now()")


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = Database(await new_database(dsn, "intake"), connections=4)
    await opened.open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def make_intake(database: Database) -> AsyncIterator[Callable[[], Intake]]:
    graph = Graph()
    with patch.dict(os.environ, dict(read_recipes({})["intake"].environment), clear=True):
        settings = Settings()

    async def accept(received: Received) -> Verdict:
        [verdict] = await accept_submissions(database, [received])
        return verdict

    async with httpx.AsyncClient(transport=httpx.MockTransport(graph.answer)) as outside:

        def make() -> Intake:
            """Returns a process of intake, as it is after a start."""
            registry = CollectorRegistry()
            client = MetaClient(
                base_url=GRAPH, version="v25.0", token="t", app_secret="s", http=outside
            )
            deps = Deps(
                settings=settings,
                database=database,
                accept=accept,
                source_of=partial(find_source, database),
                failed_work=_nothing,
                limiter=SlidingWindowCounterRateLimiter(MemoryStorage()),
                limits=Limits.of(settings),
                answers=Counter("answers", "a", ["status"], registry=registry),
                deliveries=Counter("deliveries", "d", ["source", "result"], registry=registry),
                overrides=read_overrides(OVERRIDES, name="sources.yml"),
                meta=MetaReader(client, database),
                deliveries_due=asyncio.Event(),
                imports_due=asyncio.Event(),
            )
            app = FastAPI()
            for routes in (webhooks.routes, operators, deliveries.routes):
                app.include_router(routes)
            app.state.deps = deps
            transport = httpx.ASGITransport(app)
            return Intake(deps, graph, httpx.AsyncClient(transport=transport, base_url="http://i"))

        yield make


async def _nothing(_: object) -> None: ...


@pytest_asyncio.fixture
async def intake(make_intake: Callable[[], Intake]) -> AsyncIterator[Intake]:
    made = make_intake()
    yield made
    await made.http.aclose()


def without(intake: Intake, **variables: Any) -> None:
    """Replaces settings of the running intake."""
    swap(intake, settings=intake.deps.settings.model_copy(update=variables))


def swap(intake: Intake, **parts: Any) -> None:
    """Replaces what the routes of the running intake are given."""
    intake.http._transport.app.state.deps = replace(intake.deps, **parts)  # type: ignore[attr-defined]
