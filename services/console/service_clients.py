"""What console asks others when a page is opened: the scheduler's plans, notify's texts, RabbitMQ's queues.

Each answer is for looking only; who is away leaves a gap in the page, and stops nobody.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import httpx
import structlog
from pydantic import TypeAdapter, ValidationError

from contracts.api.backlog import BacklogStatus
from contracts.api.lead_plan import LeadPlan
from contracts.api.texts import SentText, TextPreview

log = structlog.get_logger()

TIMEOUT = httpx.Timeout(2.0, connect=1.0)
T = TypeVar("T")
LEAD_PLAN = TypeAdapter(LeadPlan)
BACKLOG = TypeAdapter(BacklogStatus)
TEXTS = TypeAdapter(list[SentText])
PREVIEW = TypeAdapter(TextPreview)


class ServiceClients:
    """All answers are None where the neighbour is away or does not know."""

    def __init__(
        self, *, scheduler: str, notify: str, rabbitmq: str, scheduler_token: str, broker_url: str
    ) -> None:
        """`broker_url` has the user and the password that open RabbitMQ's management page, too."""
        login = urlsplit(broker_url)
        self._http = httpx.AsyncClient(timeout=TIMEOUT)
        self._auth = httpx.BasicAuth(unquote(login.username or ""), unquote(login.password or ""))
        self._token = {"Authorization": f"Bearer {scheduler_token}"} if scheduler_token else {}
        self._scheduler, self._notify, self._broker = (
            url.rstrip("/") for url in (scheduler, notify, rabbitmq)
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def plan(self, lead_id: int) -> LeadPlan | None:
        """Returns the lead's planned touches, its zone, and the version of its journey."""
        return await self._get(LEAD_PLAN, f"{self._scheduler}/leads/{lead_id}", self._token)

    async def backlog(self) -> BacklogStatus | None:
        """Returns how many touches are overdue, and whether they wait for an operator."""
        return await self._get(BACKLOG, f"{self._scheduler}/backlog", self._token)

    async def release_backlog(self) -> bool:
        """Lets the overdue touches go, as the command line does; whether the scheduler has taken it."""
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

    async def queues(self) -> list[dict[str, Any]] | None:
        """Every queue with its messages and consumers, in the order of their names."""
        found = await self._ask(
            f"{self._broker}/api/queues/%2F?columns=name,messages,messages_unacknowledged,consumers",
            auth=self._auth,
        )
        return sorted(found, key=lambda queue: str(queue["name"])) if found is not None else None

    async def _get(
        self, answer: TypeAdapter[T], url: str, headers: Mapping[str, str] | None = None
    ) -> T | None:
        found = await self._ask(url, headers=headers)
        if found is None:
            return None
        try:
            return answer.validate_python(found)
        except ValidationError as error:
            log.warning("service.answer_invalid", url=url, errors=error.error_count())
            return None

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
