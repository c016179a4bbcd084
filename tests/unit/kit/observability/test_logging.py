"""The contents of the log: service, trace and error, without personal data."""

import json
import logging
from collections.abc import Iterator

import pydantic
import pytest
import structlog

from kit.errors import describe
from kit.observability import tracing
from kit.observability.logging import start_logging


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """Restores the logging of the process, because the stream of these tests ends with them."""
    before = logging.root.handlers, logging.root.level
    yield
    logging.root.handlers, logging.root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Form(pydantic.BaseModel):
    age: int


def test_a_line_carries_service_lead_and_trace_and_nobodys_phone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_logging("notify", "json")
    with tracing.continued({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}):
        structlog.get_logger().info(
            "touch.sent", lead_id=7, to="+528112345678", mail="ana@example.com"
        )
    logging.getLogger("some.library").warning("posting to %s", "+528112345678")

    own_line, library_line = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert own_line["service"] == "notify"
    assert own_line["lead_id"] == 7
    assert own_line["trace"] == "a" * 32
    assert "8112345678" not in json.dumps([own_line, library_line])
    assert "ana@" not in json.dumps(own_line)


def test_an_error_is_named_with_its_frames_and_without_what_was_typed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_logging("notify", "json")
    typed = {"age": "@".join(["ana", "example.com"])}
    try:
        Form.model_validate(typed)
    except pydantic.ValidationError:
        structlog.get_logger().exception("message.dead_lettered")

    line = json.loads(capsys.readouterr().out)
    assert "int_parsing" in line["error"]
    assert "test_logging.py" in line["where"]
    assert "example.com" not in json.dumps(line)


def test_describing_an_error_masks_it() -> None:
    assert (
        describe(ValueError("no such number +528112345678"))
        == "ValueError: no such number +52******5678"
    )
