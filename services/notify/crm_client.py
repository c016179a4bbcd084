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

MARGIN_SECONDS = 5.0  # before the permit ends at crm


@dataclass(frozen=True, slots=True)
class Permission:
    """crm's answer: the reasons against contacting the lead.

    While it is good, crm does not answer a booking of the lead.
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

    While a permit is open, crm waits with answering a booking of the lead.
    """

    def __init__(self, base_url: str) -> None:
        self._http = BoundedClient(base_url=base_url, timeout=httpx.Timeout(5, connect=2))

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
            good_until = asked_at + granted.seconds - MARGIN_SECONDS
        except (httpx.HTTPError, ValueError) as error:
            await self._end(permit)
            raise CrmUnavailable(f"crm: {type(error).__name__}") from error
        try:
            yield Permission(granted, good_until)
        finally:
            await self._end(permit)

    async def _end(self, permit: str) -> None:
        with contextlib.suppress(httpx.HTTPError):  # it ends by itself
            await self._http.delete(permit)
