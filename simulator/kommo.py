"""Simulates Kommo: one account with a pipeline, contacts, leads and notes, and Kommo's limits."""

import itertools
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from simulator.errors import ApiError
from simulator.world import Callbacks, Fault, World, json_error

HAL = "application/hal+json"
PROBLEM = "application/problem+json"
# Kommo allows seven requests a second and blocks a client that goes on exceeding them:
# https://developers.kommo.com/docs/limitations
# It does not document how soon. Here, more than 20 refused requests within a minute block it.
RATE = 7
TOLERATED = 20
INSISTING_SECONDS = 60
ACCOUNT = 31_000_000
# the users who change leads: a token is a user's, and writes in that user's name
PERSON_USER_ID = 9_000_001
API_USER_ID = 9_000_002
ROBOT_USER_ID = 0
WON, LOST, INCOMING = 142, 143, 1
CHOICE_TYPES = ("select", "radiobutton", "multiselect")
USERS = {PERSON_USER_ID: "Laura", API_USER_ID: "Pauta"}
LEAD_KEYS = {
    "name",
    "price",
    "pipeline_id",
    "status_id",
    "responsible_user_id",
    "request_id",
    "custom_fields_values",
    "_embedded",
    "tags_to_add",
    "created_at",
    "created_by",
    "loss_reason_id",
}
CHANGE_KEYS = {"id", "updated_at", "updated_by", "closed_at", "tags_to_delete"}


