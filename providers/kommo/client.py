"""Keeps leads, contacts and notes in Kommo with its REST API v4."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import structlog
from aiolimiter import AsyncLimiter

from kit.errors import Refused, Unavailable
from kit.http_client import BoundedClient
from providers.errors import CredentialsRejected, OutcomeUnknown, seconds_to_wait, unreadable_as
from providers.kommo.models import (
    INCOMING,
    Contact,
    CustomField,
    ItemError,
    KommoLead,
    Move,
    Note,
    Registered,
    Stage,
)

log = structlog.get_logger()

# https://developers.kommo.com/docs/limitations
BATCH = 50  # Kommo accepts 250, but answers 504 when the batch is too heavy
IDS_PER_QUERY = 100  # ids in one URL, which must not become too long
PAGE = 250
LONGEST_LIST = 40  # pages
BLOCKED_SECONDS = 60.0
REDIRECTS = (301, 302, 303, 307, 308)
DOMAINS = (".kommo.com", ".amocrm.com")
# in `detail` of a 400, when the account, its plan or the user's rights are the cause:
# https://github.com/amocrm/amocrm-api-php/issues/33
ACCOUNT_CODES = {"101", "110", "111", "112", "113", "244", "402", "403"}
ADDRESS_TYPES = ("PHONE", "EMAIL")


class KommoRefused(Refused):
    """Kommo refuses a batch. `items` maps the request ids at fault to the errors, if named."""

    def __init__(self, reason: str, items: Mapping[str, tuple[ItemError, ...]]) -> None:
        super().__init__(reason)
        self.items = items

    def reason_for(self, request_id: str) -> str:
        """Returns Kommo's own words about one item."""
        errors = self.items.get(request_id, ())
        return "; ".join(str(error) for error in errors) or str(self)


class NotFound(Exception):
    """There is nothing at this address."""


