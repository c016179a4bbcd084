"""What console asks others when a page is opened: the scheduler's plans, notify's texts, RabbitMQ's queues.

Each answer is for looking only; who is away leaves a gap in the page, and stops nobody.
"""

import asyncio
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import structlog

log = structlog.get_logger()

PATIENCE = httpx.Timeout(2.0, connect=1.0)


class Neighbours:
    """All answers are None where the neighbour is away or does not know."""

    def __init__(
        self, *, scheduler: str, notify: str, rabbitmq: str, scheduler_token: str, broker_url: str
    ) -> None:
        """`broker_url` has the user and the password that open RabbitMQ's management page, too."""
        login = urlsplit(broker_url)
        self._http = httpx.AsyncClient(timeout=PATIENCE)
        self._auth = httpx.BasicAuth(unquote(login.username or ""), unquote(login.password or ""))
        self._token = {"Authorization": f"Bearer {scheduler_token}"} if scheduler_token else {}
        self._scheduler, self._notify, self._broker = (
            url.rstrip("/") for url in (scheduler, notify, rabbitmq)
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def plan(self, lead_id: int) -> dict[str, Any] | None:
        """The lead's touches to come, its zone, and the version of its journey."""
        found: dict[str, Any] | None = await self._ask(
            f"{self._scheduler}/leads/{lead_id}", headers=self._token
        )
        return found

    async def backlog(self) -> dict[str, Any] | None:
        """How many touches are overdue, and whether they wait for a word."""
        found: dict[str, Any] | None = await self._ask(
            f"{self._scheduler}/backlog", headers=self._token
        )
        return found

    async def release_backlog(self) -> bool:
        """Lets the overdue touches go, as the command line does; whether the scheduler has taken it."""
        try:
            response = await self._http.post(
                f"{self._scheduler}/backlog/release", headers=self._token
            )
        except httpx.HTTPError:
            return False
        return response.is_success

    async def texts(self, lead_id: int) -> list[dict[str, Any]] | None:
        """What the lead's touches said, as they were rendered."""
        found: list[dict[str, Any]] | None = await self._ask(
            f"{self._notify}/leads/{lead_id}/texts"
        )
        return found

    async def preview(self, channel: str, template: str) -> dict[str, Any] | None:
        """A template, filled in with an example."""
        found: dict[str, Any] | None = await self._ask(
            f"{self._notify}/texts/{quote(channel)}/{quote(template)}"
        )
        return found

    async def queues(self) -> list[dict[str, Any]] | None:
        """Every queue with its messages and consumers, in the order of their names."""
        found = await self._ask(
            f"{self._broker}/api/queues/%2F?columns=name,messages,messages_unacknowledged,consumers",
            auth=self._auth,
        )
        return sorted(found, key=lambda queue: str(queue["name"])) if found is not None else None

    async def _ask(self, url: str, **more: Any) -> Any:
        try:
            async with asyncio.timeout(3):
                response = await self._http.get(url, **more)
            return response.json() if response.is_success else None
        except (httpx.HTTPError, TimeoutError, ValueError) as away:
            log.warning(
                "service.unreachable",
                host=urlsplit(url).netloc.rpartition("@")[2],
                reason=type(away).__name__,
            )
            return None


class Kind(StrEnum):
    """What a queue's messages wait for: to be worked on, to be tried again, or for a person."""

    WORK = "work"
    RETRY = "retry"
    DEAD = "dead"


def waiting(queues: list[dict[str, Any]] | None, kind: Kind) -> int | None:
    """How many messages wait for that; None where RabbitMQ did not say."""
    if queues is None:
        return None
    return sum(
        int(queue.get("messages") or 0) for queue in queues if _kind(str(queue["name"])) is kind
    )


def _kind(name: str) -> Kind:
    return Kind.DEAD if name.endswith(".dead") else Kind.RETRY if ".wait." in name else Kind.WORK
