"""Whatever comes in by a public way, it is answered as documented, and never with a 5xx."""

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from tests.e2e.test_doors import PLATFORMS, intake, signed, url
from tests.system import System

pytestmark = [
    pytest.mark.connected,
    # the warning is schemathesis's own
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning"),
]

NAMES = re.findall(
    r"\w+",
    """
    object entry changes field value leadgen_id page_id form_id created_time id time
    lead_id user_column_data column_name column_id string_value google_key is_test gcl_id
    content client_key event answers field_data leads data create_time
    event_type form_response token definition fields answers hidden variables type title ref
    eventType responseId key label options text triggerType payload submittedAt schema name email
    """,
)
WORDS = ["leadgen", "page", "form_response", "FORM_RESPONSE", "form_submission", "EMAIL"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(WORDS),
)
OBJECTS = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        VALUES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
        ),
        max_leaves=12,
    ),
    max_size=5,
)
ANYTHING = st.one_of(OBJECTS.map(lambda body: json.dumps(body).encode()), st.binary(max_size=200))
OFTEN = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


async def schema_of(system: System) -> Any:
    address = f"http://127.0.0.1:{system.replicas['intake'][0][1]}/openapi.json"
    document = (await system.http.get(address)).json()
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize("path", ["/api/lead", "/api/lead/{key}"])
async def test_every_answer_to_a_form_is_documented(system: System, path: str) -> None:
    """Runs every check but one: status, content type, headers, body, no 5xx, bad data refused."""
    operation = (await schema_of(system))[path]["POST"]
    # a schema cannot express which phones can be dialled
    unfit: Any = CHECKS.get_one("positive_data_acceptance")
    gateway = url(system, "")

    @given(case=operation.as_strategy())
    @OFTEN
    def post(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=gateway, excluded_checks=[unfit], allow_redirects=False)

    await asyncio.to_thread(post)


@pytest.mark.parametrize("source", PLATFORMS)
async def test_whatever_a_platform_signs_is_taken_and_comes_to_an_end(
    system: System, source: str
) -> None:
    address = url(system, f"/webhooks/{source}")

    @given(body=ANYTHING)
    @OFTEN
    def deliver(body: bytes) -> None:
        answer = httpx.post(address, content=body, headers=signed(source, body), timeout=15)
        taken = {200} if source != "google" else {200, 401}  # its key is inside the body
        assert answer.status_code in taken, answer.text

    await asyncio.to_thread(deliver)

    async def all_ended() -> bool:
        rows = await intake(system, "GET", f"/deliveries?source={source}&limit=200")
        # what Meta does not show yet is asked for again, for an hour
        return all(row["state"] != "received" or "code 100" in row["outcome"] for row in rows)

    await system.until(all_ended, lambda: f"a delivery of {source} is still not processed")
