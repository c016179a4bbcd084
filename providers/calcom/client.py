"""Lists bookings with Cal.com's REST API v2, because a webhook may be lost.

https://cal.com/docs/api-reference/v2/bookings/get-all-bookings
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

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
    """Client for the hosts' accounts, one API key each.

    A key lists the bookings of its own host only, also those of team events:
    https://github.com/calcom/cal.diy/issues/13137. `teams` names teams of an organisation, as
    `organisation/team`, whose bookings their first key lists whole.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_keys: Sequence[str],
        teams: Sequence[str] = (),
        timeout: float = 10.0,
    ) -> None:
        self._timeout = timeout
        self._http = BoundedClient(
            base_url=base_url.rstrip("/").removesuffix("/v2"),
            timeout=httpx.Timeout(timeout, connect=5),
            # without it, an older API answers in other words
            headers={"cal-api-version": "2024-08-13"},
        )
        self._lists = [(key, "/v2/bookings") for key in api_keys]
        for team in teams if api_keys else ():
            organisation, _, number = team.partition("/")
            path = f"/v2/organizations/{organisation}/teams/{number}/bookings"
            self._lists.append((api_keys[0], path))

    async def close(self) -> None:
        await self._http.aclose()

    async def bookings_updated_since(self, since: datetime) -> list[BookingUpdate]:
        """Returns the bookings changed since then, oldest first. Raises Unavailable.

        Pages are requested newest first. A booking that changes meanwhile is then seen twice, and
        none is missed.
        """
        found: list[BookingUpdate] = []
        for key, path in self._lists:
            found += await self._listed(key, path, since)
        return sorted(found, key=lambda update: update.at)

    async def booking(self, uid: str, since: datetime) -> BookingUpdate | None:
        """Returns a booking as it is now, or None where no key knows it. Raises Unavailable.

        `since` is the time of a booking that does not say when it changed.
        """
        for key, _ in self._lists:
            response = await self._get(key, f"/v2/bookings/{quote(uid, safe='')}")
            if response.status_code == 404:
                continue
            update = read_listed(read_booking(response), since)
            if update is not None:
                return update
        return None

    async def _listed(self, key: str, path: str, since: datetime) -> list[BookingUpdate]:
        """Returns one list's bookings changed since then, the oldest first."""
        after = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        found: list[BookingUpdate] = []
        for skip in range(0, MAX_BOOKINGS, PAGE_SIZE):
            response = await self._get(
                key, path, afterUpdatedAt=after, sortUpdatedAt="desc", take=PAGE_SIZE, skip=skip
            )
            page = read_answer(response)
            updates = [read_listed(item, since) for item in page]
            found += [update for update in updates if update is not None]
            if len(page) < PAGE_SIZE:
                break
        return found[::-1]

    async def _get(self, key: str, path: str, **params: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(self._timeout):  # httpx restarts its own at every byte
                return await self._http.get(
                    path, params=params, headers={"Authorization": f"Bearer {key}"}
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"calcom: {type(error).__name__}") from error


def read_booking(response: httpx.Response) -> Any:
    """Returns the only booking of a success, in a list of its own or not. Raises Unavailable."""
    try:
        data = mapping(response.json()).get("data")
    except (ValueError, RecursionError):
        data = None
    if response.status_code == 200 and isinstance(data, dict):
        return data
    bookings = read_answer(response)
    if not bookings:
        raise Unavailable("calcom: unreadable answer", status=200)
    return bookings[0]


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

    Of a booking that was rescheduled it says only by which one it was replaced.
    """
    item = mapping(item)
    trigger = _trigger(item)
    if item.get("rescheduledToUid"):
        return _read_replaced(item, since)
    if trigger is None:
        return None
    body = {
        "triggerEvent": trigger,
        "uid": item.get("uid"),
        "eventType": item.get("eventType"),
        "eventTypeId": item.get("eventTypeId"),
        "fromReschedule": item.get("rescheduledFromUid"),
        "startTime": item.get("start"),
        "endTime": item.get("end"),
        "responses": item.get("bookingFieldsResponses"),
        "title": item.get("title"),
        "location": item.get("location"),
        "status": item.get("status"),
        "attendees": [*_people(item), *_guests(item)],
        "iCalUID": item.get("icsUid"),
        "recurringBookingUid": item.get("recurringBookingUid"),
        "metadata": item.get("metadata"),
        "cancellationReason": item.get("cancellationReason"),
        "rejectionReason": item.get("rejectionReason"),
    }
    update = read_webhook(body, since)
    if not isinstance(update, BookingUpdate):
        return None
    return replace(
        update,
        at=moment(item.get("updatedAt")) or since,
        listed=True,
        host_absent=item.get("absentHost") is True,
    )


def _read_replaced(item: Mapping[str, Any], since: datetime) -> BookingUpdate | None:
    """Returns what replaced the booking; None for seats, of which others may stand."""
    people = _people(item)
    if any(mapping(person).get("seatUid") for person in people):
        return None
    body = {
        "triggerEvent": "",
        "uid": item.get("rescheduledToUid"),
        "fromReschedule": item.get("uid"),
        "attendees": people,
    }
    update = read_webhook(body, since)
    if not isinstance(update, BookingUpdate):
        return None
    return replace(update, at=moment(item.get("updatedAt")) or since, listed=True)


def _people(item: Mapping[str, Any]) -> list[Any]:
    people = item.get("attendees")
    return people if isinstance(people, list) else []


def _guests(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the guests' addresses, which the list keeps apart from the attendees."""
    guests = item.get("guests")
    known = {mapping(person).get("email") for person in _people(item)}
    emails = guests if isinstance(guests, list) else []
    return [{"email": email} for email in emails if isinstance(email, str) and email not in known]


def _trigger(item: Mapping[str, Any]) -> str | None:
    if item.get("status") == "accepted":
        return "BOOKING_RESCHEDULED" if item.get("rescheduledFromUid") else "BOOKING_CREATED"
    return TRIGGERS.get(text(item.get("status")) or "")
