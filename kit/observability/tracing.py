"""Carries the W3C trace of an action, and exports spans where a collector is configured."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_provider: Any = None


def start_exporting(service: str, endpoint: str | None) -> Any:
    """Returns the tracer provider that sends spans to `endpoint` (OTLP over HTTP).

    Without an endpoint it returns None and does not load the libraries, because they cost each
    process some ten megabytes.
    """
    global _provider  # noqa: PLW0603 - one process, one exporter
    if endpoint is None:
        return None
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(resource=Resource.create({"service.name": service}))
    _provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces"))
    )
    trace.set_tracer_provider(_provider)
    return _provider


def stop_exporting() -> None:
    """Sends the spans that still wait; does nothing where traces are not exported."""
    if _provider is not None:
        _provider.shutdown()


def current() -> str:
    """Returns the traceparent to pass on: the open span's, else the received one or a new one."""
    if _provider is not None:
        from opentelemetry import propagate

        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        if "traceparent" in carrier:
            return carrier["traceparent"]
    return _current.get() or f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def trace_id() -> str | None:
    """Returns the trace that this task is part of, in hexadecimal; None where it has none."""
    traceparent = _current.get()
    return traceparent.split("-")[1] if traceparent else None


@contextmanager
def continued(headers: Mapping[str, Any]) -> Iterator[str]:
    """Makes the trace named in `headers` the current one; begins a trace where none is named."""
    given = headers.get("traceparent")
    traceparent = given if isinstance(given, str) and _TRACEPARENT.fullmatch(given) else current()
    token = _current.set(traceparent)
    try:
        yield traceparent
    finally:
        _current.reset(token)


def hide_key(prefixes: Sequence[str], span: Any, scope: Mapping[str, Any]) -> None:
    """Replaces what follows one of `prefixes` in the request's path, wherever its span has it."""
    prefix = next((prefix for prefix in prefixes if scope["path"].startswith(prefix)), None)
    if prefix is None:
        return
    hidden = f"{prefix}…"
    span.update_name(f"{scope['method']} {hidden}")
    for name in ("http.target", "http.url", "url.path", "url.full"):
        span.set_attribute(name, hidden)
