"""Records the statements of a repository, and asks PostgreSQL for their plans."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg

from kit.database import Database

Node = dict[str, Any]


class Watched(Database):
    """A database that records the statements given to `fetch`."""

    def __init__(self, dsn: str, **more: Any) -> None:
        super().__init__(dsn, **more)
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        self.asked.append((query, arguments))
        return await super().fetch(query, *arguments)

    async def plan(self, query: str, arguments: tuple[Any, ...], *, run: bool = False) -> Node:
        """Returns the statement's plan with these values.

        With `run`, the statement is executed and the plan says what it took.
        """
        options = "analyze, buffers, timing off, format json" if run else "format json"
        [row] = await super().fetch(f"explain ({options}) {query}", *arguments)
        plan: Node = json.loads(row[0])[0]["Plan"]
        return plan


def nodes(plan: Node) -> Iterator[Node]:
    """Yields the plan's nodes from the top."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def reads_whole(plan: Node, table: str) -> bool:
    """Returns whether the plan scans the whole table."""
    return any(
        node["Node Type"] == "Seq Scan" and node["Relation Name"] == table for node in nodes(plan)
    )
