"""Writes one log line per action, as JSON or coloured, with its trace and no personal data."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from kit.errors import describe, where
from kit.masking import mask
from kit.observability.tracing import trace_id

Line = MutableMapping[str, Any]


def _with_trace(_: Any, __: str, line: Line) -> Line:
    if (trace := trace_id()) is not None:
        line.setdefault("trace", trace)
    return line


def _without_personal_data(_: Any, __: str, line: Line) -> Line:
    for key, value in line.items():
        if isinstance(value, str) and key not in ("timestamp", "trace"):
            line[key] = mask(value)
    return line


def _with_error(_: Any, __: str, line: Line) -> Line:
    """Replaces an exception by its name and its frames: its message may quote personal data."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line["error"] = describe(error)
        line["where"] = where(error)
    return line


def start_logging(service: str, form: str) -> None:
    """Sends the lines of structlog and of the libraries to standard output.

    `form` is `json` or `console`.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
        _with_error,
        _without_personal_data,
    ]
    final = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, final],
        # straight to the stream: the way through the standard library costs twice as much
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "aio_pika", "aiormq", "twilio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    for server in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(server)
        logger.handlers = []
        logger.propagate = True
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service)
