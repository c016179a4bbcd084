"""Simulates Meta's lead ads: notifications that hold only ids, and the Graph API with the leads.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
"""

import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from simulator.errors import ApiError
from simulator.sources.filled_in import as_dialled, questions
from simulator.world import Callbacks, Fault, World, json_error

APP_ID = "901234567890123"
PAGE_SIZE = 25
FORM_ID = "123400000000001"
LEAD_FIELDS = {
    "id",
    "created_time",
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
    "form_id",
    "is_organic",
    "platform",
    "field_data",
    "custom_disclaimer_responses",
}
DEFAULT_FIELDS = {"id", "created_time", "field_data"}
NAMES = {
    "nombre": "full_name",
    "email": "email",
    "telefono": "phone_number",
    "empresa": "company_name",
}
AD = {
    "ad_id": "238400000000012",
    "ad_name": "Oficinas MTY - video 1",
    "adset_id": "238400000000011",
    "adset_name": "MTY 25-55",
    "campaign_id": "238400000000010",
    "campaign_name": "Oficinas MTY",
}
TEST_VALUES = {
    "full_name": "<test lead: dummy data for full_name>",
    "email": "test@meta.com",
    "phone_number": "<test lead: dummy data for phone_number>",
}
SCOPES = [
    "leads_retrieval",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_metadata",
    "ads_management",
]
COMMENT = {"field": "feed", "value": {"item": "comment", "verb": "add", "message": "¡Qué bonito!"}}


@dataclass(frozen=True, slots=True)
class GraphError:
    """An error of the Graph API, as its documentation lists it by its code."""

    status: int
    message: str
    kind: str = "OAuthException"
    subcode: int | None = None


ERRORS = {
    1: GraphError(500, "An unknown error occurred"),
    2: GraphError(500, "Service temporarily unavailable"),
    4: GraphError(403, "(#4) Application request limit reached"),
    10: GraphError(403, "(#10) Application does not have permission for this action"),
    17: GraphError(400, "(#17) User request limit reached", subcode=2446079),
    32: GraphError(403, "(#32) Page request limit reached"),
    100: GraphError(
        400,
        "Unsupported get request. Object does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation.",
        "GraphMethodException",
        33,
    ),
    190: GraphError(
        400, "Error validating access token: Session has expired on a date.", subcode=463
    ),
    200: GraphError(403, "(#200) Requires leads_retrieval permission to manage the object"),
    803: GraphError(404, "(#803) Some of the aliases you requested do not exist"),
    613: GraphError(403, "(#613) Calls to this api have exceeded the rate limit."),
    80004: GraphError(
        400, "(#80004) There have been too many calls to this ad-account.", subcode=2446079
    ),
}


@dataclass(frozen=True, slots=True)
class SentLead:
    """A lead on Meta's side, and our answer to each notification of it: 0 where none came."""

    external_id: str
    answers: Sequence[int]