@dataclass
class KommoSimulator:
    """One simulated account.

    `access_token` is valid for ever. A pair made with the refresh token is valid until the next
    pair is used. `webhook_url` receives the changes of leads, including those made by the API.
    `incoming` are the stages that take no leads by the API. With `merges_duplicates`, a new lead of
    a known phone or email is merged into the open one of its contact. `moved_to` is the address to
    which a renamed account redirects. `hides_users` reports every change as user 0's.
    """

    access_token: str
    refresh_token: str
    pipelines: dict[int, set[int]]
    custom_fields: dict[int, dict[str, Any]]
    incoming: set[int] = field(default_factory=set)
    stage_names: dict[int, str] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=lambda: dict(USERS))
    merges_duplicates: bool = False
    hides_users: bool = False
    moved_to: str | None = None
    callbacks: Callbacks | None = None
    webhook_url: str | None = None
    leads: dict[int, dict[str, Any]] = field(default_factory=dict)
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(18_452_391))
    _recent: deque[float] = field(default_factory=deque)
    _violations: deque[float] = field(default_factory=lambda: deque(maxlen=TOLERATED + 1))
    _blocked_until: float = 0.0
    _good: set[str] = field(default_factory=set)
    _refresh: set[str] = field(default_factory=set)
    _pending: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self._good = {self.access_token}
        self._refresh = {self.refresh_token}

    def join(self, world: World) -> None:
        world.errors["kommo"] = _fault_body

    # ---- contacts and leads

    def add_contact(self, body: dict[str, Any]) -> int:
        contact_id: int = next(self._ids)
        self.contacts[contact_id] = {
            "id": contact_id,
            "name": body.get("name", ""),
            "leads": [],
            **body,
        }
        return contact_id

    def people(self) -> list[tuple[str, list[str]]]:
        """Returns each contact's name, with every phone and email address."""
        return [
            (str(contact.get("name", "")), _values(contact)) for contact in self.contacts.values()
        ]

    def add_lead(self, body: dict[str, Any], contact_id: int | None) -> int:
        lead_id: int = next(self._ids)
        self.leads[lead_id] = {
            **body,
            "id": lead_id,
            "contact_id": contact_id,
            "created_at": int(time.time()),
        }
        if contact_id is not None:
            self.contacts[contact_id]["leads"].append(lead_id)
        return lead_id

    async def move_by_hand(
        self,
        lead_id: int,
        status_id: int,
        *,
        pipeline_id: int | None = None,
        by: int | None = PERSON_USER_ID,
    ) -> None:
        """Moves a lead to another stage, as a person or a robot does in Kommo.

        The webhook names no user where `by` is None.
        """
        changes = {"status_id": status_id}
        if pipeline_id is not None:
            changes["pipeline_id"] = pipeline_id
        change = self._change(lead_id, changes, by=ROBOT_USER_ID if by is None else by)
        if by is None:
            del change["modified_user_id"]
        await self._post_webhook("status", change)

    def add_field(self, field_id: int, description: dict[str, Any]) -> None:
        """Adds a custom field, or changes it: `name`, `type`, and the `enums` of a list."""
        self.custom_fields[field_id] = {"name": f"Field {field_id}", "type": "text"} | description

    def put_stage(self, pipeline_id: int, status_id: int, *, incoming: bool, name: str) -> None:
        """Adds a stage, or changes it. An empty name keeps the one it has."""
        self.pipelines.setdefault(pipeline_id, {WON, LOST}).add(status_id)
        self.incoming.discard(status_id)
        if incoming:
            self.incoming.add(status_id)
        if name:
            self.stage_names[status_id] = name

    def delete_contact(self, contact_id: int) -> None:
        """Deletes a contact, as a person does. Its leads stay, without one."""
        if self.contacts.pop(contact_id, None) is None:
            raise _refusal(404, "Entity not found")
        for lead in self.leads.values():
            if lead["contact_id"] == contact_id:
                lead["contact_id"] = None

    def merge_contacts(self, kept_id: int, gone_id: int) -> None:
        """Merges a contact into another, as a person does. Its leads and addresses go with it."""
        if kept_id == gone_id or not {kept_id, gone_id} <= self.contacts.keys():
            raise _refusal(404, "Entity not found")
        kept = self.contacts[kept_id]
        gone = self.contacts.pop(gone_id)
        for lead in self.leads.values():
            if lead["contact_id"] == gone_id:
                lead["contact_id"] = kept_id
        kept["leads"] += gone["leads"]
        fields = {
            custom_field["field_code"]: custom_field
            for custom_field in kept.get("custom_fields_values") or []
        }
        for custom_field in gone.get("custom_fields_values") or []:
            known = fields.get(custom_field["field_code"], {}).get("values", [])
            values = {"values": [*known, *custom_field["values"]]}
            fields[custom_field["field_code"]] = custom_field | values
        kept["custom_fields_values"] = list(fields.values())

    def replace_access_token(self, token: str) -> None:
        """Ends the access token and makes another valid, as a person does in the integration."""
        self._good = self._good - {self.access_token} | {token}
        self.access_token = token

    def revoke_tokens(self) -> None:
        """Ends every pair and refresh token, as uninstalling the integration does."""
        self._good = {self.access_token}
        self._refresh = set()
        self._pending = None

    def authorize(self, refresh_token: str) -> None:
        """Makes a refresh token valid, as a person does who authorises the integration."""
        self._refresh = {refresh_token}

    async def delete_by_hand(self, lead_id: int) -> None:
        lead = self._find(lead_id)
        del self.leads[lead_id]
        if lead["contact_id"] is not None:
            self.contacts[lead["contact_id"]]["leads"].remove(lead_id)
        await self._post_webhook(
            "delete", {name: lead.get(name) for name in ("id", "status_id", "pipeline_id")}
        )

    def _find(self, lead_id: int) -> dict[str, Any]:
        if lead_id not in self.leads:
            raise _refusal(404, "Entity not found")
        return self.leads[lead_id]

    def _change(self, lead_id: int, changes: dict[str, Any], *, by: int) -> dict[str, Any]:
        """Carries out a change, and returns it as the webhook describes it."""
        lead = self._find(lead_id)
        now = int(time.time())
        before = lead.get("status_id")
        lead |= {name: value for name, value in changes.items() if name != "request_id"}
        lead["updated_at"] = now
        lead["updated_by"] = ROBOT_USER_ID if self.hides_users else by
        return {
            "id": lead.get("id"),
            "name": lead.get("name"),
            "status_id": lead.get("status_id"),
            "pipeline_id": lead.get("pipeline_id"),
            "price": lead.get("price"),
            "created_at": lead.get("created_at"),
            "old_status_id": before,
            "modified_user_id": ROBOT_USER_ID if self.hides_users else by,
            "last_modified": now,
            "updated_at": now,
        }

    async def _post_webhook(self, action: str, lead: dict[str, Any]) -> None:
        """Posts a webhook: an unsigned form with PHP's brackets, retried after a while.

        https://developers.kommo.com/docs/webhooks-general
        """
        if self.callbacks is None or self.webhook_url is None:
            return
        pairs = {
            "account[subdomain]": "simulator",
            "account[id]": ACCOUNT,
            "account[_links][self]": "https://simulator.kommo.com",
        }
        pairs |= {
            f"leads[{action}][0][{name}]": value
            for name, value in lead.items()
            if value is not None
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "amoCRM-Webhooks/3.0",
            "X-Amocrm-Requestid": str(uuid.uuid4()),
        }
        await self.callbacks.post(self.webhook_url, urlencode(pairs).encode(), headers, tries=3)

    # ---- HTTP

    def router(self) -> APIRouter:
        open_router = APIRouter()
        guards = [Depends(self._redirect), Depends(self._limit), Depends(self._authenticate)]
        router = APIRouter(prefix="/api/v4", dependencies=guards)

        @open_router.post("/oauth2/access_token")
        async def token(body: Annotated[dict[str, Any], Body()]) -> Response:
            return self._renew(body)

        @router.post("/leads/complex")
        async def complex_leads(items: Annotated[Any, Body()]) -> Response:
            self._check(items, largest=50)
            made = [self._complex(str(index), item) for index, item in enumerate(items)]
            return JSONResponse(made, media_type=HAL)

        @router.post("/leads")
        async def leads(items: Annotated[Any, Body()]) -> Response:
            self._check(items, largest=250)
            made = []
            for index, item in enumerate(items):
                linked = (item.get("_embedded") or {}).get("contacts") or [{}]
                lead_id = self.add_lead(item, linked[0].get("id"))
                made.append({"id": lead_id, "request_id": item.get("request_id", str(index))})
            return _hal({"_embedded": {"leads": made}})

        @router.patch("/leads")
        async def change_leads(items: Annotated[Any, Body()]) -> Response:
            self._check_changes(items)
            return _hal({"_embedded": {"leads": [self._patch(item["id"], item) for item in items]}})

        @router.patch("/leads/{lead_id}")
        async def change_lead(lead_id: int, item: Annotated[dict[str, Any], Body()]) -> Response:
            self._check_changes([item | {"id": lead_id}])
            return _hal(self._patch(lead_id, item | {"id": lead_id}))

        @router.get("/leads")
        async def find_leads(
            query: str = "",
            with_: Annotated[str, Query(alias="with")] = "",
            ids: Annotated[list[int] | None, Query(alias="filter[id][]")] = None,
            limit: Annotated[int, Query(ge=1, le=250)] = 50,
            page: Annotated[int, Query(ge=1)] = 1,
        ) -> Response:
            found = [
                self._lead(lead, with_)
                for lead in self.leads.values()
                if query.lower() in lead.get("name", "").lower()
                and (ids is None or lead["id"] in ids)
            ]
            return _hal_list("leads", found, page=page, limit=limit)

        @router.get("/leads/custom_fields")
        async def fields() -> Response:
            found = [
                {"id": field_id, "enums": None} | description
                for field_id, description in self.custom_fields.items()
            ]
            return _hal_list("custom_fields", found)

        @router.get("/users")
        async def users() -> Response:
            found = [{"id": user_id, "name": name} for user_id, name in self.users.items()]
            return _hal_list("users", found)

        @router.get("/leads/{lead_id}")
        async def lead(lead_id: int, with_: Annotated[str, Query(alias="with")] = "") -> Response:
            if lead_id not in self.leads:
                return Response(status_code=204)
            return _hal(self._lead(self.leads[lead_id], with_))

        @router.post("/leads/notes")
        async def notes(items: Annotated[Any, Body()]) -> Response:
            if not isinstance(items, list) or not items:
                raise _refusal(400, "Request data can not be empty")
            self._check_notes(items)
            made = []
            for index, item in enumerate(items):
                note = {
                    "id": next(self._ids),
                    "entity_id": item["entity_id"],
                    "note_type": item["note_type"],
                }
                self.notes.append(note | {"params": item["params"], "created_at": int(time.time())})
                made.append(note | {"request_id": item.get("request_id", str(index))})
            return _hal({"_embedded": {"notes": made}})

        @router.get("/leads/{lead_id}/notes")
        async def notes_of(lead_id: int) -> Response:
            found = [note for note in self.notes if note["entity_id"] == lead_id]
            return _hal_list("notes", found)

        @router.get("/account")
        async def account() -> Response:
            return _hal({"id": ACCOUNT, "name": "Simulator", "subdomain": "simulator"})

        @router.get("/leads/pipelines/{pipeline_id}")
        async def pipeline(pipeline_id: int) -> Response:
            if pipeline_id not in self.pipelines:
                return Response(status_code=404)
            stages = [
                {
                    "id": status_id,
                    "name": self.stage_names.get(status_id, f"Stage {place}"),
                    "sort": place,
                    "type": INCOMING if status_id in self.incoming else 0,
                    "pipeline_id": pipeline_id,
                }
                for place, status_id in enumerate(self._in_order(pipeline_id), start=1)
            ]
            return _hal({"id": pipeline_id, "name": "Simulator", "_embedded": {"statuses": stages}})

        self._add_contact_routes(router)
        open_router.include_router(router)
        return open_router

    def _add_contact_routes(self, router: APIRouter) -> None:
        @router.get("/contacts")
        async def find_contacts(
            query: str = "",
            with_: Annotated[str, Query(alias="with")] = "",
            ids: Annotated[list[int] | None, Query(alias="filter[id][]")] = None,
            limit: Annotated[int, Query(ge=1, le=250)] = 50,
            page: Annotated[int, Query(ge=1)] = 1,
        ) -> Response:
            found = [
                _contact(contact, with_)
                for contact in self.contacts.values()
                if _mentions(contact, query) and (ids is None or contact["id"] in ids)
            ]
            return _hal_list("contacts", found, page=page, limit=limit)

        @router.post("/contacts")
        async def add_contacts(items: Annotated[list[dict[str, Any]], Body()]) -> Response:
            made = [{"id": self.add_contact(item)} for item in items]
            return _hal({"_embedded": {"contacts": made}})

        @router.patch("/contacts")
        async def change_contacts(items: Annotated[list[dict[str, Any]], Body()]) -> Response:
            for index, item in enumerate(items):
                if item.get("id") not in self.contacts:
                    raise _invalid(str(item.get("request_id", index)), [_choice("id")])
            return _hal({"_embedded": {"contacts": [self._patch_contact(item) for item in items]}})

        @router.post("/leads/{lead_id}/link")
        async def link(lead_id: int, items: Annotated[list[dict[str, Any]], Body()]) -> Response:
            lead = self._find(lead_id)
            for item in items:
                if item["to_entity_id"] not in self.contacts:
                    raise _invalid("0", [_choice("to_entity_id")])
                lead["contact_id"] = item["to_entity_id"]
                self.contacts[item["to_entity_id"]]["leads"].append(lead_id)
            return _hal({"_embedded": {"links": [{"entity_id": lead_id, **i} for i in items]}})

    def _complex(self, index: str, item: dict[str, Any]) -> dict[str, Any]:
        embedded = item.get("_embedded") or {}
        contact = (embedded.get("contacts") or [None])[0]
        request_id = [item.get("request_id", index)]
        known = self._duplicate_of(item, contact) if self.merges_duplicates and contact else None
        if known is not None:
            return {
                "id": known["id"],
                "contact_id": known["contact_id"],
                "company_id": None,
                "request_id": request_id,
                "merged": True,
            }
        contact_id = self.add_contact(contact) if contact is not None else None
        lead_id = self.add_lead(item, contact_id)
        company = next(self._ids) if embedded.get("companies") else None
        return {
            "id": lead_id,
            "contact_id": contact_id,
            "company_id": company,
            "request_id": request_id,
            "merged": False,
        }

    def _duplicate_of(self, item: dict[str, Any], contact: dict[str, Any]) -> dict[str, Any] | None:
        """Returns an open lead of the pipeline whose contact has the phone or email."""
        wanted = set(_values(contact))
        for lead in self.leads.values():
            other = self.contacts.get(lead["contact_id"] or 0, {})
            is_open = lead.get("status_id") not in (WON, LOST)
            same_pipeline = lead.get("pipeline_id") == item.get("pipeline_id")
            if is_open and same_pipeline and wanted & set(_values(other)):
                return lead
        return None

    def _patch_contact(self, item: dict[str, Any]) -> dict[str, Any]:
        """Changes a contact. A field that is sent is replaced, the others stay."""
        contact = self.contacts[item["id"]]
        sent = item.get("custom_fields_values") or []
        codes = {custom_field.get("field_code") for custom_field in sent}
        kept = [
            custom_field
            for custom_field in contact.get("custom_fields_values") or []
            if custom_field.get("field_code") not in codes
        ]
        contact["custom_fields_values"] = kept + sent
        return {"id": item["id"], "updated_at": int(time.time())}

    def _in_order(self, pipeline_id: int) -> list[int]:
        """Returns a pipeline's stages: incoming leads first, won and lost last."""

        def place(status_id: int) -> tuple[int, int]:
            if status_id in (WON, LOST):
                return 2, status_id
            return (0 if status_id in self.incoming else 1), status_id

        return sorted(self.pipelines[pipeline_id], key=place)

    def _patch(self, lead_id: int, item: dict[str, Any]) -> dict[str, Any]:
        """Changes a lead, and returns the answer, which has few fields.

        The webhook follows our own changes as it does anybody's.
        """
        change = self._change(lead_id, item, by=API_USER_ID)
        if change["status_id"] != change["old_status_id"] and self.callbacks is not None:
            self.callbacks.go(self._post_webhook("status", change))
        href = f"https://simulator.kommo.com/api/v4/leads/{lead_id}"
        links = {"self": {"href": href}}
        return {"id": lead_id, "updated_at": change["updated_at"], "_links": links}

    def _lead(self, lead: dict[str, Any], with_: str) -> dict[str, Any]:
        hidden = ("contact_id", "_embedded", "request_id")
        shown = {name: value for name, value in lead.items() if name not in hidden}
        embedded: dict[str, Any] = {"tags": [], "companies": []}
        if "contacts" in with_:
            contact_id = lead["contact_id"]
            embedded["contacts"] = [{"id": contact_id, "is_main": True}] if contact_id else []
        return shown | {"_embedded": embedded}

    # ---- limits, tokens and validation

    async def _redirect(self, request: Request) -> None:
        """Redirects every request, as a renamed account does, except one that has moved already."""
        if self.moved_to is not None and "moved" not in request.query_params:
            query = urlencode([*request.query_params.multi_items(), ("moved", "1")])
            location = f"{self.moved_to}{request.url.path}?{query}"
            raise ApiError(Response(status_code=301, headers={"Location": location}))

    async def _limit(self) -> None:
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1.0:
            self._recent.popleft()
        if now < self._blocked_until:
            raise _refusal(403, "403 Forbidden")
        if len(self._recent) >= RATE:
            self._violations.append(now)
            if len(self._violations) > TOLERATED and now - self._violations[0] < INSISTING_SECONDS:
                self._blocked_until = now + 60
                self._violations.clear()
            raise _refusal(429, "Too many requests", retry_after=1)
        self._recent.append(now)

    async def _authenticate(self, authorization: Annotated[str, Header()] = "") -> None:
        token = authorization.removeprefix("Bearer ")
        if self._pending is not None and token == self._pending[0]:
            self._good = {self.access_token, token}
            self._refresh = {self._pending[1]}
            self._pending = None
        if token not in self._good:
            raise _refusal(401, "Invalid user name or password")

    def _renew(self, body: dict[str, Any]) -> Response:
        valid = self._refresh | ({self._pending[1]} if self._pending else set())
        if body.get("grant_type") != "refresh_token" or body.get("refresh_token") not in valid:
            raise _refusal(
                400, "Required parameters are missing or invalid", hint="Invalid refresh token"
            )
        number = next(self._ids)
        access = f"access-{number}"
        refresh = f"refresh-{number}"
        self._pending = (access, refresh)
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": 86_400,
                "access_token": access,
                "refresh_token": refresh,
            }
        )

    def _check(self, items: Any, *, largest: int) -> None:
        if not isinstance(items, list) or not items:
            raise _refusal(400, "Request data can not be empty")
        if len(items) > largest:
            raise _refusal(422, f"Limit {largest} per page")
        if any(_is_refused_without_a_word(item) for item in items):
            raise _refusal(400, "Request data is not valid")
        wrong = [
            {"request_id": str(item.get("request_id", index)), "errors": errors}
            for index, item in enumerate(items)
            if (errors := self._errors(item))
        ]
        if wrong:
            raise _refusal(400, "Request validation failed", **{"validation-errors": wrong})

    def _check_changes(self, items: Any) -> None:
        """Raises ApiError where a changed lead is missing, or is not valid as a new lead either."""
        if not isinstance(items, list) or not items:
            raise _refusal(400, "Request data can not be empty")
        missing = [
            {"request_id": str(item.get("request_id", index)), "errors": [_choice("id")]}
            for index, item in enumerate(items)
            if item.get("id") not in self.leads
        ]
        if missing:
            raise _refusal(400, "Request validation failed", **{"validation-errors": missing})
        self._check([self._as_new(item) for item in items], largest=250)

    def _as_new(self, item: dict[str, Any]) -> dict[str, Any]:
        """Returns a change as the equivalent new lead, in the pipeline that the lead is in."""
        change = {name: value for name, value in item.items() if name not in CHANGE_KEYS}
        return {"pipeline_id": self.leads[item["id"]].get("pipeline_id"), **change}

    def _errors(self, item: dict[str, Any]) -> list[dict[str, str]]:
        errors = [
            {"code": "NotSupported", "path": name, "detail": "Unknown"}
            for name in item.keys() - LEAD_KEYS
        ]
        status_id = item.get("status_id")
        stages = self.pipelines.get(item.get("pipeline_id", 0), {status_id})
        if item.get("pipeline_id") not in (None, *self.pipelines):
            errors.append(_choice("pipeline_id"))
        elif status_id not in (None, *stages) or status_id in self.incoming:
            errors.append(_choice("status_id"))
        if item.get("responsible_user_id") not in (None, *self.users):
            errors.append(_choice("responsible_user_id"))
        for index, value in enumerate(item.get("custom_fields_values") or []):
            path = f"custom_fields_values.{index}"
            known = self.custom_fields.get(value.get("field_id", 0))
            if known is None:
                errors.append(_choice(f"{path}.field_id"))
            else:
                errors += _value_errors(path, known, value.get("values") or [])
        for index, contact in enumerate((item.get("_embedded") or {}).get("contacts") or []):
            if "id" in contact and contact["id"] not in self.contacts:
                errors.append(_choice(f"_embedded.contacts.{index}.id"))
        if "!" in str(item.get("name", ""))[:1]:
            errors.append(
                {"code": "InvalidValue", "path": "name", "detail": "This value is not valid."}
            )
        return errors

    def _check_notes(self, items: list[Any]) -> None:
        wrong = [
            {"request_id": str(item.get("request_id", index)), "errors": [_choice("entity_id")]}
            for index, item in enumerate(items)
            if item.get("entity_id") not in self.leads or not (item.get("params") or {}).get("text")
        ]
        if wrong:
            raise _refusal(400, "Request validation failed", **{"validation-errors": wrong})


