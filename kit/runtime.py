"""Starts and stops the parts of a service together: HTTP, the bus, the outbox and the clock."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from faststream.rabbit import RabbitBroker, RabbitRouter
from prometheus_client import CollectorRegistry, Gauge, make_asgi_app
from starlette.types import Receive, Scope, Send

from contracts.events.failed_work import WorkFailed
from contracts.message import Message
from kit.database import NO_ROOM, Database
from kit.errors import Unavailable
from kit.failed_work import FAILURES
from kit.messaging.broker import document, keep_consuming, make_broker, quiesce
from kit.messaging.relay import Relay
from kit.observability import tracing
from kit.observability.logging import start_logging
from kit.periodic import PeriodicJob, run_periodically
from kit.production_safety import refuse_unsafe
from kit.settings import ServiceSettings
from kit.visitors import Network, believe_gateway, proxies

log = structlog.get_logger()


@dataclass
class ServiceRuntime:
    """The parts that a service is built from."""

    name: str
    settings: ServiceSettings
    registry: CollectorRegistry
    relay: Relay
    database: Database
    broker: RabbitBroker
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)


def build_runtime(
    name: str, settings: ServiceSettings, *, connections: int = 8, scans: bool = False
) -> ServiceRuntime:
    """Returns the parts of service `name`; nothing is connected yet.

    `connections` and `scans` are as in Database. Raises UnsafeConfiguration.
    """
    refuse_unsafe(settings)
    start_logging(name, settings.log_format)
    provider = tracing.start_exporting(name, settings.otel_exporter_otlp_endpoint)
    registry = CollectorRegistry()
    amqp_url = settings.broker_url
    relay = Relay(service=name, amqp_url=amqp_url, dsn=settings.dsn)
    return ServiceRuntime(
        name=name,
        settings=settings,
        registry=registry,
        relay=relay,
        database=Database(settings.dsn, connections=connections, scans=scans, on_commit=relay.wake),
        broker=make_broker(
            name,
            amqp_url=amqp_url,
            delays=settings.delays,
            registry=registry,
            tracer_provider=provider,
        ),
    )


def make_app(
    runtime: ServiceRuntime,
    *,
    open_deps: Callable[[], Awaitable[Any]],
    handlers: RabbitRouter | None = None,
    routes: Sequence[APIRouter] = (),
    jobs: Callable[[Any], Sequence[PeriodicJob]] = lambda _: (),
    publishes: Sequence[type[Message]] = (),
) -> FastAPI:
    """Returns the service as one ASGI application.

    `open_deps` makes the dependencies of handlers and routes once the event loop runs, and
    registers on `runtime.closing` the ones that must be closed. Handlers receive them by
    `FromContext("deps")`, routes by `deps_of`. `publishes` names the events for the AsyncAPI
    document.
    """
    if handlers is not None:
        runtime.broker.include_router(handlers)
    # every service publishes WorkFailed, because the relay does so for its rows
    document(runtime.broker, dict.fromkeys((*publishes, WorkFailed)))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await runtime.database.open()
        deps = await open_deps()
        app.state.deps = deps
        runtime.broker.context.set_global("deps", deps)
        relaying = asyncio.create_task(runtime.relay.run())
        count_outbox = PeriodicJob(
            "count_outbox", 1, partial(runtime.relay.count, runtime.database)
        )
        running_jobs = [
            asyncio.create_task(run_periodically(job)) for job in (count_outbox, *jobs(deps))
        ]
        consuming = asyncio.create_task(keep_consuming(runtime.broker))
        gc.collect()
        gc.freeze()  # the loaded objects stay, and each collection took 60 ms to traverse them
        log.info("service.started")
        yield
        log.info("service.stopping")
        await _cancel(consuming)
        # the other parts must be closed too, whatever the state of the broker
        with contextlib.suppress(Exception):
            await quiesce(runtime.broker)
            await runtime.broker.stop()
        await _cancel(*running_jobs)
        await runtime.relay.stop()
        await asyncio.wait([relaying], timeout=10)
        await _cancel(relaying)
        await runtime.closing.aclose()
        await runtime.database.close()
        tracing.stop_exporting()
        log.info("service.stopped")

    # FastAPI's own telemetry is off, because kit.observability replaces it
    no_telemetry: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
    app = Service(
        title=runtime.name,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=no_telemetry,
    )
    app.state.broker = runtime.broker
    app.trusted = proxies(runtime.settings.trusted_proxies)
    app.add_exception_handler(Unavailable, _answer_unavailable)
    for router in routes:
        app.include_router(router)
    app.include_router(_probes(runtime))
    app.mount("/metrics", make_asgi_app(registry=runtime.registry))
    runtime.registry.register(FAILURES)
    runtime.registry.register(NO_ROOM)
    Gauge(
        "outbox_waiting", "Events committed and not yet published", registry=runtime.registry
    ).set_function(lambda: runtime.relay.waiting)
    Gauge(
        "outbox_oldest_seconds", "Age of the oldest of them", registry=runtime.registry
    ).set_function(lambda: runtime.relay.oldest_seconds)
    Gauge(
        "relay_connected", "Whether what is committed can be published", registry=runtime.registry
    ).set_function(lambda: runtime.relay.connected)
    return app


def with_tracing(
    app: FastAPI, runtime: ServiceRuntime, *, keys_below: Sequence[str] = ()
) -> FastAPI:
    """Adds tracing of HTTP only where traces are exported, because it costs every request.

    What follows one of `keys_below` in a path is a key, and is in no trace.
    """
    if runtime.settings.otel_exporter_otlp_endpoint:
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        hook = partial(tracing.hide_key, keys_below)
        app.add_middleware(
            OpenTelemetryMiddleware, exclude_spans=["receive", "send"], server_request_hook=hook
        )
    return app


def _probes(runtime: ServiceRuntime) -> APIRouter:
    probes = APIRouter(include_in_schema=False)

    @probes.get("/healthz")
    async def alive() -> Response:
        return Response(status_code=204)

    @probes.get("/readyz")
    async def ready() -> Response:
        parts = {
            "database": await runtime.database.answers(),
            "bus": await runtime.broker.ping(1.0),
        }
        return Response(
            ", ".join(f"{part}: {'ok' if ok else 'unavailable'}" for part, ok in parts.items()),
            status_code=200 if all(parts.values()) else 503,
            media_type="text/plain",
        )

    return probes


async def deps_of(request: Request) -> Any:  # FastAPI would run a plain function in a thread
    """Returns the dependencies that `open_deps` made, for the routes."""
    return request.app.state.deps


class Service(FastAPI):
    """A FastAPI application that knows the visitor's address, and confines a bug to its request.

    Starlette answers a bug with 500 and raises it as well. The server would then close the
    connection after the answer, and the proxy's next request on it would be lost.
    """

    trusted: Sequence[Network] = ()  # the proxies whose forwarding headers are believed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            believe_gateway(scope, self.trusted)
        try:
            await super().__call__(scope, receive, send)
        except Exception as bug:
            if scope["type"] != "http":
                raise
            log.error("request.failed", method=scope["method"], exc_info=bug)


async def _answer_unavailable(_: Request, outage: Exception) -> Response:
    log.warning("request.unavailable", reason=str(outage))
    return Response(status_code=503, headers={"Retry-After": "2"})


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
