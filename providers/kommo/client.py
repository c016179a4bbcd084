"""Keeps leads, contacts and notes in Kommo with its REST API v4."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from aiolimiter import AsyncLimiter

from kit.errors import Refused, Unavailable
from kit.http_client import BoundedClient
from providers.errors import CredentialsRejected, OutcomeUnknown, seconds_to_wait, unreadable_as
from providers.kommo.models import Contact, KommoLead, Move, Note, Registered

# https://developers.kommo.com/docs/limitations
BATCH = 50  # Kommo accepts 250, but answers 504 when the batch is too heavy
IDS_PER_QUERY = 100  # ids in one URL, which must not become too long
BLOCKED_SECONDS = 60.0


class KommoRefused(Refused):
    """Kommo refuses a batch. `items` maps the request ids at fault to the reasons, if named."""

    def __init__(self, reason: str, items: Mapping[str, str]) -> None:
        super().__init__(reason)
        self.items = items


class Unauthorized(Exception):
    """The access token is no longer valid."""


Token = Callable[[bool], Awaitable[str]]


class KommoClient:
    """Client for one account. `token(renew)` returns the access token.

    With `renew` it returns a new one, because the last one was refused.

    Requests are spaced so that no second holds more than seven, even where some are late and the
    next are not. Seven is Kommo's limit for one IP address, and it blocks an address that goes on
    exceeding it: https://developers.kommo.com/docs/limitations
    """

    def __init__(self, *, base_url: str, token: Token, timeout: float = 20.0) -> None:
        self._token = token
        self._timeout = timeout
        self._http = BoundedClient(
            base_url=base_url.rstrip("/"), timeout=httpx.Timeout(timeout, connect=5)
        )
        self._pace = AsyncLimiter(1, 1 / 6)

    async def close(self) -> None:
        await self._http.aclose()

    async def find_contacts(self, text: str) -> list[Contact]:
        """Returns the contacts with `text` in any field. Raises Unavailable."""
        found = await self._get("/api/v4/contacts", query=text, limit=50)
        with unreadable_as(Unavailable, "kommo"):
            return [_contact(item) for item in _embedded(found, "contacts")]

    async def find_leads(self, text: str) -> list[KommoLead]:
        """Returns the leads in which `text` occurs. Raises Unavailable."""
        found = await self._get("/api/v4/leads", query=text, limit=50, **{"with": "contacts"})
        with unreadable_as(Unavailable, "kommo"):
            return [_lead(item) for item in _embedded(found, "leads")]

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
                registered += [
                    Registered(str(request_id), lead_id, contact_id)
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
        found = await self._get(f"/api/v4/leads/{lead_id}/notes", limit=250)
        with unreadable_as(Unavailable, "kommo"):
            return [
                str((item.get("params") or {}).get("text", ""))
                for item in _embedded(found, "notes")
            ]

    async def statuses(self, lead_ids: Sequence[int]) -> dict[int, int]:
        """Returns the stage of each lead. A missing lead was deleted. Raises Unavailable."""
        found: dict[int, int] = {}
        for first in range(0, len(lead_ids), IDS_PER_QUERY):
            ids = list(lead_ids[first : first + IDS_PER_QUERY])
            answer = await self._get("/api/v4/leads", limit=250, **{"filter[id][]": ids})
            with unreadable_as(Unavailable, "kommo"):
                found |= {
                    int(item["id"]): int(item.get("status_id") or 0)
                    for item in _embedded(answer, "leads")
                    if not item.get("is_deleted")
                }
        return found

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
            try:
                await self._request("PATCH", "/api/v4/leads", json=items)
            except OutcomeUnknown as unclear:
                raise Unavailable(str(unclear)) from unclear

    async def account(self) -> str:
        """Returns the account's name. Raises Unavailable."""
        answer = await self._get("/api/v4/account")
        with unreadable_as(Unavailable, "kommo"):
            return str((answer or {}).get("name", ""))

    async def stages(self, pipeline_id: int) -> dict[int, str] | None:
        """Returns the stages of a pipeline, which Kommo calls statuses.

        None where there is no such pipeline.
        """
        answer = await self._get(f"/api/v4/leads/pipelines/{pipeline_id}")
        if answer is None:
            return None
        with unreadable_as(Unavailable, "kommo"):
            return {int(stage["id"]): str(stage["name"]) for stage in _embedded(answer, "statuses")}

    async def lead_fields(self) -> dict[int, str]:
        """Returns the custom fields of leads. Raises Unavailable."""
        answer = await self._get("/api/v4/leads/custom_fields", limit=250)
        with unreadable_as(Unavailable, "kommo"):
            return {
                int(field["id"]): str(field["name"]) for field in _embedded(answer, "custom_fields")
            }

    async def _get(self, path: str, **params: Any) -> Any:
        try:
            return await self._request("GET", path, params=params)
        except OutcomeUnknown as unclear:  # a read has no effect, so repeating it is safe
            raise Unavailable(str(unclear), status=unclear.status) from unclear

    async def _post(self, path: str, items: Sequence[Mapping[str, Any]]) -> Any:
        return await self._request("POST", path, json=list(items))

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
        async with self._pace:
            pass
        try:
            async with asyncio.timeout(self._timeout):  # httpx restarts its own at every byte
                response = await self._http.request(
                    method, path, headers={"Authorization": f"Bearer {token}"}, **content
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("kommo: no connection") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise OutcomeUnknown(f"kommo: {type(error).__name__}") from error
        return read_answer(response)


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
    if status in (204, 404) and response.request.method == "GET":
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
    if status >= 500 or status < 200 or (status < 300 and body is None):
        raise OutcomeUnknown(f"kommo: {status}", status=status)
    if status >= 300:
        with unreadable_as(OutcomeUnknown, "kommo"):
            items = {
                str(item.get("request_id")): _reasons(item)
                for item in details.get("validation-errors", [])
            }
        raise KommoRefused(f"kommo: {status} {details.get('detail', '')}".strip(), items)
    return body


def _reasons(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{error.get('code')} {error.get('path')}" for error in item.get("errors", []))


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
    contact_id = int(contacts[0]["id"]) if contacts else None
    return KommoLead(int(item["id"]), str(item.get("name") or ""), contact_id)


def _contact(item: Mapping[str, Any]) -> Contact:
    values: dict[str, list[str]] = {"PHONE": [], "EMAIL": []}
    for field in item.get("custom_fields_values") or []:
        if field.get("field_code") in values:
            values[field["field_code"]] += [
                str(value.get("value", "")) for value in field.get("values") or []
            ]
    return Contact(int(item["id"]), tuple(values["PHONE"]), tuple(values["EMAIL"]))
