"""Asks crm right before sending whether the lead may be contacted."""

import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

from contracts.api.permits import ContactEligibility, Permit
from kit.errors import Unavailable
from kit.http_client import BoundedClient

ANSWER_SECONDS = 5.0  # that crm may take
MARGIN_SECONDS = 1.0  # between the provider's latest answer and the permit's end at crm


@dataclass(frozen=True, slots=True)
class Permission:
    """crm's answer: the reasons against contacting the lead.

    crm does not answer a booking of the lead before a touch that begins while it is good has ended.
    """

    eligibility: ContactEligibility
    good_until: float

    @property
    def good(self) -> bool:
        return time.monotonic() < self.good_until


class CrmUnavailable(Unavailable):
    """crm could not be asked."""


ALWAYS_ALLOWED = Permission(ContactEligibility(), float("inf"))


class CrmClient:
    """Client for crm's permits.

    While a permit is open, crm waits with answering a booking of the lead. `send_seconds` is the
    longest that sending may take: a permit is good only as long as that fits into it.
    """

    def __init__(self, base_url: str, *, send_seconds: float) -> None:
        self._reserved = send_seconds + MARGIN_SECONDS
        self._http = BoundedClient(
            base_url=base_url, timeout=httpx.Timeout(ANSWER_SECONDS, connect=2)
        )

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def permission(
        self, lead_id: int, person_id: int | None = None
    ) -> AsyncIterator[Permission]:
        """Opens a permit, and ends it afterwards.

        `person_id` is for a lead that crm may not know yet. Raises CrmUnavailable when crm cannot
        be asked: without its answer nobody is followed up.
        """
        permit = f"/permits/{uuid4()}"
        asked_at = time.monotonic()
        params = {"lead_id": lead_id}
        if person_id is not None:
            params["person_id"] = person_id
        try:
            response = await self._http.put(permit, params=params)
            response.raise_for_status()
            granted = Permit.model_validate_json(response.content)
            good_until = asked_at + granted.seconds - self._reserved
        except (httpx.HTTPError, ValueError) as error:
            await self._end(permit)
            raise CrmUnavailable(f"crm: {type(error).__name__}") from error
        if granted.seconds <= self._reserved:
            await self._end(permit)
            raise CrmUnavailable(
                f"crm: PERMIT_SECONDS ({granted.seconds:g}) must be more than PROVIDER_TIMEOUT and "
                f"{MARGIN_SECONDS:g} s ({self._reserved:g})"
            )
        try:
            yield Permission(granted, good_until)
        finally:
            await self._end(permit)

    async def _end(self, permit: str) -> None:
        with contextlib.suppress(httpx.HTTPError):  # it ends by itself
            await self._http.delete(permit)