def _is_refused_without_a_word(item: dict[str, Any]) -> bool:
    """Returns whether the lead is refused for the name of its firm, which no error names."""
    firms = (item.get("_embedded") or {}).get("companies") or []
    return any(str(firm.get("name", "")).startswith("!") for firm in firms)


def _value_errors(
    path: str, description: dict[str, Any], values: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Returns what a field of this type does not take. Unknown choices are not created."""
    errors: list[dict[str, str]] = []
    choices = {choice["id"]: choice["value"] for choice in description.get("enums") or []}
    for place, value in enumerate(values):
        at = f"{path}.values.{place}"
        if description["type"] in CHOICE_TYPES:
            known = value.get("enum_id") in choices or value.get("value") in choices.values()
            errors += [] if known else [_choice(f"{at}.value")]
        elif not _is_of_type(description["type"], value.get("value")):
            errors.append(_wrong_type(f"{at}.value", description["type"]))
    return errors


def _is_of_type(type_: str, value: Any) -> bool:
    match type_:
        case "checkbox":
            return isinstance(value, bool)
        case "date" | "date_time" | "birthday":
            return isinstance(value, int) and not isinstance(value, bool)
        case "numeric" | "monetary":
            return str(value).replace(".", "", 1).removeprefix("-").isdigit()
        case _:
            return isinstance(value, str)


def _wrong_type(path: str, type_: str) -> dict[str, str]:
    detail = f"This value should be of type {type_}."
    return {"code": "InvalidType", "path": path, "detail": detail}


def _invalid(request_id: str, errors: list[dict[str, str]]) -> ApiError:
    wrong = [{"request_id": request_id, "errors": errors}]
    return _refusal(400, "Request validation failed", **{"validation-errors": wrong})


def _contact(contact: dict[str, Any], with_: str) -> dict[str, Any]:
    shown = {name: value for name, value in contact.items() if name != "leads"}
    leads = [{"id": lead_id} for lead_id in contact["leads"]]
    embedded: dict[str, Any] = {"tags": [], "companies": []}
    return shown | {"_embedded": embedded | ({"leads": leads} if "leads" in with_ else {})}


def _choice(path: str) -> dict[str, str]:
    return {
        "code": "NotSupportedChoice",
        "path": path,
        "detail": "The value you selected is not a valid choice.",
    }


def _values(contact: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for custom_field in contact.get("custom_fields_values") or []:
        found += [str(value["value"]) for value in custom_field.get("values") or []]
    return found


def _mentions(contact: dict[str, Any], query: str) -> bool:
    texts = (str(contact.get("name", "")), *_values(contact))
    return any(query.lower() in text.lower() for text in texts)


def _hal(body: dict[str, Any]) -> Response:
    return JSONResponse(body, media_type=HAL)


def _hal_list(
    name: str, items: list[dict[str, Any]], *, page: int = 1, limit: int = 250
) -> Response:
    """Returns a page of items. Kommo answers 204 instead of an empty list."""
    shown = items[(page - 1) * limit : page * limit]
    if not shown:
        return Response(status_code=204)
    links = {"self": {"href": f"https://simulator.kommo.com/api/v4/{name}?page={page}"}}
    if len(items) > page * limit:
        links["next"] = {"href": f"https://simulator.kommo.com/api/v4/{name}?page={page + 1}"}
    return _hal({"_page": page, "_links": links, "_embedded": {name: shown}})


def _fault_body(fault: Fault) -> tuple[bytes, dict[str, str]]:
    body = {"title": "Injected fault", "status": fault.status, "detail": "Injected fault"}
    more = {"retry_after": float(fault.retry_after)} if fault.retry_after else {}
    return json_error(body | more, PROBLEM)


def _refusal(status: int, detail: str, **more: Any) -> ApiError:
    """Returns an error in Kommo's format, in which 403 is plain text."""
    if status == 403:
        return ApiError(PlainTextResponse("403 Forbidden", status_code=403))
    body = {
        "title": "Bad Request",
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return ApiError(JSONResponse(body | more, status_code=status, media_type=PROBLEM))
