"""Reads leads of Meta, and records whether that works."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from kit.circuit_breaker import CircuitBreaker
from kit.database import Database
from kit.errors import Refused, Unavailable
from providers.errors import CredentialsRejected
from services.intake.repositories.source_state import clear_problem, set_problem
from sources.meta.client import MetaClient
from sources.model import Form

log = structlog.get_logger()

SOURCE = "meta"
READING = "reading"
NOT_CONNECTED = "META_PAGE_TOKEN is empty"

Result = TypeVar("Result")


class MetaReader:
    """The pages whose leads we read.

    While Meta does not answer or accept our token, only single requests are made. Every method
    raises Unavailable, or Refused where Meta has no such thing.
    """

    def __init__(self, client: MetaClient | None, database: Database) -> None:
        self._client = client
        self._database = database
        self._breaker = CircuitBreaker(SOURCE)

    @property
    def answers(self) -> bool:
        """Whether a request may be made now."""
        return self._breaker.is_allowed(time.monotonic())

    async def lead(self, leadgen_id: str) -> Form:
        return await self._ask(lambda client: client.lead(leadgen_id))

    async def leads_by_id(self, leadgen_ids: Sequence[str]) -> dict[str, Form]:
        return await self._ask(lambda client: client.leads_by_id(leadgen_ids))

    async def leads(self, form_id: str, since: datetime) -> list[Form]:
        return await self._ask(lambda client: client.leads(form_id, since))

    async def forms(self, page_id: str) -> list[str]:
        return await self._ask(lambda client: client.forms(page_id))

    async def subscription(self, page_id: str) -> bool:
        return await self._ask(lambda client: client.subscription(page_id))

    async def subscribe(self, page_id: str) -> None:
        await self._ask(lambda client: client.subscribe(page_id))

    async def check(self, now: datetime) -> str:
        """Returns what is wrong with the token; empty where nothing is."""
        return await self._ask(lambda client: client.check(now))

    async def _ask(self, request: Callable[[MetaClient], Awaitable[Result]]) -> Result:
        if self._client is None:
            raise Unavailable(NOT_CONNECTED)
        now = time.monotonic()
        if not self._breaker.acquire(now):
            raise Unavailable(self._breaker.reason or "")
        try:
            result = await request(self._client)
        except Refused:
            self._breaker.record_success()
            raise
        except Unavailable as outage:
            hopeless = isinstance(outage, CredentialsRejected)
            wait = outage.retry_after
            self._breaker.record_failure(str(outage), now, wait=wait, hopeless=hopeless)
            if self._breaker.open:
                await self._note(str(outage))
            raise
        self._breaker.record_success()
        await self._note("")
        return result

    async def _note(self, problem: str) -> None:
        if problem:
            log.warning("meta.not_readable", reason=problem)
            await set_problem(self._database, SOURCE, READING, problem)
        else:  # another replica may have met it
            await clear_problem(self._database, SOURCE, READING)
