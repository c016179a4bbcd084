"""Asks crm, at the instant of sending, whether the lead may be reached out: who booked is not followed up."""

import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

from contracts.api.permits import ContactEligibility, Permit
from kit.errors import Unavailable

MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Permission:
    """What stands against it. While it is good, no booking of this lead is answered for."""

    standing: ContactEligibility
    good_until: float

    @property
    def good(self) -> bool:
        return time.monotonic() < self.good_until


class CrmUnavailable(Unavailable):
    """Crm could not be asked."""


ALWAYS_ALLOWED = Permission(ContactEligibility(), float("inf"))


class Crm:
    """Crm's permits: a booking that arrives while one is open is answered when the touch has left."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=base_url, timeout=httpx.Timeout(5, connect=2))

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def permission(
        self, lead_id: int, person_id: int | None = None
    ) -> AsyncIterator[Permission]:
        """Raises CrmUnavailable when crm cannot be asked: who is not asked is not followed up.

        `person_id` is for a lead that crm may not know yet.
        """
        permit, asked_at = f"/permits/{uuid4()}", time.monotonic()
        try:
            asked = {"lead_id": lead_id} | (
                {"person_id": person_id} if person_id is not None else {}
            )
            response = await self._http.put(permit, params=asked)
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
