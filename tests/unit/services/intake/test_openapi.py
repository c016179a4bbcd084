"""Intake answers any request as its OpenAPI document says, and never with a 5xx."""

import os
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from pauta.running.compose_file import read_recipes
from pauta.running.servers import free_ports, wait_until
from services.intake.app import create_app
from services.intake.decisions.persons import Conflict, NewLead, Replay, Verdict
from services.intake.use_cases.accept_submissions import Received

LIMITLESS = {
    "LEAD_RATE_LIMIT": "1000000/second",
    "FORM_REDIRECT_URL": "https://www.example.com/gracias",
}


class Acceptor:
    """Accepts everything, and knows two idempotency keys and every short key of a source.

    Other tests use a real repository.
    """

    async def accept(self, received: Received) -> Verdict:
        match received.submission.key:
            case "taken":
                return Conflict()
            case "again":
                return Replay(1)
            case _:
                return NewLead(1, 1)

    async def source_of(self, key: str) -> str | None:
        return None if len(key) > 4 else "landing"


with patch.dict(os.environ, read_recipes(LIMITLESS)["intake"].environment):
    APP = create_app(accept=Acceptor().accept, source_of=Acceptor().source_of)
# the doors; the operators' routes are not reachable from outside
SCHEMA = schemathesis.openapi.from_dict(APP.openapi()).include(path_regex="^/api/lead")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serves intake as in production, on a free port, without its database and its broker."""
    [port] = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(APP, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, "intake")
    with patch("services.intake.http.lead.keep_refused", AsyncMock()):  # it needs the database
        yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


# the warning is schemathesis's own
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@SCHEMA.parametrize()
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_documented(case: schemathesis.Case[Any], address: str) -> None:
    """Runs nearly every check: status, content type, headers, body, no 5xx, bad data refused."""
    # a schema cannot express which phones can be dialled
    unfit: Any = CHECKS.get_one("positive_data_acceptance")
    excluded = [unfit]
    if case.path.endswith("{key}") or "X-Source-Key" in (case.headers or {}):
        # what a source sends is kept, even if it cannot be read
        excluded.append(CHECKS.get_one("negative_data_rejection"))
    case.call_and_validate(base_url=address, excluded_checks=excluded, allow_redirects=False)
