"""Lists bookings with Cal.com's REST API v2, because a webhook may be lost.

https://cal.com/docs/api-reference/v2/bookings/get-all-bookings
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from kit.errors import Unavailable
from kit.http_client import BoundedClient
from providers.calcom.models import BookingUpdate
from providers.calcom.webhooks import mapping, moment, read_webhook, text
from providers.errors import CredentialsRejected, seconds_to_wait

PAGE_SIZE = 100
MAX_BOOKINGS = 10_000
TRIGGERS = {
    "pending": "BOOKING_REQUESTED",
    "cancelled": "BOOKING_CANCELLED",
    "rejected": "BOOKING_REJECTED",
}


class CalcomClient:
    """Client for one account. Without the version header, an older API answers in other words."""

    def __init__(self, *, base_url: str, api_key: str, timeout: float = 10.0) -> None:
        self._timeout = timeout
        self._http = BoundedClient(
            base_url=base_url.rstrip("/").removesuffix("/v2"),
            timeout=httpx.Timeout(timeout, connect=5),
            headers={"Authorization": f"Bearer {api_key}", "cal-api-version": "2024-08-13"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def bookings_updated_since(self, since: datetime) -> list[BookingUpdate]:
        """Returns the bookings changed since then, oldest first. Raises Unavailable.

        Pages are requested newest first. A booking that changes meanwhile is then seen twice, and
        none is missed.
        """
        after = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        found: list[BookingUpdate] = []
        for skip in range(0, MAX_BOOKINGS, PAGE_SIZE):
            page = await self._page(
                afterUpdatedAt=after, sortUpdatedAt="desc", take=PAGE_SIZE, skip=skip
            )
            updates = [read_listed(item, since) for item in page]
            found += [update for update in updates if update is not None]
            if len(page) < PAGE_SIZE:
                break
        return found[::-1]

    async def _page(self, **params: Any) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout):  # httpx restarts its own at every byte
                response = await self._http.get("/v2/bookings", params=params)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"calcom: {type(error).__name__}") from error
        return read_answer(response)


def read_answer(response: httpx.Response) -> list[Any]:
    """Returns the bookings of a success. Raises Unavailable otherwise: reads can be repeated."""
    try:
        body = mapping(response.json())
    except (ValueError, RecursionError):
        body = {}
    data = body.get("data")
    if response.status_code == 200 and isinstance(data, list):
        if not all(isinstance(item, dict) for item in data):
            raise Unavailable("calcom: unreadable answer", status=200)
        return data
    code = text(mapping(body.get("error")).get("code")) or ""
    reason = f"calcom: {response.status_code} {code}".strip()
    if response.status_code in (401, 403):
        raise CredentialsRejected(reason, status=response.status_code)
    wait = response.headers.get("retry-after")
    must_wait = wait is not None or response.status_code == 429
    retry_after = seconds_to_wait(wait, datetime.now(UTC)) if must_wait else 0.0
    raise Unavailable(reason, retry_after=retry_after, status=response.status_code)


def read_listed(item: Any, since: datetime) -> BookingUpdate | None:
    """Returns a listed booking as its webhook would have described it.

    None for a booking that was rescheduled, because a newer one has replaced it.
    """
    item = mapping(item)
    trigger = _trigger(item)
    if trigger is None or item.get("rescheduledToUid"):
        return None
    body = {
        "triggerEvent": trigger,
        "uid": item.get("uid"),
        "fromReschedule": item.get("rescheduledFromUid"),
        "startTime": item.get("start"),
        "endTime": item.get("end"),
        "responses": item.get("bookingFieldsResponses"),
        "title": item.get("title"),
        "location": item.get("location"),
        "status": item.get("status"),
        "attendees": item.get("attendees"),
        "metadata": item.get("metadata"),
        "cancellationReason": item.get("cancellationReason"),
        "rejectionReason": item.get("rejectionReason"),
    }
    update = read_webhook(body, since)
    if not isinstance(update, BookingUpdate):
        return None
    return replace(update, at=moment(item.get("updatedAt")) or since)


def _trigger(item: Mapping[str, Any]) -> str | None:
    if item.get("status") == "accepted":
        return "BOOKING_RESCHEDULED" if item.get("rescheduledFromUid") else "BOOKING_CREATED"
    return TRIGGERS.get(text(item.get("status")) or "")
