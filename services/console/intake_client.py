"""Asks intake what is held, how the sources do, and what a file of leads would bring."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
import structlog
from pydantic import TypeAdapter, ValidationError

from contracts.api.submissions import (
    Delivery,
    DeliveryDetail,
    FileImport,
    HeldList,
    NewSourceKey,
    SourceStatus,
)
from kit.errors import Refused, Unavailable
from kit.http_client import BoundedClient

log = structlog.get_logger()

# seconds
TIMEOUT = 3.0
FILE_TIMEOUT = 50.0  # reading a file of thousands of lines takes some
T = TypeVar("T")
Journey = Literal["current", "none"]
HELD = TypeAdapter(HeldList)
SOURCES = TypeAdapter(list[SourceStatus])
NEW_KEY = TypeAdapter(NewSourceKey)
DELIVERY = TypeAdapter(Delivery)
DELIVERIES = TypeAdapter(list[Delivery])
DELIVERY_DETAIL = TypeAdapter(DeliveryDetail)
FILE_IMPORT = TypeAdapter(FileImport)
FILE_IMPORTS = TypeAdapter(list[FileImport])
NOTHING = TypeAdapter(None)


class IntakeRefused(Refused):
    """intake does not do what it was asked. `status` is its answer's, `detail` its reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"intake: {status} {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class LeadFile:
    """A file of leads as an operator sent it, and what is to be done with its leads.

    `mapping` maps columns to fields of the card; what it leaves out is read by its name.
    """

    name: str
    content: bytes
    journey: Journey = "current"
    mapping: Mapping[str, str] | None = None


class IntakeClient:
    """The client. Raises Unavailable without a proper answer, IntakeRefused for a refusal."""

    def __init__(self, url: str) -> None:
        self._http = BoundedClient(base_url=url, timeout=TIMEOUT)

    async def close(self) -> None:
        await self._http.aclose()

    async def held(self, *, limit: int, before: int | None = None) -> HeldList:
        """Returns the newest held submissions, or those with an id lower than `before`."""
        params = {"limit": limit} | ({"before": before} if before is not None else {})
        return await self._ask(HELD, "GET", "/submissions/held", params=params)

    async def sources(self) -> list[SourceStatus]:
        return await self._ask(SOURCES, "GET", "/sources")

    async def add_source(self, name: str, *, by: str) -> NewSourceKey:
        return await self._ask(NEW_KEY, "POST", "/sources", json={"name": name, "by": by})

    async def rotate(self, name: str, *, by: str) -> NewSourceKey:
        """Returns a further key of the source; the one before stays valid until it is revoked."""
        return await self._ask(NEW_KEY, "POST", f"/sources/{_part(name)}/rotate", json={"by": by})

    async def revoke(self, name: str, key_id: int, *, by: str) -> None:
        path = f"/sources/{_part(name)}/keys/{key_id}/revoke"
        await self._ask(NOTHING, "POST", path, json={"by": by})

    async def send_test(self, name: str) -> Delivery:
        """Sends a test lead through the source's own path, and returns its delivery."""
        return await self._ask(DELIVERY, "POST", f"/sources/{_part(name)}/test")

    async def deliveries(self, *, source: str, limit: int) -> list[Delivery]:
        """Returns the newest deliveries of a source; of all where `source` is empty."""
        params = {"limit": limit} | ({"source": source} if source else {})
        return await self._ask(DELIVERIES, "GET", "/deliveries", params=params)

    async def delivery(self, delivery_id: int) -> DeliveryDetail:
        return await self._ask(DELIVERY_DETAIL, "GET", f"/deliveries/{delivery_id}")

    async def imports(self) -> list[FileImport]:
        return await self._ask(FILE_IMPORTS, "GET", "/imports")

    async def file_import(self, import_id: int) -> FileImport:
        return await self._ask(FILE_IMPORT, "GET", f"/imports/{import_id}")

    async def import_file(self, file: LeadFile, *, dry_run: bool) -> FileImport:
        """Starts the import, or says in a dry run what it would bring."""
        form = {
            "name": file.name,
            "journey": file.journey,
            "mapping": json.dumps(dict(file.mapping or {})),
            "dry_run": str(dry_run).lower(),
        }
        return await self._ask(
            FILE_IMPORT,
            "POST",
            "/imports",
            timeout=FILE_TIMEOUT,
            data=form,
            files={"file": (file.name, file.content)},
        )

    async def _ask(
        self,
        model: TypeAdapter[T],
        method: str,
        path: str,
        *,
        timeout: float = TIMEOUT,
        **content: Any,
    ) -> T:
        try:
            async with asyncio.timeout(timeout):
                response = await self._http.request(method, path, timeout=timeout, **content)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"intake: {type(error).__name__}") from error
        if response.is_client_error:
            raise IntakeRefused(response.status_code, _detail(response))
        if response.is_error:
            raise Unavailable(f"intake: {response.status_code}", status=response.status_code)
        try:
            return model.validate_json(response.content or b"null")
        except ValidationError as error:
            log.warning("intake.answer_invalid", path=path, errors=error.error_count())
            raise Unavailable("intake: its answer cannot be read") from error


def _part(name: str) -> str:
    return quote(name, safe="")


def _detail(response: httpx.Response) -> str:
    """Returns the reason in a refusal, where it is a text."""
    try:
        detail = response.json()["detail"]
    except (ValueError, LookupError, TypeError):
        return ""
    return detail if isinstance(detail, str) else ""
