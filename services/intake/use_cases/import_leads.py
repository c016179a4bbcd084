"""Imports a file of leads: shows what would come of each line, then works them one by one."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import structlog
from pydantic_core import to_json

from contracts.api.submissions import FileImport, ImportedLine
from contracts.events.lead import NO_JOURNEY, Door, LeadCard
from kit.errors import Unavailable, describe
from kit.failed_work import publish_failed
from services.intake.decisions.deliveries import MAX_ATTEMPTS
from services.intake.decisions.persons import Verdict
from services.intake.decisions.submissions import as_sent
from services.intake.deps import Deps
from services.intake.repositories import imports
from services.intake.repositories.imports import DueLine, WorkedLine
from services.intake.use_cases.accept_submissions import preview_submissions
from services.intake.use_cases.submit_form import (
    NO_ADDRESS,
    REFUSED,
    card_for,
    outcome_of,
    submission_of,
    submit_form,
)
from sources.mapping import suggested
from sources.model import Form
from sources.table import Line, Table, read_table

log = structlog.get_logger()

SOURCE = "file"
CURRENT = "current"
BATCH = 100
LEASE = timedelta(seconds=60)
SHOWN_LINES = 500
SHOWN_IMPORTS = 50
# what nobody needs to look at
USUAL = ("new", "joined", "repeated", "waiting")


async def read_file(body: bytes) -> Table:
    """Returns the table in a file. Raises Unreadable."""
    return await asyncio.to_thread(read_table, body)


def mapping_of(table: Table, wanted: Mapping[str, str]) -> dict[str, str]:
    """Returns each column's field of the card: the wanted one, else what its name suggests."""
    return {**suggested(table.columns), **wanted}


async def preview_import(
    table: Table, name: str, journey: str, mapping: Mapping[str, str], deps: Deps
) -> FileImport:
    """Returns what would come of each line. Nothing is stored."""
    forms = [(line, _form(line.fields, mapping)) for line in table.lines]
    cards = await asyncio.to_thread(lambda: [card_for(form, deps, name) for _, form in forms])
    submissions = [
        submission_of(form, card, str(line.number), door=Door.FILE, journey=_journey(journey))
        for (line, form), card in zip(forms, cards, strict=True)
        if card is not None
    ]
    verdicts = iter(await preview_submissions(deps.database, submissions))
    shown = [
        _previewed(line, card, next(verdicts) if card is not None else None)
        for (line, _), card in zip(forms, cards, strict=True)
    ]
    shown.sort(key=lambda line: (line.outcome in USUAL, line.line))
    return FileImport(
        name=name,
        journey=journey,
        mapping=dict(mapping),
        total=len(table.lines),
        done=0,
        outcomes=Counter(line.outcome for line in shown),
        lines=tuple(shown[:SHOWN_LINES]),
    )


def _previewed(line: Line, card: LeadCard | None, verdict: Verdict | None) -> ImportedLine:
    if card is None or verdict is None:
        return ImportedLine(line=line.number, outcome=REFUSED, reason=NO_ADDRESS)
    outcome, reason = outcome_of(verdict)
    return ImportedLine(line=line.number, outcome=outcome, name=card.name, reason=reason)


async def begin_import(
    table: Table, name: str, journey: str, mapping: Mapping[str, str], deps: Deps
) -> FileImport:
    """Stores the lines, which a job then works, and returns the import.

    The same file, imported in the same way, is the import that there is already.
    """
    lines = [(line.number, as_sent(line.fields)) for line in table.lines]
    digest = hashlib.blake2b(to_json([name, journey, sorted(mapping.items()), lines])).digest()
    async with deps.database.transaction() as connection:
        import_id = await imports.add(connection, digest, name, journey, mapping)
        if import_id is not None:
            await imports.add_lines(connection, import_id, lines)
        else:
            import_id = await imports.of_digest(connection, digest)
    log.info("import.begun", import_id=import_id, lines=len(lines))
    deps.imports_due.set()
    found = await show_import(import_id, deps)
    assert found is not None
    return found


async def show_import(import_id: int, deps: Deps) -> FileImport | None:
    for found in await _shown(deps, import_id=import_id):
        lines = await imports.lines_of(deps.database, import_id, limit=SHOWN_LINES)
        return found.model_copy(update={"lines": tuple(ImportedLine(**line) for line in lines)})
    return None


async def list_imports(deps: Deps) -> list[FileImport]:
    """Returns the newest imports, without their lines."""
    return await _shown(deps)


async def _shown(deps: Deps, import_id: int | None = None) -> list[FileImport]:
    rows = await imports.listed(deps.database, import_id=import_id, limit=SHOWN_IMPORTS)
    outcomes = await imports.outcomes(deps.database, [row["import_id"] for row in rows])
    return [FileImport(**row, outcomes=outcomes[row["import_id"]]) for row in rows]


async def work_imports(deps: Deps) -> bool:
    """Works a batch of waiting lines. Returns whether there may be more."""
    due = await imports.claim(deps.database, limit=BATCH, lease=LEASE)
    worked = await asyncio.gather(*(_work(line, deps) for line in due))
    await imports.finish(deps.database, [line for line in worked if line is not None])
    return len(due) == BATCH


async def _work(line: DueLine, deps: Deps) -> WorkedLine | None:
    """Submits one line. During an outage it stays as it is; after a bug it fails in the end."""
    try:
        submitted = await submit_form(
            _form(line.fields, line.mapping),
            f"{line.import_id} {line.line}",
            deps,
            received_at=line.created_at,
            door=Door.FILE,
            journey=_journey(line.journey),
            label=line.import_name,
        )
    except Unavailable as outage:
        log.warning("import.waiting", line=line.line_id, reason=describe(outage))
        return None
    except Exception as bug:  # one bad line must not stop the others
        log.error("import.line_not_worked", line=line.line_id, exc_info=bug)
        if line.attempts >= MAX_ATTEMPTS:
            await _fail(line, describe(bug), deps)
        return None
    return WorkedLine(
        line.line_id, submitted.outcome, submitted.reason, submitted.name, submitted.submission_id
    )


async def _fail(line: DueLine, reason: str, deps: Deps) -> None:
    async with deps.database.transaction() as connection:
        if await imports.fail(connection, line.line_id, reason):
            await publish_failed(
                connection,
                service="intake",
                kind=imports.IMPORT_LINES.kind,
                row_id=line.line_id,
                reason=f"import {line.import_id}, line {line.line}: {reason}",
            )


def _form(fields: Mapping[str, object], mapping: Mapping[str, str]) -> Form:
    return Form(source=SOURCE, fields=fields, hints=mapping)


def _journey(journey: str) -> str | None:
    return NO_JOURNEY if journey == NO_JOURNEY else None
