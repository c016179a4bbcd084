"""Kommo's client and webhooks against recorded payloads."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Unavailable
from providers.errors import CredentialsRejected, OutcomeUnknown
from providers.kommo.client import KommoClient, KommoRefused, is_kommos
from providers.kommo.models import (
    Change,
    CustomField,
    ItemError,
    KommoLead,
    Move,
    Note,
    Registered,
    Stage,
)
from providers.kommo.oauth import expiry, renew
from providers.kommo.webhooks import read_changes
from tests.wire import Wire

PROBLEM = {"title": "Bad Request", "type": "https://httpstatus.es/400", "status": 400}


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def client(wire: Wire) -> AsyncIterator[KommoClient]:
    async def token(renew: bool) -> str:
        return "new" if renew else "old"

    client = KommoClient(base_url=wire.url, token=token, timeout=0.5)
    yield client
    await client.close()


async def test_leads_with_contacts_in_one_call(client: KommoClient, wire: Wire) -> None:
    wire.answers(
        200,
        [
            {
                "id": 18452391,
                "contact_id": 22110034,
                "company_id": None,
                "request_id": ["1"],
                "merged": False,
            },
            {
                "id": 18452392,
                "contact_id": None,
                "company_id": None,
                "request_id": ["2", "3"],
                "merged": True,
            },
        ],
    )
    done = await client.add_leads_with_contacts([{"name": "a"}, {"name": "b"}, {"name": "c"}])

    assert done == [
        Registered("1", 18452391, 22110034),
        Registered("2", 18452392, None, merged=True),
        Registered("3", 18452392, None, merged=True),
    ]
    assert wire.requests[0].path == "/api/v4/leads/complex"
    assert wire.requests[0].headers["authorization"] == "Bearer old"
    assert wire.requests[0].json == [{"name": "a"}, {"name": "b"}, {"name": "c"}]


async def test_leads_of_known_contacts(client: KommoClient, wire: Wire) -> None:
    wire.answers(
        200,
        {"_links": {}, "_embedded": {"leads": [{"id": 152462, "request_id": "7", "_links": {}}]}},
    )
    [done] = await client.add_leads([{"name": "a"}])

    assert (done.request_id, done.lead_id) == ("7", 152462)


async def test_notes(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"_embedded": {"notes": [{"id": 1, "entity_id": 5, "request_id": "0"}]}})
    await client.add_notes([Note(5, "Hola")])

    assert wire.requests[0].json == [
        {"entity_id": 5, "note_type": "common", "params": {"text": "Hola"}, "request_id": "0"}
    ]


async def test_contacts_as_kommo_lists_them(client: KommoClient, wire: Wire) -> None:
    fields = [
        {
            "field_id": 1,
            "field_code": "PHONE",
            "values": [{"value": "+52 81 1234 5678", "enum_code": "WORK"}],
        },
        {
            "field_id": 2,
            "field_code": "EMAIL",
            "values": [{"value": "Ana@example.com", "enum_code": "WORK"}],
        },
        {"field_id": 3, "field_code": None, "field_type": "tracking_data", "values": None},
    ]
    contacts = [{"id": 1, "custom_fields_values": fields}, {"id": 2, "custom_fields_values": None}]
    wire.answers(200, {"_page": 1, "_embedded": {"contacts": contacts}})
    first, second = await client.find_contacts("8112345678")

    assert (first.phones, first.emails) == (("+52 81 1234 5678",), ("Ana@example.com",))
    assert (second.phones, second.emails) == ((), ())


async def test_nothing_found(client: KommoClient, wire: Wire) -> None:
    wire.answers(204, b"")

    assert await client.find_contacts("x") == []
    assert await client.find_leads("x") == []
    assert await client.notes_of(1) == []


async def test_an_item_may_be_missing_and_a_list_may_not(client: KommoClient, wire: Wire) -> None:
    wire.answers(404, {"title": "Not Found", "status": 404})

    assert await client.notes_of(1) == []
    with pytest.raises(KommoRefused, match="404"):
        await client.move_leads([Move(1, 2, 3)])
    with pytest.raises(KommoRefused, match="404"):
        await client.link_contact(1, 2)
    for request in (client.find_contacts("x"), client.leads([1]), client.add_leads([{}])):
        with pytest.raises(CredentialsRejected, match="KOMMO_BASE_URL"):
            await request


async def test_every_page_of_a_list_is_read(client: KommoClient, wire: Wire) -> None:
    following = {"next": {"href": "https://ejemplo.kommo.com/api/v4/leads?page=2"}}
    wire.then(200, {"_links": following, "_embedded": {"leads": [{"id": 1, "name": "Ana #70"}]}})
    wire.answers(200, {"_links": {}, "_embedded": {"leads": [{"id": 2, "name": "Ana #7"}]}})

    assert [lead.lead_id for lead in await client.find_leads("#7")] == [1, 2]
    assert [request.query.get("page") for request in wire.requests] == [None, "2"]


# ---- redirects


async def test_a_read_follows_a_redirect_once_and_says_so(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"name": "Demo SA"})
    wire.redirects(301, "/api/v4/account?x=1")

    assert await client.account() == "Demo SA"
    assert client.moved_to == wire.url
    wire.redirects(308, "/api/v4/account")
    wire.redirects(301, "/api/v4/account")
    with pytest.raises(CredentialsRejected, match="301, check KOMMO_BASE_URL"):
        await client.account()


@pytest.mark.parametrize(
    ("location", "asked"), [("/api/v4/contacts", "x"), ("/api/v4/contacts?query=y", "y")]
)
async def test_a_redirect_may_repeat_the_query_or_drop_it(
    client: KommoClient, wire: Wire, location: str, asked: str
) -> None:
    wire.answers(204, b"")
    wire.redirects(301, location)
    await client.find_contacts("x")

    assert [request.query.get("query") for request in wire.requests] == ["x", asked]


async def test_a_write_follows_no_redirect(client: KommoClient, wire: Wire) -> None:
    wire.redirects(301, "/api/v4/leads")

    with pytest.raises(CredentialsRejected, match="301"):
        await client.add_leads([{}])
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://127.0.0.1:1/api/v4/account",
        "https://nueva.kommo.com/api/v4/account",
        "http://[",
    ],
)
async def test_our_token_goes_to_no_other_server_than_the_simulator(
    client: KommoClient, wire: Wire, location: str
) -> None:
    wire.redirects(302, location)

    with pytest.raises(CredentialsRejected, match="302"):
        await client.account()
    assert (len(wire.requests), client.moved_to) == (1, None)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://nueva.kommo.com/api/v4/leads", True),
        ("https://NUEVA.amocrm.com/", True),
        ("https://nueva.kommo.com:443/", True),
        ("http://nueva.kommo.com/", False),
        ("https://nueva.kommo.com:8443/", False),
        ("https://kommo.com.example.com/", False),
        ("https://evilkommo.com/", False),
        ("https://kommo.com/", False),
        ("https://x@nueva.kommo.com/", False),
        ("https://nueva.kommo.com@example.com/", False),
        ("https://example.com/?x=.kommo.com", False),
    ],
)
def test_addresses_of_kommo(address: str, *, allowed: bool) -> None:
    assert is_kommos(httpx.URL(address)) is allowed


async def test_a_token_that_ended_is_renewed_once(client: KommoClient, wire: Wire) -> None:
    wire.then(401, PROBLEM | {"status": 401, "detail": "Invalid user name or password"})
    wire.answers(204, b"")
    await client.find_contacts("x")
    tokens = [request.headers["authorization"] for request in wire.requests]

    assert tokens == ["Bearer old", "Bearer new"]


async def test_a_token_that_is_refused_twice_waits(client: KommoClient, wire: Wire) -> None:
    wire.answers(401, PROBLEM | {"status": 401})

    with pytest.raises(Unavailable):
        await client.add_notes([Note(1, "x")])
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "failure", "wait"),
    [
        pytest.param(
            429,
            {"status": 429, "retry_after": 300},
            Unavailable,
            300,
            id="too many, with its wait in the body",
        ),
        pytest.param(429, b"Too many requests", Unavailable, 1, id="too many, in plain text"),
        pytest.param(403, b"403 Forbidden", CredentialsRejected, 60, id="blocked"),
        pytest.param(
            402, {"detail": "Payment required"}, CredentialsRejected, 60, id="the plan has ended"
        ),
        pytest.param(
            500,
            {"title": "ErrInternalServer", "trace_id": "x"},
            OutcomeUnknown,
            0,
            id="a server error",
        ),
        pytest.param(504, b"", OutcomeUnknown, 0, id="the batch was too heavy"),
        pytest.param(200, b"<html></html>", OutcomeUnknown, 0, id="a page with 200"),
        pytest.param(200, b"", OutcomeUnknown, 0, id="an empty success"),
        pytest.param(
            200, {"_embedded": {"leads": []}}, OutcomeUnknown, 0, id="a success of another shape"
        ),
        pytest.param(
            400,
            PROBLEM | {"detail": "Request data can not be empty"},
            KommoRefused,
            0,
            id="refused",
        ),
        pytest.param(422, {"detail": "Limit 250 per page"}, KommoRefused, 0, id="too many items"),
        pytest.param(
            400,
            PROBLEM | {"detail": "Account error 244"},
            CredentialsRejected,
            60,
            id="the rights or the plan, as a number",
        ),
        pytest.param(404, b"", CredentialsRejected, 0, id="an address without an account"),
        pytest.param(405, b"", CredentialsRejected, 0, id="an address of something else"),
        pytest.param(301, b"", CredentialsRejected, 0, id="the account has moved"),
    ],
)
async def test_what_an_answer_means(
    client: KommoClient, wire: Wire, status: int, body: Any, failure: type[Exception], wait: float
) -> None:
    wire.answers(status, body)

    with pytest.raises(failure) as caught:
        await client.add_leads_with_contacts([{}])
    assert getattr(caught.value, "retry_after", 0) == wait


async def test_a_refusal_names_its_items(client: KommoClient, wire: Wire) -> None:
    errors = [
        {"code": "NotSupportedChoice", "path": "custom_fields_values.0.field_id", "detail": "x"}
    ]
    wire.answers(
        400,
        PROBLEM
        | {"validation-errors": [{"request_id": "100007", "errors": errors}], "detail": "x"},
    )

    with pytest.raises(KommoRefused) as caught:
        await client.add_leads_with_contacts([{}])
    [error] = caught.value.items["100007"]
    assert error == ItemError("NotSupportedChoice", "custom_fields_values.0.field_id", "x")
    assert caught.value.reason_for("100007") == (
        "NotSupportedChoice custom_fields_values.0.field_id x"
    )
    assert caught.value.reason_for("100008") == "kommo: 400 x"


@pytest.mark.parametrize("way", ["hangs", "breaks"])
async def test_a_lost_answer_is_unclear_for_a_write_and_an_outage_for_a_read(
    client: KommoClient, wire: Wire, way: str
) -> None:
    getattr(wire, way)()

    with pytest.raises(OutcomeUnknown):
        await client.add_leads_with_contacts([{}])
    with pytest.raises(Unavailable):
        await client.find_contacts("x")


async def test_never_more_than_seven_requests_in_a_second(client: KommoClient, wire: Wire) -> None:
    wire.answers(204, b"")
    times: list[float] = []

    async def ask() -> None:
        await client.find_contacts("x")
        times.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(ask() for _ in range(15)))
    arrivals = sorted(times)
    assert all(
        later - earlier > 0.95 for earlier, later in zip(arrivals, arrivals[7:], strict=False)
    )


# ---- stages


async def test_the_stages_of_leads(client: KommoClient, wire: Wire) -> None:
    leads = [
        {"id": 5, "status_id": 142},
        {"id": 6, "status_id": 143, "is_deleted": True},
        {"id": 7, "status_id": None},
    ]
    wire.answers(200, {"_page": 1, "_embedded": {"leads": leads}})

    assert await client.leads([5, 6, 7, 8]) == {
        5: KommoLead(5, "", None, status_id=142),
        7: KommoLead(7, "", None),
    }
    assert (wire.requests[0].method, wire.requests[0].path) == ("GET", "/api/v4/leads")
    assert wire.requests[0].query == {"filter[id][]": "8", "limit": "250", "with": "contacts"}


async def test_an_id_that_kommo_refuses_hides_no_other(client: KommoClient, wire: Wire) -> None:
    wire.then(400, PROBLEM | {"detail": "Request validation failed"})
    wire.then(400, PROBLEM | {"detail": "Request validation failed"})
    wire.answers(200, {"_embedded": {"leads": [{"id": 6, "status_id": 142}]}})

    assert list(await client.leads([5, 6])) == [6]
    assert [request.query["filter[id][]"] for request in wire.requests] == ["6", "5", "6"]


async def test_many_leads_are_read_in_batches_and_none_not_at_all(
    client: KommoClient, wire: Wire
) -> None:
    wire.answers(204, b"")

    assert await client.leads([]) == {}
    assert wire.requests == []
    assert await client.leads(list(range(1, 151))) == {}
    assert len(wire.requests) == 2


async def test_leads_are_moved_in_batches(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"_embedded": {"leads": [{"id": 1, "updated_at": 1770914400}]}})
    await client.move_leads([Move(i, 60000005, 7000001) for i in range(1, 52)])
    first, second = wire.requests

    assert (first.method, first.path, len(first.json)) == ("PATCH", "/api/v4/leads", 50)
    assert second.json == [
        {"id": 51, "status_id": 60000005, "pipeline_id": 7000001, "request_id": "51"}
    ]


@pytest.mark.parametrize(
    "answer", [(500, {}), (200, b"<html></html>"), (429, b"slow down"), (403, b"403 Forbidden")]
)
async def test_a_move_that_may_be_retried(
    client: KommoClient, wire: Wire, answer: tuple[int, Any]
) -> None:
    wire.answers(*answer)

    with pytest.raises(Unavailable):
        await client.move_leads([Move(1, 2, 3)])


async def test_a_move_whose_answer_is_lost(client: KommoClient, wire: Wire) -> None:
    wire.breaks()

    with pytest.raises(Unavailable):
        await client.move_leads([Move(1, 2, 3)])


async def test_a_move_that_is_refused_names_the_lead(client: KommoClient, wire: Wire) -> None:
    errors = [{"code": "NotSupportedChoice", "path": "status_id", "detail": "x"}]
    wire.answers(400, PROBLEM | {"validation-errors": [{"request_id": "77", "errors": errors}]})

    with pytest.raises(KommoRefused) as caught:
        await client.move_leads([Move(77, 2, 3)])
    assert caught.value.items == {"77": (ItemError("NotSupportedChoice", "status_id", "x"),)}


# ---- webhooks

ACCOUNT = {
    "account[subdomain]": "ejemplo",
    "account[id]": "31000000",
    "account[_links][self]": "https://x.kommo.com",
}


def form(action: str, place: int = 0, **lead: object) -> dict[str, str]:
    return {f"leads[{action}][{place}][{name}]": str(value) for name, value in lead.items()}


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        pytest.param(
            form(
                "status",
                id=5,
                name="Ana",
                status_id=142,
                old_status_id=1,
                pipeline_id=7,
                modified_user_id=9,
            ),
            [Change(5, 142, 7, deleted=False)],
            id="a stage",
        ),
        pytest.param(
            form("status", id=5, status_id=1),
            [Change(5, 1, None, deleted=False)],
            id="without a pipeline",
        ),
        pytest.param(
            form("update", id=5, status_id=1, old_status_id=2, pipeline_id=7),
            [Change(5, 1, 7, deleted=False)],
            id="an update of the stage",
        ),
        pytest.param(
            form("update", id=5, status_id=1, old_status_id=1), [], id="an update of something else"
        ),
        pytest.param(
            form("update", id=5, status_id=1, price=9), [], id="an update that may be anything"
        ),
        pytest.param(form("delete", id=5), [Change(5, None, None, deleted=True)], id="gone"),
        pytest.param(
            form("delete", id=5, status_id=1, pipeline_id=7),
            [Change(5, 1, 7, deleted=True)],
            id="gone from a stage",
        ),
        pytest.param(
            form("status", 0, id=5, status_id=1)
            | form("status", 1, id=6, status_id=143)
            | form("delete", id=7),
            [Change(5, 1, None, False), Change(6, 143, None, False), Change(7, None, None, True)],
            id="several at once",
        ),
        pytest.param(
            form("add", id=5, status_id=1) | form("responsible", id=5), [], id="not of interest"
        ),
        pytest.param(
            {"contacts[delete][0][id]": "5", "leads[status][x][id]": "5"}, [], id="not a lead's"
        ),
        pytest.param(
            form("status", id="abc", status_id=1) | form("delete", 1, id="-5"), [], id="no number"
        ),
        pytest.param(form("delete", id=0) | form("delete", 1, status_id=1), [], id="no lead"),
        pytest.param(form("delete", id="9" * 400), [], id="too large a number"),
    ],
)
def test_the_changes_in_a_webhook(fields: dict[str, str], changes: list[Change]) -> None:
    assert read_changes(urlencode(ACCOUNT | fields).encode()) == changes


def test_brackets_may_come_as_they_are_and_values_may_be_odd() -> None:
    odd = (
        "leads[status][0][tags][0]=x&leads[status][0][tags]=y&&=&leads[delete][0][id]=5&name=%ff%fe&"
        + quote_plus("ñ=")
    )

    assert read_changes(odd.encode()) == [Change(5, None, None, deleted=True)]


@given(
    st.binary()
    | st.lists(st.sampled_from(["leads[delete][0][id]=5", "&", "=", "%", "[", "]"])).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_no_body_is_too_much(body: bytes) -> None:
    read_changes(body)


async def test_what_the_account_has(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"id": 31, "name": "Demo SA", "subdomain": "demo"})
    assert await client.account() == "Demo SA"
    assert wire.requests[-1].path == "/api/v4/account"

    stages = [
        {"id": 60, "name": "Nuevo", "pipeline_id": 7},
        {"id": 142, "name": "Closed - won", "pipeline_id": 7},
    ]
    wire.answers(200, {"id": 7, "name": "Ventas", "_embedded": {"statuses": stages}})
    found = await client.stages(7)
    assert found == {60: Stage(60, "Nuevo"), 142: Stage(142, "Closed - won")}
    assert wire.requests[-1].path == "/api/v4/leads/pipelines/7"
    incoming = {"id": 7, "_embedded": {"statuses": [{"id": 59, "name": "Incoming", "type": 1}]}}
    wire.answers(200, {"_embedded": {"pipelines": [{"id": 6}, incoming]}})
    assert await client.stages(7) == {59: Stage(59, "Incoming", is_incoming=True)}
    assert await client.stages(9) is None
    wire.answers(404, {"title": "Not Found", "status": 404})
    assert await client.stages(8) is None

    enums = [{"id": 1, "value": "LinkedIn", "sort": 1}, {"id": 2, "value": "Google"}]
    fields = [
        {"id": 500101, "name": "Empresa", "type": "text", "enums": None},
        {"id": 500103, "name": "Fuente", "type": "select", "enums": enums},
    ]
    wire.answers(200, {"_embedded": {"custom_fields": fields}})
    assert await client.lead_fields() == {
        500101: CustomField(500101, "Empresa"),
        500103: CustomField(500103, "Fuente", "select", {1: "LinkedIn", 2: "Google"}),
    }
    wire.answers(204, b"")
    assert await client.lead_fields() == {}


@pytest.mark.parametrize("kind", [0, 2, 5, "5", "regular", 1.5, None, {}, []])
async def test_a_stage_of_a_type_that_is_not_known_is_an_ordinary_one(
    client: KommoClient, wire: Wire, kind: object
) -> None:
    stages = [{"id": 60, "name": "Nuevo", "type": kind}, {"id": 59, "name": "", "type": "1"}]
    wire.answers(200, {"id": 7, "_embedded": {"statuses": stages}})
    found = await client.stages(7)

    assert found == {60: Stage(60, "Nuevo"), 59: Stage(59, "", is_incoming=True)}
    assert found[60].takes_leads


@pytest.mark.parametrize(
    ("stage", "takes_leads"),
    [
        (Stage(60, "Nuevo"), True),
        (Stage(59, "Incoming leads", is_incoming=True), False),
        (Stage(142, "Won"), False),
        (Stage(143, "Lost"), False),
    ],
)
def test_stages_that_take_leads(stage: Stage, *, takes_leads: bool) -> None:
    assert stage.takes_leads is takes_leads


async def test_an_address_is_added_to_a_contact(client: KommoClient, wire: Wire) -> None:
    phones = [{"value": "+528112345678", "enum_id": 3, "enum_code": "WORK"}]
    listed = {"id": 5, "custom_fields_values": [{"field_code": "PHONE", "values": phones}]}
    wire.answers(200, {"_embedded": {"contacts": [listed]}})
    contact = (await client.contacts([5]))[5]
    assert contact.values["PHONE"] == [{"value": "+528112345678", "enum_id": 3}]

    await client.change_contact(5, {"PHONE": [*contact.values["PHONE"], {"value": "+5255"}]})
    assert (wire.requests[-1].method, wire.requests[-1].path) == ("PATCH", "/api/v4/contacts")
    values = [{"value": "+528112345678", "enum_id": 3}, {"value": "+5255"}]
    assert wire.requests[-1].json == [
        {
            "id": 5,
            "custom_fields_values": [{"field_code": "PHONE", "values": values}],
            "request_id": "5",
        }
    ]


async def test_a_contact_is_made_and_linked(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"_embedded": {"contacts": [{"id": 5}], "links": []}})

    assert await client.add_contact({"name": "Ana"}) == 5
    await client.link_contact(9, 5)
    assert wire.requests[-1].path == "/api/v4/leads/9/link"
    assert wire.requests[-1].json == [
        {"to_entity_id": 5, "to_entity_type": "contacts", "metadata": {"is_main": True}}
    ]


# ---- tokens


def a_token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


@pytest.mark.parametrize(
    ("token", "ends_at"),
    [
        (a_token({"exp": 1_770_739_512}), datetime(2026, 2, 10, 16, 5, 12, tzinfo=UTC)),
        (
            a_token({"exp": 1_770_739_512.5, "ñ": "ñ"}),
            datetime(2026, 2, 10, 16, 5, 12, 500000, UTC),
        ),
        (a_token({}), None),
        (a_token([1]), None),
        (a_token({"exp": "soon"}), None),
        (a_token({"exp": 10**20}), None),
        ("sandbox-token", None),
        ("a.b.c", None),
        ("", None),
    ],
)
def test_when_a_token_ends(token: str, ends_at: datetime | None) -> None:
    assert expiry(token) == ends_at


@pytest.mark.parametrize(
    ("status", "body", "is_hopeless"),
    [
        (400, {"hint": "Invalid refresh token", "status": 400}, True),
        (401, {"hint": "Cannot decrypt the refresh token"}, True),
        (400, b"[]", True),
        (400, b"<html></html>", True),
        (404, b"", True),
        (301, b"", True),
        (429, b"slow down", False),
        (500, b"null", False),
        (200, b"[]", False),
        (200, {"access_token": "a"}, False),
    ],
)
async def test_a_refresh_token_that_is_refused_needs_a_person(
    wire: Wire, status: int, body: Any, *, is_hopeless: bool
) -> None:
    wire.answers(status, body)
    async with httpx.AsyncClient() as http:
        with pytest.raises(Unavailable) as caught:
            await renew(
                http,
                base_url=wire.url,
                client_id="c",
                client_secret="s",
                redirect_uri="https://h",
                refresh_token="r",
            )

    assert isinstance(caught.value, CredentialsRejected) is is_hopeless


async def test_a_write_is_given_up_where_it_lost_its_right_while_it_waited_for_its_turn(
    client: KommoClient, wire: Wire
) -> None:
    allowed = True

    async def may_write() -> None:
        if not allowed:
            raise Unavailable("another leads by now")

    client.may_write = may_write
    wire.answers(200, {"_embedded": {"notes": []}})
    await client.add_notes([Note(1, "first")])
    second = asyncio.create_task(client.add_notes([Note(1, "second")]))
    await asyncio.sleep(0)  # it waits for its turn now
    allowed = False

    with pytest.raises(Unavailable, match="another leads"):
        await second
    assert len(wire.requests) == 1


async def test_a_read_needs_no_right_to_write(client: KommoClient, wire: Wire) -> None:
    async def never() -> None:
        raise Unavailable("another leads by now")

    client.may_write = never
    wire.answers(200, {"name": "Demo"})

    assert await client.account() == "Demo"
