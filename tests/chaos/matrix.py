"""Plays faults one after another, and reports what each of them cost."""

import json
import os
import platform
import random
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.faults import Fault
from tests.chaos.story import Account, Somebody, Story
from tests.chaos.system import WiredSystem
from tests.memory import BOUND

INTRODUCTION = """\
The result of `make crash`: each fault happened during a burst of leads, bookings and follow-ups
sent through the public address, with two replicas of every service. Afterwards every lead is
checked from end to end: its form, the requests to each provider, Kommo, and the audit log. All of
them must agree.

**lost**: a touch that should have been made, was not, and is not in the audit log with its reason.
**doubled**: made twice. **uncertain**: escalated to a person, who finds it with `pauta unresolved`.
**dead_lettered**: dead letters of these leads. **late**: leads called more than 10 s after their
form was answered. **memory**: the most megabytes that one process of a service took.
**seconds to recover**: from the start of the fault, its own length included,
until every lead has all it should.

Timeouts are shorter here than on a server: a lease is 5 s, an answer 2 s, and the checks after an
unclear answer come after 1, 2 and 3 s.
""".splitlines()
COLUMNS = ("lost", "doubled", "uncertain", "dead_lettered", "late", "memory", "recovered")


@dataclass
class Row:
    """The result of one fault over all its repetitions."""

    group: str
    name: str
    runs: int
    account: Account


async def play(
    system: WiredSystem, fault: Fault, chance: random.Random
) -> tuple[Account, list[Somebody]]:
    """Plays one fault around one burst. An exception becomes a note of the account."""
    story = Story(system)
    wrong = []
    await story.begin()
    system.forget_peaks()
    harmed_at = time.time()
    try:
        async with fault.around(system, chance):
            await story.happen()
    except Exception as error:  # whatever it is, the account shows it
        wrong.append(f"{type(error).__name__}: {error}"[:500])
        await system.clear_faults()
        await system.until_up()
    account = await story.settle(harmed_at)
    account.memory = system.peak_memory()
    if account.memory > BOUND:
        wrong.append(f"one process of a service took {account.memory} MB")
    account.notes += wrong
    return account, story.people


def add(total: Account, account: Account) -> Account:
    """Returns the sum of both accounts. Of the recovery times it keeps the longest."""
    return Account(
        leads=total.leads + account.leads,
        lost=total.lost + account.lost,
        doubled=total.doubled + account.doubled,
        uncertain=total.uncertain + account.uncertain,
        dead_lettered=total.dead_lettered + account.dead_lettered,
        late=total.late + account.late,
        recovered=max(total.recovered, account.recovered),
        memory=max(total.memory, account.memory),
        notes=total.notes + account.notes,
    )


def print_table(rows: Iterable[Row], console: Console) -> None:
    table = Table(
        "fault",
        "leads",
        *COLUMNS,
        title="seconds to recover: from the harm until every lead has all it should",
    )
    for row in rows:
        counts = [str(getattr(row.account, column)) for column in COLUMNS]
        table.add_row(
            row.name, str(row.account.leads), *counts, style=None if row.account.good else "red"
        )
    console.print(table)


def write(rows: list[Row], folder: Path, *, seed: int, versions: dict[str, str]) -> None:
    """Writes crash-matrix.json and crash-matrix.md, with the machine and the versions."""
    machine = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        **versions,
        "seed": str(seed),
    }
    content = {"machine": machine, "faults": [asdict(row) for row in rows]}
    (folder / "crash-matrix.json").write_text(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    )
    head = ("fault", "leads", *COLUMNS[:-1], "seconds to recover")
    lines = [
        "# Crash matrix",
        "",
        *INTRODUCTION,
        "",
    ]
    lines += [f"* {name}: {value}" for name, value in machine.items()]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        counts = [str(getattr(row.account, column)) for column in ("leads", *COLUMNS)]
        lines.append("| " + " | ".join([row.name, *counts]) + " |")
    (folder / "crash-matrix.md").write_text("\n".join(lines) + "\n")
