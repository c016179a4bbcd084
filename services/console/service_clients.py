"""Fetches for a page the scheduler's plans, notify's texts and RabbitMQ's queues.

A service that is unavailable leaves a gap in the page.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import httpx
import structlog
from pydantic import TypeAdapter, ValidationError

from contracts.api.addresses import SuspendedAddress
from contracts.api.backlog import BacklogStatus
from contracts.api.lead_plan import LeadPlan
from contracts.api.texts import SentText, TextPreview
from kit.http_client import BoundedClient

log = structlog.get_logger()

TIMEOUT = httpx.Timeout(2.0, connect=1.0)
T = TypeVar("T")
LEAD_PLAN = TypeAdapter(LeadPlan)
BACKLOG = TypeAdapter(BacklogStatus)
TEXTS = TypeAdapter(list[SentText])
NOT_COUNTED = {"messages": 0, "messages_unacknowledged": 0, "consumers": 0}
PREVIEW = TypeAdapter(TextPreview)
ADDRESSES = TypeAdapter(list[SuspendedAddress])


class ServiceClients:
    """Clients of the scheduler, of notify and of RabbitMQ's management API.

    Every answer is None where the service is unavailable or does not know.
    """

    def __init__(
        self, *, scheduler: str, notify: str, rabbitmq: str, scheduler_token: str, broker_url: str
    ) -> None:
        """The user and the password of `broker_url` are those of RabbitMQ's management API too."""
        login = urlsplit(broker_url)
        self._http = BoundedClient(timeout=TIMEOUT)
        self._auth = httpx.BasicAuth(unquote(login.username or ""), unquote(login.password or ""))
        self._token = {"Authorization": f"Bearer {scheduler_token}"} if scheduler_token else {}
        self._scheduler = scheduler.rstrip("/")
        self._notify = notify.rstrip("/")
        self._broker = rabbitmq.rstrip("/")

    async def close(self) -> None:
        await self._http.aclose()

    async def plan(self, lead_id: int) -> LeadPlan | None:
        """Returns the lead's planned touches, its zone, and the version of its journey."""
        return await self._get(LEAD_PLAN, f"{self._scheduler}/leads/{lead_id}", self._token)

    async def backlog(self) -> BacklogStatus | None:
        """Returns how many touches are overdue, and whether they wait for an operator."""
        return await self._get(BACKLOG, f"{self._scheduler}/backlog", self._token)

    async def release_backlog(self) -> bool:
        """Releases the overdue touches. Returns whether the scheduler has accepted that."""
        try:
            response = await self._http.post(
                f"{self._scheduler}/backlog/release", headers=self._token
            )
        except httpx.HTTPError:
            return False
        return response.is_success

    async def texts(self, lead_id: int) -> list[SentText] | None:
        """Returns the exact texts of the lead's touches."""
        return await self._get(TEXTS, f"{self._notify}/leads/{lead_id}/texts")

    async def preview(self, channel: str, template: str) -> TextPreview | None:
        """Returns a template filled in with an example."""
        return await self._get(PREVIEW, f"{self._notify}/texts/{quote(channel)}/{quote(template)}")

    async def suspended_addresses(self) -> list[SuspendedAddress] | None:
        """Returns the addresses to which nothing more goes, the newest first."""
        return await self._get(ADDRESSES, f"{self._notify}/addresses")

    async def queues(self) -> list[dict[str, Any]] | None:
        """Returns every queue with its messages and consumers, sorted by name.

        RabbitMQ leaves the counts out until it has gathered them, some seconds after its start.
        """
        columns = "name,messages,messages_unacknowledged,consumers"
        queues = await self._fetch(
            f"{self._broker}/api/queues/%2F?columns={columns}", auth=self._auth
        )
        if queues is None:
            return None
        counted = [NOT_COUNTED | queue for queue in queues]
        return sorted(counted, key=lambda queue: str(queue["name"]))

    async def _get(
        self, model: TypeAdapter[T], url: str, headers: Mapping[str, str] | None = None
    ) -> T | None:
        answer = await self._fetch(url, headers=headers)
        if answer is None:
            return None
        try:
            return model.validate_python(answer)
        except ValidationError as error:
            log.warning("service.answer_invalid", url=url, errors=error.error_count())
            return None

    async def _fetch(self, url: str, **options: Any) -> Any:
        try:
            async with asyncio.timeout(3):
                response = await self._http.get(url, **options)
            return response.json() if response.is_success else None
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            log.warning(
                "service.unreachable",
                host=urlsplit(url).netloc.rpartition("@")[2],
                reason=type(error).__name__,
            )
            return None


class Kind(StrEnum):
    """The kind of a queue: its messages wait for a consumer, for a retry, or for a person."""

    WORK = "work"
    RETRY = "retry"
    DEAD = "dead"


def waiting(queues: list[dict[str, Any]] | None, kind: Kind) -> int | None:
    """Returns how many messages wait in queues of this kind; None where RabbitMQ did not answer."""
    if queues is None:
        return None
    return sum(
        int(queue.get("messages") or 0) for queue in queues if _kind(str(queue["name"])) is kind
    )


def _kind(name: str) -> Kind:
    if name.endswith(".dead"):
        return Kind.DEAD
    if ".wait." in name:
        return Kind.RETRY
    return Kind.WORK