@dataclass
class MetaSimulator:
    """One app with its pages, each with one form.

    `subscribed` holds the pages whose leads are notified. With `token_expired` every request is
    refused, and with `hides_leads` (Leads Access Manager) every request for a lead.
    """

    app_secret: str
    verify_token: str
    page_token: str
    pages: Sequence[str]
    webhook_url: str
    callbacks: Callbacks
    leads: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    token_expired: bool = False
    hides_leads: bool = False

    def __post_init__(self) -> None:
        self.subscribed.update(self.pages)

    def join(self, world: World) -> None:
        """Registers the body that an injected fault has in Meta's format."""
        world.errors["meta"] = _fault_body

    # ---- what people and the page's owner do

    async def fill_in(
        self,
        answers: Mapping[str, str],
        *,
        platform: Literal["fb", "ig"] = "fb",
        test: bool = False,
        again: int = 0,
        tries: int = 2,
        lost: bool = False,
        number_ids: bool = False,
        among_others: bool = False,
    ) -> SentLead:
        """Keeps a lead, and notifies us of it `1 + again` times, unless the notification is lost.

        Meta writes ids as text or as numbers, and other changes of the page into the same request.
        """
        lead = _lead(answers, platform=platform, test=test)
        self.leads[lead["id"]] = lead
        if lost or self.pages[0] not in self.subscribed:
            return SentLead(lead["id"], ())
        body = self._notification(lead, number_ids=number_ids, among_others=among_others)
        answered = [await self._notify(body, tries) for _ in range(1 + again)]
        return SentLead(lead["id"], answered)

    async def shake_hands(self, token: str = "") -> tuple[int, str]:
        """Verifies the webhook, as the app's settings do. Returns our answer's status and text."""
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": str(secrets.randbelow(10**10)),
            "hub.verify_token": token or self.verify_token,
        }
        answer = await self.callbacks.get(f"{self.webhook_url}?{urlencode(query)}")
        if answer is None:
            return 0, ""
        text = answer.content.decode()
        return answer.status, "verified" if text == query["hub.challenge"] else text

    def _notification(
        self, lead: Mapping[str, Any], *, number_ids: bool, among_others: bool
    ) -> bytes:
        as_written = int if number_ids else str
        now = int(time.time())
        value: dict[str, Any] = {
            "leadgen_id": as_written(lead["id"]),
            "page_id": as_written(self.pages[0]),
            "form_id": as_written(FORM_ID),
            "created_time": now,
        }
        if "ad_id" in lead:
            value |= {
                "ad_id": as_written(lead["ad_id"]),
                "adgroup_id": as_written(lead["adset_id"]),
            }
        changes: list[dict[str, Any]] = [{"field": "leadgen", "value": value}]
        if among_others:
            changes = [COMMENT, *changes, *changes]
        entry = {"id": self.pages[0], "time": now, "changes": changes}
        # what is signed has its accents escaped, in lower case
        return json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).encode()

    async def _notify(self, body: bytes, tries: int) -> int:
        signature = hmac.new(self.app_secret.encode(), body, "sha256").hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        answer = await self.callbacks.post(self.webhook_url, body, headers, tries=tries)
        return answer.status if answer is not None else 0

    # ---- the Graph API

    def router(self) -> APIRouter:
        routes = APIRouter(prefix="/v{major}.{minor}")

        @routes.get("/debug_token")
        async def debug_token(request: Request, input_token: str) -> dict[str, Any]:
            if _token(request) != f"{APP_ID}|{self.app_secret}":  # the app's own needs no proof
                self._authorize(request)
            return {
                "data": {
                    "app_id": APP_ID,
                    "type": "PAGE",
                    "is_valid": input_token == self.page_token and not self.token_expired,
                    "expires_at": 0,
                    "scopes": SCOPES,
                    "profile_id": self.pages[0],
                }
            }

        @routes.get("/")
        async def nodes(request: Request, ids: str) -> dict[str, Any]:
            self._authorize(request)
            self._may_read_leads()
            wanted = ids.split(",")
            if not self.leads.keys() >= set(wanted):
                raise _error(803)
            return {node: _chosen(self.leads[node], _fields(request)) for node in wanted}

        @routes.get("/{page_id}/leadgen_forms")
        async def forms(request: Request, page_id: str) -> dict[str, Any]:
            self._authorize(request)
            self._page(page_id)
            form = {"id": FORM_ID, "name": "Contacto", "status": "ACTIVE", "locale": "es_LA"}
            return {"data": [form] if page_id == self.pages[0] else [], "paging": {}}

        @routes.get("/{page_id}/subscribed_apps")
        async def subscribed_apps(request: Request, page_id: str) -> dict[str, Any]:
            self._authorize(request)
            self._page(page_id)
            app = {"id": APP_ID, "name": "Pauta", "subscribed_fields": ["leadgen"]}
            return {"data": [app] if page_id in self.subscribed else []}

        @routes.post("/{page_id}/subscribed_apps")
        async def subscribe(request: Request, page_id: str) -> dict[str, bool]:
            self._authorize(request)
            self._page(page_id)
            fields = request.query_params.get("subscribed_fields", "")
            if not fields:
                form = await request.form()
                fields = str(form.get("subscribed_fields", ""))
            if "leadgen" not in fields.split(","):
                raise _error(100, message="(#100) The parameter subscribed_fields is required.")
            self.subscribed.add(page_id)
            return {"success": True}

        @routes.get("/{form_id}/leads")
        async def leads(request: Request, form_id: str) -> dict[str, Any]:
            self._authorize(request)
            if form_id != FORM_ID:
                raise _error(100)
            self._may_read_leads()
            return self._page_of_leads(request)

        @routes.get("/{node_id}")
        async def node(request: Request, node_id: str) -> dict[str, Any]:
            self._authorize(request)
            if node_id == "me" or node_id in self.pages:
                page_id = self.pages[0] if node_id == "me" else node_id
                return {"id": page_id, "name": "Oficinas MTY"}
            if node_id not in self.leads:
                raise _error(100)
            self._may_read_leads()
            return _chosen(self.leads[node_id], _fields(request))

        return routes

    def _authorize(self, request: Request) -> None:
        """Raises the error of a wrong token, or of one without the proof that the app holds it."""
        token = _token(request)
        if self.token_expired or token != self.page_token:
            raise _error(190)
        proof = hmac.new(self.app_secret.encode(), token.encode(), "sha256").hexdigest()
        if request.query_params.get("appsecret_proof") != proof:
            raise _error(100, message="Invalid appsecret_proof provided in the API argument")

    def _page(self, page_id: str) -> None:
        if page_id not in self.pages:
            raise _error(100)

    def _may_read_leads(self) -> None:
        if self.hides_leads:
            raise _error(200)

    def _page_of_leads(self, request: Request) -> dict[str, Any]:
        """Returns the newest leads that match the filter, and the address of the next page."""
        newest_first = sorted(self.leads.values(), key=lambda lead: int(lead["id"]), reverse=True)
        after = request.query_params.get("after")
        found = [
            lead
            for lead in newest_first
            if _matches(lead, request) and (after is None or int(lead["id"]) < int(after))
        ]
        limit = min(int(request.query_params.get("limit", PAGE_SIZE)), 500)
        shown = found[:limit]
        answer: dict[str, Any] = {"data": [_chosen(lead, _fields(request)) for lead in shown]}
        if shown:
            cursors = {"before": shown[0]["id"], "after": shown[-1]["id"]}
            answer["paging"] = {"cursors": cursors}
        if len(found) > limit:
            following = request.url.include_query_params(after=shown[-1]["id"])
            answer["paging"]["next"] = str(following)
        return answer


