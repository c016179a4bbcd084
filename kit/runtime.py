"""The runtime every service runs in: HTTP, the bus, the outbox and the clock, started and stopped together."""

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
    """The real parts a service is built from."""

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
    """The parts of service `name`; nothing is connected yet. `scans` is as in Database. Raises UnsafeConfiguration."""
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
    """The service as one ASGI application.

    `open_deps` makes what handlers and routes are given, once the event loop runs; what it must close again it
    leaves on `runtime.closing`. Handlers receive it as `FromApp`, routes find it in `request.app.state.deps`.
    """
    if handlers is not None:
        runtime.broker.include_router(handlers)
    document(
        runtime.broker, dict.fromkeys((*publishes, WorkFailed))
    )  # the relay says that of its rows

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await runtime.database.open()
        app.state.deps = deps = await open_deps()
        runtime.broker.context.set_global("deps", deps)
        relaying = asyncio.create_task(runtime.relay.run())
        own = PeriodicJob("count_outbox", 1, partial(runtime.relay.count, runtime.database))
        running_jobs = [asyncio.create_task(run_periodically(tick)) for tick in (own, *jobs(deps))]
        consuming = asyncio.create_task(keep_consuming(runtime.broker))
        gc.collect()
        gc.freeze()  # what is loaded by now stays; looking through it again and again took 60 ms each time
        log.info("service.started")
        yield
        log.info("service.stopping")
        await _cancel(consuming)
        with contextlib.suppress(
            Exception
        ):  # whatever the broker's state, the rest must be put away too
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

    nothing: TelemetryConfig = {
        "tracing": False,
        "metrics": False,
        "logs": False,
    }  # see kit.observability.tracing
    app = Service(
        title=runtime.name, lifespan=lifespan, docs_url=None, redoc_url=None, telemetry=nothing
    )
    app.state.broker = runtime.broker
    app.trusted = proxies(runtime.settings.trusted_proxies)
    app.add_exception_handler(Unavailable, _try_again)
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


def with_tracing(app: FastAPI, runtime: ServiceRuntime) -> FastAPI:
    """Adds the HTTP side of tracing; only where traces are exported, for it costs every request."""
    if runtime.settings.otel_exporter_otlp_endpoint:
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        app.add_middleware(OpenTelemetryMiddleware, exclude_spans=["receive", "send"])
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
            ", ".join(f"{part}: {'ok' if ok else 'away'}" for part, ok in parts.items()),
            status_code=200 if all(parts.values()) else 503,
            media_type="text/plain",
        )

    return probes


async def deps_of(request: Request) -> Any:  # a plain function would be sent to a thread
    """What `open_deps` made, for the routes."""
    return request.app.state.deps


class Service(FastAPI):
    """A FastAPI application that knows who the visitor is, and whose bugs cost nobody else's request.

    Starlette answers a bug with 500 and raises it all the same; the server would then close the connection behind the
    answer, and the proxy's next request would be lost with it.
    """

    trusted: Sequence[Network] = ()  # proxies whose word about the visitor counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            believe_gateway(scope, self.trusted)
        try:
            await super().__call__(scope, receive, send)
        except Exception as bug:
            if scope["type"] != "http":
                raise
            log.error("request.failed", method=scope["method"], exc_info=bug)


async def _try_again(_: Request, outage: Exception) -> Response:
    log.warning("request.unavailable", reason=str(outage))
    return Response(status_code=503, headers={"Retry-After": "2"})


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
