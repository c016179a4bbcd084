"""Fetches leads from Meta's Graph API, with a page's token.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from kit.errors import Unavailable
from providers.errors import LONGEST_WAIT, CredentialsRejected, seconds_to_wait
from sources.meta.errors import Fault, Gone, fault_of
from sources.meta.lead import FIELDS, read
from sources.model import Form
from sources.proof import digest
from sources.values import as_text, mapping, objects

TIMEOUT = 15.0  # seconds
PAGE_SIZE = 100
MAX_IDS = 50  # https://developers.facebook.com/docs/graph-api/batch-requests
MAX_PAGES = 1000
THROTTLED_SECONDS = 300.0  # where Meta names no time
PERMISSIONS = ("leads_retrieval", "pages_manage_metadata")
EXPIRES_SOON = timedelta(days=7)
_NO_LEADS = {"DELETED", "DRAFT"}


class MetaClient:
    """Client for the Graph API. The caller closes `http`.

    Every method raises Unavailable, CredentialsRejected where a token or permission is at fault,
    or Gone.
    """

    def __init__(
        self, *, base_url: str, version: str, token: str, app_secret: str, http: httpx.AsyncClient
    ) -> None:
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._token = token
        self._proof = digest(app_secret, token.encode()).hex() if app_secret else ""
        self._http = http

    async def lead(self, leadgen_id: str) -> Form:
        """Returns one lead."""
        return read(await self._get(leadgen_id, fields=FIELDS))

    async def leads_by_id(self, leadgen_ids: Sequence[str]) -> dict[str, Form]:
        """Returns up to MAX_IDS leads by their ids. Raises Gone where any of them is not shown."""
        found = await self._get("", ids=",".join(leadgen_ids), fields=FIELDS)
        return {leadgen_id: read(mapping(found.get(leadgen_id))) for leadgen_id in leadgen_ids}

    async def leads(self, form_id: str, since: datetime) -> list[Form]:
        """Returns the leads of a form that came after a time."""
        after = {
            "field": "time_created",
            "operator": "GREATER_THAN",
            "value": int(since.timestamp()),
        }
        found = await self._list(f"{form_id}/leads", fields=FIELDS, filtering=json.dumps([after]))
        return [read(lead) for lead in found]

    async def forms(self, page_id: str) -> list[str]:
        """Returns the ids of a page's forms that may have leads."""
        forms = await self._list(f"{page_id}/leadgen_forms", fields="id,status")
        return [as_text(form.get("id")) for form in forms if form.get("status") not in _NO_LEADS]

    async def subscription(self, page_id: str) -> bool:
        """Returns whether the page's leads are announced to our app; others may have them too."""
        app_id = as_text((await self._token_data()).get("app_id"))
        apps = await self._list(f"{page_id}/subscribed_apps")
        return any(
            "leadgen" in (app.get("subscribed_fields") or ())
            for app in apps
            if as_text(app.get("id")) == app_id
        )

    async def subscribe(self, page_id: str) -> None:
        """Has the page's leads announced to our app."""
        await self._request("POST", f"{page_id}/subscribed_apps", {"subscribed_fields": "leadgen"})

    async def check(self, now: datetime) -> str:
        """Returns what is wrong with the token and its permissions; empty where nothing is."""
        token = await self._token_data()
        if token.get("is_valid") is not True:
            return "the token is no longer valid"
        granted = token.get("scopes") or ()
        missing = [name for name in PERMISSIONS if name not in granted]
        if missing:
            return f"the token lacks the permissions {', '.join(missing)}"
        expires_at = token.get("expires_at") or token.get("data_access_expires_at") or 0
        if expires_at and datetime.fromtimestamp(expires_at, UTC) < now + EXPIRES_SOON:
            return f"the token expires on {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d}"
        return ""

    async def _token_data(self) -> Mapping[str, Any]:
        """Returns what Meta says of our token: its app, its permissions, until when it lasts."""
        return mapping((await self._get("debug_token", input_token=self._token)).get("data"))

    async def _list(self, path: str, **params: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        params["limit"] = str(PAGE_SIZE)
        for _ in range(MAX_PAGES):
            page = await self._get(path, **params)
            found += objects(page.get("data"))
            paging = mapping(page.get("paging"))
            # `next` is a whole address with the token in it
            if not paging.get("next"):
                break
            params["after"] = as_text(mapping(paging.get("cursors")).get("after"))
        return found

    async def _get(self, path: str, **params: str) -> Mapping[str, Any]:
        return await self._request("GET", path, params)

    async def _request(
        self, method: str, path: str, params: Mapping[str, str]
    ) -> Mapping[str, Any]:
        proof = {"appsecret_proof": self._proof} if self._proof else {}
        try:
            async with asyncio.timeout(TIMEOUT):  # httpx restarts its own at every byte
                response = await self._http.request(
                    method,
                    f"{self._base}/{quote(path)}",
                    params={**params, **proof},
                    headers={"Authorization": f"Bearer {self._token}"},
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"meta: {type(error).__name__}") from error
        return read_answer(response)


def read_answer(response: httpx.Response) -> Mapping[str, Any]:
    """Returns the body of a success. Raises Unavailable, CredentialsRejected or Gone."""
    try:
        body = mapping(response.json())
    except (ValueError, RecursionError):
        body = {}
    error = mapping(body.get("error"))
    if response.status_code == 200 and body and not error:
        return body
    raise _failure(response, error)


def _failure(response: httpx.Response, error: Mapping[str, Any]) -> Exception:
    code = error.get("code")
    code = code if isinstance(code, int) else 0
    status = response.status_code
    reason = f"meta: {status} code {code}"
    match fault_of(code, transient=error.get("is_transient") is True):
        case Fault.CREDENTIALS | Fault.REFUSED:
            return CredentialsRejected(reason, status=status)
        case Fault.GONE:
            return Gone(reason)
        case Fault.THROTTLED:
            return Unavailable(reason, retry_after=_throttled_seconds(response), status=status)
        case Fault.TRANSIENT:
            return Unavailable(reason, status=status)


def _throttled_seconds(response: httpx.Response) -> float:
    wait = response.headers.get("retry-after")
    if wait:
        return seconds_to_wait(wait, datetime.now(UTC))
    minutes = _minutes_to_wait(response.headers.get("x-business-use-case-usage", ""))
    return min(minutes * 60.0, LONGEST_WAIT) if minutes else THROTTLED_SECONDS


def _minutes_to_wait(usage: str) -> float:
    """Returns the longest wait that the header names, 0 where it names none.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    try:
        by_business = mapping(json.loads(usage))
    except (ValueError, RecursionError):
        return 0.0
    waits = [0.0]
    for named in by_business.values():
        for use in objects(named):
            wait = use.get("estimated_time_to_regain_access")
            if isinstance(wait, int | float):
                waits.append(float(wait))
    return max(waits)
