"""How PostgreSQL answers what a store asks: the statements as they were asked, and their plans."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg

from kit.database import Database

Node = dict[str, Any]


class Watched(Database):
    """Remembers the statements that `fetch` is given."""

    def __init__(self, dsn: str, **more: Any) -> None:
        super().__init__(dsn, **more)
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        self.asked.append((query, arguments))
        return await super().fetch(query, *arguments)

    async def plan(self, query: str, arguments: tuple[Any, ...], *, run: bool = False) -> Node:
        """The statement's plan, with these values; with what it took, if it is to `run`."""
        options = "analyze, buffers, timing off, format json" if run else "format json"
        [row] = await super().fetch(f"explain ({options}) {query}", *arguments)
        plan: Node = json.loads(row[0])[0]["Plan"]
        return plan


def nodes(plan: Node) -> Iterator[Node]:
    """The plan's nodes, from the top."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def reads_whole(plan: Node, table: str) -> bool:
    """Whether the plan goes through all rows of the table."""
    return any(
        node["Node Type"] == "Seq Scan" and node["Relation Name"] == table for node in nodes(plan)
    )