def _lead(answers: Mapping[str, str], *, platform: str, test: bool) -> dict[str, Any]:
    """Returns a lead as the Graph API has it. Its id is newer than those of all others."""
    values = {NAMES[name]: answers[name] for name in NAMES if answers.get(name)}
    if phone := values.get("phone_number"):
        # Meta still writes the 1 of Mexican mobile phones
        values["phone_number"] = as_dialled(phone).replace("+52", "+521", 1)
    for question, answer in questions(answers).items():
        values[f"¿{question}?"] = answer
    if test:
        values = TEST_VALUES
    lead: dict[str, Any] = {
        "created_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "id": str(time.time_ns() // 1000),
        "form_id": FORM_ID,
        "is_organic": test,
        "platform": platform,
        "field_data": [{"name": name, "values": [value]} for name, value in values.items()],
        "custom_disclaimer_responses": [
            {"checkbox_key": "acepto_llamadas_y_mensajes", "is_checked": "1"}
        ],
    }
    # a test lead comes from no ad
    return lead if test else lead | AD


def _token(request: Request) -> str:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.query_params.get("access_token", bearer)


def _fields(request: Request) -> set[str]:
    """Returns the fields that are asked for. Raises the error of a field that no lead has."""
    asked = request.query_params.get("fields")
    if asked is None:
        return DEFAULT_FIELDS
    fields = set(asked.split(","))
    if unknown := fields - LEAD_FIELDS:
        name = min(unknown)
        raise _error(100, message=f"(#100) Tried accessing nonexisting field ({name})")
    return fields | {"id"}


def _chosen(lead: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in lead.items() if name in fields}


def _matches(lead: Mapping[str, Any], request: Request) -> bool:
    filters = json.loads(request.query_params.get("filtering", "[]"))
    created = datetime.strptime(lead["created_time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
    for asked in filters:
        if asked["field"] != "time_created":
            raise _error(100, message="(#100) Filtering field is invalid")
        match asked["operator"]:
            case "GREATER_THAN":
                matches = created > int(asked["value"])
            case "GREATER_THAN_OR_EQUAL":
                matches = created >= int(asked["value"])
            case "LESS_THAN":
                matches = created < int(asked["value"])
            case _:
                raise _error(100, message="(#100) Filtering operator is invalid")
        if not matches:
            return False
    return True


def _error(code: int, *, message: str = "") -> ApiError:
    body, headers = _error_body(code, message)
    return ApiError(Response(body, ERRORS[code].status, headers))


def _error_body(code: int, message: str = "") -> tuple[bytes, dict[str, str]]:
    known = ERRORS.get(code, GraphError(500, "An unknown error occurred"))
    error: dict[str, Any] = {
        "message": message or known.message,
        "type": known.kind,
        "code": code,
        "fbtrace_id": secrets.token_urlsafe(12),
    }
    if known.subcode is not None and not message:
        error["error_subcode"] = known.subcode
    if code in (1, 2):
        error["is_transient"] = True
    body, headers = json_error({"error": error})
    if code == 80004:
        usage = {"type": "leadgen", "call_count": 100, "estimated_time_to_regain_access": 1}
        headers["X-Business-Use-Case-Usage"] = json.dumps({APP_ID: [usage]})
    return body, headers


def _fault_body(fault: Fault) -> tuple[bytes, dict[str, str]]:
    body, headers = _error_body(fault.code or 2)
    if fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    return body, headers
