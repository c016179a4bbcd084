"""Cal.com's REST API v2: what became of bookings, for who cannot rely on hearing of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from kit.errors import Unavailable
from providers.calcom.webhooks import BookingUpdate, mapping, moment, read_webhook, text
from providers.errors import CredentialsRejected, seconds_to_wait

PAGE = 100
MOST = 10_000
TRIGGERS = {
    "pending": "BOOKING_REQUESTED",
    "cancelled": "BOOKING_CANCELLED",
    "rejected": "BOOKING_REJECTED",
}


class CalcomClient:
    """One account. Without the version header an older API would answer, in other words."""

    def __init__(self, *, base_url: str, api_key: str, timeout: float = 10.0) -> None:
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/").removesuffix("/v2"),
            timeout=httpx.Timeout(timeout, connect=5),
            headers={"Authorization": f"Bearer {api_key}", "cal-api-version": "2024-08-13"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def bookings_updated_since(self, since: datetime) -> list[BookingUpdate]:
        """What changed, oldest first. Raises Unavailable.

        Pages are asked for newest first: what changes meanwhile is then seen twice, and nothing is missed.
        """
        after = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        found: list[BookingUpdate] = []
        for skip in range(0, MOST, PAGE):
            page = await self._page(
                afterUpdatedAt=after, sortUpdatedAt="desc", take=PAGE, skip=skip
            )
            found += [said for item in page if (said := read_listed(item, since)) is not None]
            if len(page) < PAGE:
                break
        return found[::-1]

    async def _page(self, **params: Any) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout):  # httpx's own counts anew with every byte
                response = await self._http.get("/v2/bookings", params=params)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"calcom: {type(error).__name__}") from error
        return read_answer(response)


def read_answer(response: httpx.Response) -> list[Any]:
    """The bookings of a success. Raises Unavailable otherwise: looking has no effect, so it can be done again."""
    try:
        body = mapping(response.json())
    except ValueError:
        body = {}
    data = body.get("data")
    if response.status_code == 200 and isinstance(data, list):
        return data
    code = text(mapping(body.get("error")).get("code")) or ""
    reason = f"calcom: {response.status_code} {code}".strip()
    if response.status_code in (401, 403):
        raise CredentialsRejected(reason, status=response.status_code)
    wait = response.headers.get("retry-after")
    asked = wait is not None or response.status_code == 429
    retry_after = seconds_to_wait(wait, datetime.now(UTC)) if asked else 0.0
    raise Unavailable(reason, retry_after=retry_after, status=response.status_code)


def read_listed(item: Any, since: datetime) -> BookingUpdate | None:
    """A listed booking, said as a webhook would have said it; None when a newer one stands in its place."""
    item = mapping(item)
    trigger = _trigger(item)
    if trigger is None or item.get("rescheduledToUid"):
        return None
    body = {
        **{
            "triggerEvent": trigger,
            "uid": item.get("uid"),
            "fromReschedule": item.get("rescheduledFromUid"),
        },
        **{
            "startTime": item.get("start"),
            "endTime": item.get("end"),
            "responses": item.get("bookingFieldsResponses"),
        },
        **{
            name: item.get(name)
            for name in ("title", "location", "status", "attendees", "metadata")
        },
        "cancellationReason": item.get("cancellationReason"),
        "rejectionReason": item.get("rejectionReason"),
    }
    said = read_webhook(body, since)
    return (
        replace(said, at=moment(item.get("updatedAt")) or since)
        if isinstance(said, BookingUpdate)
        else None
    )


def _trigger(item: Mapping[str, Any]) -> str | None:
    if item.get("status") == "accepted":
        return "BOOKING_RESCHEDULED" if item.get("rescheduledFromUid") else "BOOKING_CREATED"
    return TRIGGERS.get(text(item.get("status")) or "")
