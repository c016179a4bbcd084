"""Meta's Graph API at the wire, and what its errors mean."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from kit.errors import Unavailable
from providers.errors import CredentialsRejected
from sources.meta.client import MetaClient
from sources.meta.errors import Fault, Gone, fault_of
from tests.unit.sources.examples import example

NOW = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
TOKEN = "page-token"
PROOF = hmac.new(b"app-secret", TOKEN.encode(), hashlib.sha256).hexdigest()


def a_client(answer: Callable[[httpx.Request], httpx.Response]) -> MetaClient:
    return MetaClient(
        base_url="https://graph.example/",
        version="v25.0",
        token=TOKEN,
        app_secret="app-secret",
        http=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )


def answering(body: object, status: int = 200, **headers: str) -> MetaClient:
    return a_client(lambda _: httpx.Response(status, json=body, headers=headers))


async def test_a_lead_is_fetched_with_the_token_out_of_the_address() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=example("meta-lead.json"))

    form = await a_client(answer).lead("444555666777888")

    (request,) = requests
    assert form.external_id == "444555666777888"
    assert request.url.path == "/v25.0/444555666777888"
    assert "custom_disclaimer_responses" in request.url.params["fields"]
    assert request.url.params["appsecret_proof"] == PROOF
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url)


async def test_several_leads_are_fetched_at_once() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v25.0/"
        wanted = request.url.params["ids"].split(",")
        return httpx.Response(200, json={lead: {"id": lead} for lead in wanted})

    forms = await a_client(answer).leads_by_id(["1", "2"])

    assert {lead: form.external_id for lead, form in forms.items()} == {"1": "1", "2": "2"}


async def test_the_leads_of_a_form_are_read_page_by_page() -> None:
    pages = {
        "": {"data": [{"id": "1"}], "paging": {"cursors": {"after": "a"}, "next": "https://x/?t"}},
        "a": {"data": [{"id": "2"}], "paging": {"cursors": {"after": "b"}}},
    }
    filters: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v25.0/123/leads"
        filters.append(json.loads(request.url.params["filtering"]))
        return httpx.Response(200, json=pages[request.url.params.get("after", "")])

    forms = await a_client(answer).leads("123", NOW)

    assert [form.external_id for form in forms] == ["1", "2"]
    later = {"field": "time_created", "operator": "GREATER_THAN", "value": int(NOW.timestamp())}
    assert filters == [[later], [later]]


async def test_the_forms_that_may_have_leads() -> None:
    forms = [
        {"id": 1, "status": "ACTIVE"},
        {"id": "2", "status": "ARCHIVED"},
        {"id": "3", "status": "DELETED"},
        {"id": "4", "status": "DRAFT"},
    ]

    assert await answering({"data": forms}).forms("153") == ["1", "2"]


@pytest.mark.parametrize(
    ("apps", "subscribed"),
    [
        ([], False),
        ([{"id": "1", "subscribed_fields": ["feed"]}], False),
        ([{"id": "1"}], False),
        ([{"id": "1", "subscribed_fields": ["feed", "leadgen"]}], True),
        ([{"id": 1, "subscribed_fields": ["leadgen"]}], True),
        ([{"id": "2", "subscribed_fields": ["leadgen"]}], False),  # another app's
    ],
)
async def test_the_subscription_of_a_page(apps: list[Any], subscribed: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_ours = request.url.path.endswith("/debug_token")
        return httpx.Response(200, json={"data": {"app_id": "1"} if is_ours else apps})

    assert await a_client(answer).subscription("153") is subscribed


async def test_a_page_is_subscribed() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"success": True})

    await a_client(answer).subscribe("153")

    assert [(request.method, request.url.path) for request in requests] == [
        ("POST", "/v25.0/153/subscribed_apps")
    ]
    assert requests[0].url.params["subscribed_fields"] == "leadgen"


VALID = {"is_valid": True, "scopes": ["leads_retrieval", "pages_manage_metadata"], "expires_at": 0}


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        (VALID, ""),
        ({"is_valid": False}, "the token is no longer valid"),
        (
            VALID | {"scopes": ["pages_manage_metadata"]},
            "the token lacks the permissions leads_retrieval",
        ),
        (
            VALID | {"expires_at": int(NOW.timestamp()) + 86_400},
            "the token expires on 2026-07-02",
        ),
        (VALID | {"expires_at": int(NOW.timestamp()) + 30 * 86_400}, ""),
    ],
)
async def test_the_check_of_the_token(token: dict[str, Any], problem: str) -> None:
    assert await answering({"data": token}).check(NOW) == problem


def an_error(code: int, **details: object) -> dict[str, Any]:
    return {"error": {"message": "secret text", "code": code, **details}}


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, json.loads(example("meta-error-token.json")), CredentialsRejected),
        (400, an_error(10), CredentialsRejected),
        (403, an_error(200), CredentialsRejected),
        (400, an_error(100), Gone),
        (400, an_error(33), Gone),
        (400, an_error(80004), Unavailable),
        (400, an_error(4), Unavailable),
        (500, an_error(1), Unavailable),
        (400, an_error(100, is_transient=True), Unavailable),
        (400, an_error(987654), Unavailable),
        (502, "gateway", Unavailable),
        (200, [], Unavailable),
        (200, an_error(190), CredentialsRejected),
    ],
)
async def test_a_failure_is_understood(status: int, body: object, failure: type[Exception]) -> None:
    with pytest.raises(failure) as raised:
        await answering(body, status).lead("1")

    assert type(raised.value) is failure
    assert "secret text" not in str(raised.value)


USAGE = {"901": [{"type": "pages", "estimated_time_to_regain_access": 2}, {"type": "leadgen"}]}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 300.0),
        ({"retry-after": "70"}, 70.0),
        ({"x-business-use-case-usage": json.dumps(USAGE)}, 120.0),
        ({"x-business-use-case-usage": '{"901": [{"estimated_time_to_regain_access": "x"}]}'}, 300),
        ({"x-business-use-case-usage": "[1]"}, 300.0),
        ({"x-business-use-case-usage": "?"}, 300.0),
    ],
)
async def test_when_meta_is_asked_too_often_it_is_left_in_peace(
    headers: dict[str, str], seconds: float
) -> None:
    with pytest.raises(Unavailable) as raised:
        await answering(an_error(32), 400, **headers).lead("1")

    assert raised.value.retry_after == seconds


async def test_no_answer_is_unavailable() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unavailable, match="ConnectError"):
        await a_client(answer).lead("1")


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (Fault.CREDENTIALS, (102, 190)),
        (Fault.REFUSED, (3, 10, 200, 299)),
        (Fault.THROTTLED, (4, 17, 32, 613, 80004)),
        (Fault.GONE, (33, 100)),
        (Fault.TRANSIENT, (0, 1, 2, 300, 12345)),
    ],
)
def test_what_a_code_means(fault: Fault, codes: tuple[int, ...]) -> None:
    assert {fault_of(code) for code in codes} == {fault}


@pytest.mark.parametrize(
    ("code", "fault"),
    [(190, Fault.CREDENTIALS), (4, Fault.THROTTLED), (10, Fault.TRANSIENT), (2, Fault.TRANSIENT)],
)
def test_what_may_pass_is_tried_again(code: int, fault: Fault) -> None:
    assert fault_of(code, transient=True) is fault