class Moved(Exception):
    """The account has another address."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(f"{status} to {location}")
        self.status = status
        self.location = location


class Unauthorized(Exception):
    """The access token is no longer valid."""


Token = Callable[[bool], Awaitable[str]]


async def _always() -> None:
    """Allows every request."""


class KommoClient:
    """Client for one account. `token(renew)` returns the access token.

    With `renew` it returns a new one, because the last one was refused.

    Requests are spaced so that no second holds more than seven, even where some are late and the
    next are not. Seven is Kommo's limit for one IP address, and it blocks an address that goes on
    exceeding it: https://developers.kommo.com/docs/limitations

    `moved_to` is the address that Kommo redirected a read to: the account was renamed.

    `may_write` is awaited before each request that changes something, once its turn has come. It
    raises where the request must not be sent any more.
    """

    def __init__(self, *, base_url: str, token: Token, timeout: float = 20.0) -> None:
        self._token = token
        self._timeout = timeout
        self._base_url = httpx.URL(base_url)
        self.moved_to: str | None = None
        self.may_write: Callable[[], Awaitable[None]] = _always
        self._http = BoundedClient(
            base_url=base_url.rstrip("/"), timeout=httpx.Timeout(timeout, connect=5)
        )
        self._pace = AsyncLimiter(1, 1 / 6)

    async def close(self) -> None:
        await self._http.aclose()

    async def find_contacts(self, text: str) -> list[Contact]:
        """Returns the contacts with `text` in any field. Raises Unavailable."""
        found = await self._get_all("/api/v4/contacts", "contacts", query=text, **{"with": "leads"})
        with unreadable_as(Unavailable, "kommo"):
            return [_contact(item) for item in found if not item.get("is_deleted")]

    async def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]:
        """Returns the contacts that exist, by id. Raises Unavailable."""
        found = await self._get_by_id("/api/v4/contacts", "contacts", contact_ids, "leads")
        with unreadable_as(Unavailable, "kommo"):
            contacts = [_contact(item) for item in found if not item.get("is_deleted")]
        return {contact.contact_id: contact for contact in contacts}

    async def find_leads(self, text: str) -> list[KommoLead]:
        """Returns the leads in which `text` occurs. Raises Unavailable."""
        found = await self._get_all("/api/v4/leads", "leads", query=text, **{"with": "contacts"})
        with unreadable_as(Unavailable, "kommo"):
            return [_lead(item) for item in found]

    async def leads(self, lead_ids: Sequence[int]) -> dict[int, KommoLead]:
        """Returns the leads that exist, by id. A missing lead was deleted. Raises Unavailable."""
        found = await self._get_by_id("/api/v4/leads", "leads", lead_ids, "contacts")
        with unreadable_as(Unavailable, "kommo"):
            leads = [_lead(item) for item in found if not item.get("is_deleted")]
        return {lead.lead_id: lead for lead in leads}

    async def add_leads_with_contacts(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        """Adds leads, each with its new contact and company, in one call.

        Not idempotent: after OutcomeUnknown, search before adding again.
        https://developers.kommo.com/reference/complex-leads
        """
        answer = await self._post("/api/v4/leads/complex", leads)
        registered: list[Registered] = []
        with unreadable_as(OutcomeUnknown, "kommo"):
            if not isinstance(answer, list):  # a bare array, unlike every other answer of the API
                raise TypeError("no array")
            for item in answer:
                lead_id = int(item["id"])
                contact_id = item.get("contact_id")
                # a merged lead carries every request id that was merged into it
                merged = item.get("merged") is True
                registered += [
                    Registered(str(request_id), lead_id, contact_id, merged)
                    for request_id in _list(item.get("request_id"))
                ]
        return registered

    async def add_leads(self, leads: Sequence[Mapping[str, Any]]) -> list[Registered]:
        """Adds leads of contacts that exist. Not idempotent either."""
        answer = await self._post("/api/v4/leads", leads)
        with unreadable_as(OutcomeUnknown, "kommo"):
            return [
                Registered(str(item["request_id"]), int(item["id"]), None)
                for item in _embedded(answer, "leads")
            ]

    async def add_notes(self, notes: Sequence[Note]) -> None:
        """Adds notes to leads. Not idempotent: Kommo keeps every copy."""
        await self._post(
            "/api/v4/leads/notes",
            [
                {
                    "entity_id": note.lead_id,
                    "note_type": "common",
                    "params": {"text": note.text},
                    "request_id": str(index),
                }
                for index, note in enumerate(notes)
            ],
        )

    async def notes_of(self, lead_id: int) -> list[str]:
        """Returns the texts of a lead's notes. Raises Unavailable."""
        found = await self._get_all(f"/api/v4/leads/{lead_id}/notes", "notes")
        with unreadable_as(Unavailable, "kommo"):
            return [str((item.get("params") or {}).get("text", "")) for item in found]

    async def move_leads(self, moves: Sequence[Move]) -> None:
        """Moves leads to other stages. The refused items of KommoRefused are lead ids.

        Moving twice is harmless, so an unknown outcome is raised as Unavailable.
        """
        for first in range(0, len(moves), BATCH):
            items = [
                {
                    "id": move.lead_id,
                    "status_id": move.status_id,
                    "pipeline_id": move.pipeline_id,
                    "request_id": str(move.lead_id),
                }
                for move in moves[first : first + BATCH]
            ]
            await self._patch("/api/v4/leads", items)

    async def change_lead(self, lead_id: int, changes: Mapping[str, Any]) -> None:
        """Changes the named keys of a lead. Harmless when repeated, as `move_leads`."""
        item = {**changes, "id": lead_id, "request_id": str(lead_id)}
        await self._patch("/api/v4/leads", [item])

    async def change_contact(
        self, contact_id: int, values: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        """Replaces the phones or emails of a contact. Harmless when repeated, as `move_leads`.

        Only the fields that change are sent: Kommo has refused a contact that was sent back whole.
        https://github.com/amocrm/amocrm-api-php/issues/502
        """
        item = {
            "id": contact_id,
            "custom_fields_values": [
                {"field_code": code, "values": list(listed)} for code, listed in values.items()
            ],
            "request_id": str(contact_id),
        }
        await self._patch("/api/v4/contacts", [item])

    async def add_contact(self, contact: Mapping[str, Any]) -> int:
        """Adds a contact, and returns its id. Not idempotent: search for it before.

        Raises Unavailable where the outcome is unknown.
        """
        try:
            answer = await self._post("/api/v4/contacts", [contact])
        except OutcomeUnknown as unclear:
            raise Unavailable(str(unclear), status=unclear.status) from unclear
        with unreadable_as(Unavailable, "kommo"):
            return int(_embedded(answer, "contacts")[0]["id"])

    async def link_contact(self, lead_id: int, contact_id: int) -> None:
        """Makes the contact the lead's main one. Harmless when repeated."""
        link = {
            "to_entity_id": contact_id,
            "to_entity_type": "contacts",
            "metadata": {"is_main": True},
        }
        try:
            await self._post(f"/api/v4/leads/{lead_id}/link", [link])
        except OutcomeUnknown as unclear:
            raise Unavailable(str(unclear), status=unclear.status) from unclear

    async def account(self) -> str:
        """Returns the account's name. Raises Unavailable."""
        answer = await self._get("/api/v4/account")
        with unreadable_as(Unavailable, "kommo"):
            return str((answer or {}).get("name", ""))

    async def stages(self, pipeline_id: int) -> dict[int, Stage] | None:
        """Returns the stages of a pipeline, which Kommo calls statuses.

        None where there is no such pipeline. Kommo may answer with it, or with a list of pipelines.
        """
        answer = await self._get(f"/api/v4/leads/pipelines/{pipeline_id}")
        if answer is None:
            return None
        with unreadable_as(Unavailable, "kommo"):
            if "pipelines" in answer["_embedded"]:
                listed = {int(item["id"]): item for item in _embedded(answer, "pipelines")}
                if pipeline_id not in listed:
                    return None
                answer = listed[pipeline_id]
            stages = [_stage(item) for item in _embedded(answer, "statuses")]
        return {stage.status_id: stage for stage in stages}

    async def lead_fields(self) -> dict[int, CustomField]:
        """Returns the custom fields of leads. Raises Unavailable."""
        found = await self._get_all("/api/v4/leads/custom_fields", "custom_fields")
        with unreadable_as(Unavailable, "kommo"):
            fields = [_custom_field(item) for item in found]
        return {field.field_id: field for field in fields}

    async def users(self) -> dict[int, str]:
        """Returns the names of the account's users. Raises Unavailable."""
        found = await self._get_all("/api/v4/users", "users")
        with unreadable_as(Unavailable, "kommo"):
            return {int(item["id"]): str(item.get("name") or "") for item in found}

    async def _get_by_id(
        self, path: str, name: str, ids: Sequence[int], related: str
    ) -> list[dict[str, Any]]:
        """Returns the items with these ids. An id that Kommo refuses is read as a missing one."""
        found: list[dict[str, Any]] = []
        for first in range(0, len(ids), IDS_PER_QUERY):
            batch = list(ids[first : first + IDS_PER_QUERY])
            found += await self._get_batch(path, name, batch, related)
        return found

    async def _get_batch(
        self, path: str, name: str, ids: list[int], related: str
    ) -> list[dict[str, Any]]:
        try:
            params: dict[str, Any] = {"filter[id][]": ids, "with": related}
            return await self._get_all(path, name, **params)
        except KommoRefused as refused:
            if len(ids) == 1:
                log.error("kommo.read_refused", path=path, id=ids[0], reason=str(refused))
                return []
        middle = len(ids) // 2
        first = await self._get_batch(path, name, ids[:middle], related)
        return first + await self._get_batch(path, name, ids[middle:], related)

    async def _get_all(self, path: str, name: str, **params: Any) -> list[dict[str, Any]]:
        """Returns the items of every page of a list."""
        items: list[dict[str, Any]] = []
        for page in range(1, LONGEST_LIST + 1):
            more = {"page": page} if page > 1 else {}
            answer = await self._get(path, limit=PAGE, **more, **params)
            with unreadable_as(Unavailable, "kommo"):
                items += _embedded(answer, name)
                if answer is None or not (answer.get("_links") or {}).get("next"):
                    break
        return items

    async def _get(self, path: str, **params: Any) -> Any:
        """Returns the answer. None for an empty list and for a missing item."""
        try:
            return await self._request("GET", path, params=params)
        except OutcomeUnknown as unclear:  # a read has no effect, so repeating it is safe
            raise Unavailable(str(unclear), status=unclear.status) from unclear
        except NotFound:
            if _names_an_item(path):
                return None
            raise _wrong_address(404) from None

    async def _patch(self, path: str, items: Sequence[Mapping[str, Any]]) -> None:
        try:
            await self._request("PATCH", path, json=list(items))
        except OutcomeUnknown as unclear:
            raise Unavailable(str(unclear), status=unclear.status) from unclear
        except NotFound:
            raise KommoRefused("kommo: 404", {}) from None

    async def _post(self, path: str, items: Sequence[Mapping[str, Any]]) -> Any:
        try:
            return await self._request("POST", path, json=list(items))
        except NotFound:
            if _names_an_item(path):
                raise KommoRefused("kommo: 404", {}) from None
            raise _wrong_address(404) from None

    async def _request(self, method: str, path: str, **content: Any) -> Any:
        try:
            return await self._try(method, path, await self._token(False), **content)
        except Unauthorized:
            try:
                return await self._try(method, path, await self._token(True), **content)
            except Unauthorized:
                raise CredentialsRejected(
                    "kommo: 401, the token is not accepted", status=401
                ) from None

    async def _try(self, method: str, path: str, token: str, **content: Any) -> Any:
        try:
            return read_answer(await self._send(method, path, token, **content))
        except Moved as moved:
            address = self._followed(moved) if method == "GET" else None
            if address is None:
                raise _wrong_address(moved.status) from None
        query = {} if address.query else content  # a redirect may repeat the query or drop it
        try:
            return read_answer(await self._send(method, str(address), token, **query))
        except Moved as again:
            raise _wrong_address(again.status) from None

    def _followed(self, moved: Moved) -> httpx.URL | None:
        """Returns where to read instead, or None where our token must not be sent to.

        A renamed account redirects to its new name.
        """
        if not moved.location:
            return None
        try:
            address = self._base_url.join(moved.location)
        except (httpx.InvalidURL, ValueError, TypeError):
            return None
        if not self._may_get_our_token(address):
            return None
        host = f"{address.scheme}://{address.netloc.decode()}"
        if host != self.moved_to:
            log.warning("kommo.redirected", status=moved.status, address=host)
        self.moved_to = host
        return address

    def _may_get_our_token(self, address: httpx.URL) -> bool:
        """Returns whether a read may follow to this address. The simulator's is its own only."""
        here = self._base_url
        if here.scheme == "https":
            return is_kommos(address)
        same = (address.scheme, address.netloc) == (here.scheme, here.netloc)
        return same and not address.userinfo

    async def _send(self, method: str, address: str, token: str, **content: Any) -> httpx.Response:
        async with self._pace:
            pass
        if method != "GET":
            await self.may_write()
        try:
            async with asyncio.timeout(self._timeout):  # httpx restarts its own at every byte
                return await self._http.request(
                    method,
                    address,
                    headers={"Authorization": f"Bearer {token}"},
                    follow_redirects=False,
                    **content,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("kommo: no connection") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise OutcomeUnknown(f"kommo: {type(error).__name__}") from error


def is_kommos(address: httpx.URL) -> bool:
    """Returns whether an address is an account's at Kommo, so that it may be given our token."""
    return (
        address.scheme == "https"
        and address.port in (None, 443)
        and not address.userinfo
        and address.host.lower().endswith(DOMAINS)
    )


def read_answer(response: httpx.Response) -> Any:
    """Returns the body of a success. Raises otherwise.

    None for 204, which Kommo answers instead of an empty list. 429 and 403 may come as plain text.
    429 names its wait in the body (`retry_after`), not in a header.
    """
    status = response.status_code
    try:
        body = response.json() if response.content else None
    except (ValueError, RecursionError):
        body = None
    details = body if isinstance(body, dict) else {}
    if status == 204 and response.request.method == "GET":
        return None
    if status == 401:
        raise Unauthorized
    if status == 429:
        raise Unavailable(
            "kommo: 429",
            retry_after=seconds_to_wait(
                str(details.get("retry_after") or response.headers.get("retry-after")),
                datetime.now(UTC),
            ),
            status=status,
        )
    if status in (402, 403):  # the plan has ended; the address or the account is blocked
        raise CredentialsRejected(f"kommo: {status}", retry_after=BLOCKED_SECONDS, status=status)
    if status == 404:
        raise NotFound
    if status in (405, 410):  # this is not Kommo's API
        raise _wrong_address(status)
    if status in REDIRECTS:
        raise Moved(status, response.headers.get("location", ""))
    if status == 408 or status >= 500 or status < 200 or (status < 300 and body is None):
        raise OutcomeUnknown(f"kommo: {status}", status=status)
    if status >= 300:
        raise _refusal(status, details)
    return body


def _refusal(status: int, details: Mapping[str, Any]) -> Exception:
    """Returns what a 4xx means: one item is at fault, or the account."""
    with unreadable_as(OutcomeUnknown, "kommo"):
        detail = str(details.get("detail") or "")
        listed = details.get("validation-errors") or []
        items = {str(item.get("request_id")): _item_errors(item) for item in listed}
    if not items and ACCOUNT_CODES & set(re.findall(r"\b\d{3}\b", detail)):
        reason = f"kommo: {status} {detail}"
        return CredentialsRejected(reason, retry_after=BLOCKED_SECONDS, status=status)
    return KommoRefused(f"kommo: {status} {detail}".strip(), items)


def _wrong_address(status: int) -> CredentialsRejected:
    return CredentialsRejected(f"kommo: {status}, check KOMMO_BASE_URL", status=status)


def _names_an_item(path: str) -> bool:
    """Returns whether a path leads to one item, which may be missing. Lists are never missing."""
    return re.search(r"/\d+(/|$)", path) is not None


def _item_errors(item: Mapping[str, Any]) -> tuple[ItemError, ...]:
    return tuple(
        ItemError(
            str(error.get("code") or ""),
            str(error.get("path") or ""),
            str(error.get("detail") or ""),
        )
        for error in item.get("errors") or []
    )


def _embedded(answer: Any, name: str) -> list[dict[str, Any]]:
    """Returns the items of an answer; none for a 204.

    Raises an UNREADABLE error for an answer without the list. Read as "nothing found", it would let
    a lead be added twice.
    """
    if answer is None:
        return []
    items = answer["_embedded"][name]
    if not isinstance(items, list):
        raise TypeError(name)
    return items


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _lead(item: Mapping[str, Any]) -> KommoLead:
    contacts = (item.get("_embedded") or {}).get("contacts") or []
    main = next((contact for contact in contacts if contact.get("is_main")), None)
    chosen = main or next(iter(contacts), None)
    return KommoLead(
        int(item["id"]),
        str(item.get("name") or ""),
        int(chosen["id"]) if chosen else None,
        pipeline_id=_number(item.get("pipeline_id")),
        status_id=int(item.get("status_id") or 0),
        updated_by=_number(item.get("updated_by")),
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _contact(item: Mapping[str, Any]) -> Contact:
    values: dict[str, list[dict[str, Any]]] = {code: [] for code in ADDRESS_TYPES}
    for field in item.get("custom_fields_values") or []:
        if field.get("field_code") in values:
            values[field["field_code"]] += [_written(value) for value in field.get("values") or []]
    phones, emails = (tuple(value["value"] for value in values[code]) for code in ADDRESS_TYPES)
    leads = (item.get("_embedded") or {}).get("leads") or []
    lead_ids = tuple(int(lead["id"]) for lead in leads)
    name = str(item.get("name") or "")
    return Contact(int(item["id"]), phones, emails, name, values=values, lead_ids=lead_ids)


def _written(value: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a phone or email as it is to be sent back, with its kind (WORK, HOME …)."""
    kind = {key: value[key] for key in ("enum_id", "enum_code") if value.get(key)}
    if "enum_id" in kind:
        kind.pop("enum_code", None)
    return {"value": str(value.get("value", "")), **kind}


def _stage(item: Mapping[str, Any]) -> Stage:
    is_incoming = str(item.get("type")) == str(INCOMING)
    return Stage(int(item["id"]), str(item.get("name") or ""), is_incoming)


def _custom_field(item: Mapping[str, Any]) -> CustomField:
    choices = {
        int(choice["id"]): str(choice.get("value") or "") for choice in item.get("enums") or []
    }
    return CustomField(
        int(item["id"]), str(item.get("name") or ""), str(item.get("type") or "text"), choices
    )
