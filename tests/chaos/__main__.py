"""Plays every fault during a burst of leads: python -m tests.chaos.

Exits 1 when a touch was lost or doubled, or anything else was wrong. Everything runs on this
machine and connects to loopback only. Each fault is bounded in count and time. With --write, each
fault is written to runs/crash.csv as soon as it was played; a fault that the same commit has passed
with the same seed is not played again.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pauta.running.engine import by_docker
from tests import runs
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.matrix import COLUMNS, Row, add, play, print_table, write
from tests.chaos.story import Account, Somebody, personal_data_in
from tests.chaos.system import WiredSystem

out = Console(soft_wrap=True, highlight=False)
RUNS = Path("runs/crash.csv")


async def run(faults: list[Fault], *, seed: int, repeat: int, write_to: Path | None) -> bool:
    """Plays the faults. Returns whether nothing was lost, doubled or recorded wrongly."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        system = WiredSystem(
            Path(folder) / "run", docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto"))
        )
        people: list[Somebody] = []
        rows: list[Row] = []
        try:
            await system.open()
            for fault in faults:
                if played := _played(fault, repeat, seed, write_to):
                    rows.append(played)
                    continue
                row = Row(fault.group, fault.name, repeat, Account())
                for number in range(repeat):
                    started = time.monotonic()
                    account, there = await play(
                        system, fault, random.Random(f"{seed}/{fault.name}/{number}")
                    )
                    people += there
                    row.account = add(row.account, account)
                    mark = "✓" if account.good else "✗"
                    counts = ", ".join(
                        f"{getattr(account, column)} {column}" for column in COLUMNS[:-1]
                    )
                    took = f"{account.recovered} s to recover ({time.monotonic() - started:.0f} s)"
                    out.print(f"{mark} {fault.name}: {account.leads} leads, {counts}, {took}")
                    for remark in system.remarks:
                        out.print(f"    {remark}")
                    system.remarks.clear()
                    for note in account.notes:
                        out.print(f"    {note}", style="red")
                rows.append(row)
                if write_to is not None:
                    runs.append(write_to / RUNS, _as_written(row, seed))
            leaked = personal_data_in(system.logs(), people)
            versions = await _versions(system)
        finally:
            if os.environ.get("PAUTA_KEEP_LOGS"):
                Path(os.environ["PAUTA_KEEP_LOGS"]).write_text(system.logs())
            await system.close()
    print_table(rows, out)
    for line in leaked[:10]:
        out.print(f"personal data in a log: {line[:200]}", style="red")
    if write_to is not None:
        write(rows, write_to, seed=seed, versions=versions)
        out.print(f"written: {write_to / 'crash-matrix.md'}")
    return all(row.account.good for row in rows) and not leaked


def _as_written(row: Row, seed: int) -> dict[str, object]:
    account = {field: value for field, value in asdict(row.account).items() if field != "notes"}
    return {
        "commit": runs.commit(),
        "seed": seed,
        "fault": row.name,
        "good": row.account.good,
        **account,
    }


def _played(fault: Fault, repeat: int, seed: int, write_to: Path | None) -> Row | None:
    """Returns the row of the fault, if this commit has passed it with this seed."""
    if write_to is None:
        return None
    for row in runs.rows(write_to / RUNS, commit=runs.commit(), seed=seed):
        if row["fault"] == fault.name and row["good"] == "True":
            account = Account(
                leads=int(row["leads"]),
                lost=int(row["lost"]),
                doubled=int(row["doubled"]),
                uncertain=int(row["uncertain"]),
                dead_lettered=int(row["dead_lettered"]),
                late=int(row["late"]),
                memory=int(row["memory"] or 0),
                recovered=float(row["recovered"]),
            )
            return Row(fault.group, fault.name, repeat, account)
    return None


async def _versions(system: WiredSystem) -> dict[str, str]:
    overview = (await system.management("GET", "/overview")).json()
    return {
        "rabbitmq": str(overview["rabbitmq_version"]),
        "postgresql": str(await system.sql("intake", "show server_version")),
    }


def main(
    seed: Annotated[int, typer.Option(help="Chooses the instants.")] = 1,
    repeat: Annotated[int, typer.Option(help="How often each fault is played.")] = 1,
    only: Annotated[str, typer.Option(help="Faults whose name contains this.")] = "",
    group: Annotated[str, typer.Option(help="Faults of this group.")] = "",
    write_to: Annotated[
        Path | None, typer.Option("--write", help="A folder for the matrix and the runs.")
    ] = None,
) -> None:
    faults = [fault for fault in FAULTS if only in fault.name and group in ("", fault.group)]
    started = time.monotonic()
    good = asyncio.run(run(faults, seed=seed, repeat=repeat, write_to=write_to))
    minutes = (time.monotonic() - started) / 60
    out.print(f"{len(faults)} faults in {minutes:.1f} minutes: {'passed' if good else 'FAILED'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    typer.run(main)
