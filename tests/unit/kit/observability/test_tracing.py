"""The trace of an action is carried in every process, and exported to a configured collector."""

import asyncio
import os
from functools import partial
from typing import Any
from unittest.mock import Mock, patch

import httpx
import pytest
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.responses import PlainTextResponse

from devtools.documents import APPS
from kit.observability import tracing
from pauta.running.compose_file import read_recipes
from tests.wire import Wire

GIVEN = f"00-{'a' * 32}-{'b' * 16}-01"


def test_a_received_trace_continues() -> None:
    with tracing.continued({"traceparent": GIVEN}):
        assert tracing.current() == GIVEN
        assert tracing.trace_id() == "a" * 32


@pytest.mark.parametrize("broken", [None, "", "x", f"00-{'0' * 32}-{'b' * 16}-01", GIVEN + "0", 7])
def test_an_invalid_trace_is_replaced(broken: object) -> None:
    with tracing.continued({"traceparent": broken}) as begun:
        assert begun != broken
        assert tracing.current() == begun
    assert tracing.trace_id() is None


async def test_spans_reach_the_collector_and_name_the_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "_provider", None)
    async with Wire() as collector:
        collector.answers(200, b"")
        provider = tracing.start_exporting("notify", collector.url + "/")
        with provider.get_tracer("test").start_as_current_span("call") as span:
            assert tracing.current().split("-")[1] == f"{span.get_span_context().trace_id:032x}"
        await asyncio.to_thread(tracing.stop_exporting)

    assert [request.path for request in collector.requests] == ["/v1/traces"]
    assert b"notify" in collector.requests[0].body


@pytest.mark.parametrize("service", APPS)
def test_every_service_can_be_traced(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_provider", None)
    recipe = read_recipes({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})[service]
    with patch.dict(os.environ, dict(recipe.environment)):
        app = APPS[service]()

    assert any("OpenTelemetry" in str(middleware) for middleware in app.user_middleware)


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("intake", "/api/lead/k3y"),
        ("crm", "/webhooks/kommo/k3y"),
        ("notify", "/baja/k3y"),
        ("notify", "/a/k3y"),
    ],
)
def test_a_service_hides_the_keys_in_its_paths(
    service: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "_provider", None)
    recipe = read_recipes({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})[service]
    with patch.dict(os.environ, dict(recipe.environment)):
        app = APPS[service]()
    [traced] = [entry for entry in app.user_middleware if "OpenTelemetry" in str(entry)]
    hook: Any = traced.kwargs["server_request_hook"]
    span = Mock()
    hook(span, {"path": path, "method": "GET"})

    assert "k3y" not in str(span.mock_calls)
    span.set_attribute.assert_called()


async def test_the_key_in_a_path_is_in_no_trace() -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app: Any = OpenTelemetryMiddleware(
        PlainTextResponse("ok"),
        exclude_spans=["receive", "send"],
        server_request_hook=partial(tracing.hide_key, ("/baja/", "/api/lead/")),
        tracer_provider=provider,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        await client.post("/api/lead/k3y?n=1")
        await client.post("/api/lead")
    with_key, without = spans.get_finished_spans()

    assert "k3y" not in with_key.to_json()
    assert (with_key.name, without.name) == ("POST /api/lead/…", "POST /api/lead")
