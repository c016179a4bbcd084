"""Writes notes to Kommo in batches, and checks those whose call had no clear answer."""

from collections.abc import Sequence

import structlog

from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable, describe
from kit.leader import Lead
from kit.masking import mask
from providers.errors import OutcomeUnknown
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import Note
from services.crm.decisions.kommo import next_check_delay
from services.crm.repositories.notes import WaitingNote
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import KommoProgress

log = structlog.get_logger()


class NoteWriter:
    """Writes notes during one `election`."""

    def __init__(
        self, progress: KommoProgress, kommo: KommoClient, settings: Settings, election: Lead
    ) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._election = election

    async def check_notes(self) -> bool:
        """Checks the notes whose call had no clear answer. Returns whether there were any."""
        unclear = await self._progress.unclear_notes(BATCH)
        for note in unclear:
            try:
                await self._check_note(note)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.check_failed", note_id=note.note_id, exc_info=bug)
                if not await self._recheck_note(note):
                    await self._progress.note_failed(note.note_id, describe(bug))
        return bool(unclear)

    async def _check_note(self, note: WaitingNote) -> None:
        if note.text in await self._kommo.notes_of(note.kommo_lead_id):
            await self._progress.notes_written([note.note_id])
        elif not await self._recheck_note(note):
            await self._progress.note_not_found(note.note_id)

    async def _recheck_note(self, note: WaitingNote) -> bool:
        """Schedules the next check. Returns False if this was the last."""
        delay = next_check_delay(self._settings.check_delays, note.check_count)
        if delay is None:
            return False
        await self._progress.notes_unclear(
            [note.note_id], check_count=note.check_count + 1, check_in=delay
        )
        return True

    async def write_notes(self) -> bool:
        """Writes waiting notes. Returns whether there were any. Raises Unavailable."""
        notes = await self._progress.claim_notes(BATCH, term=self._election.term)
        together = [note for note in notes if not note.attempts]
        alone = [[note] for note in notes if note.attempts]
        try:
            for batch in (together, *alone):
                await self._write(batch)
        except DATABASE_FAILURES:
            raise  # Kommo may have the notes, so the claimed ones are checked in the next run
        except Unavailable:
            await self._progress.release_notes([note.note_id for note in notes])
            raise
        return bool(notes)

    async def _write(self, notes: Sequence[WaitingNote]) -> None:
        """Writes the notes in one call. Raises Unavailable when none of them was written."""
        if not notes:
            return
        ids = [note.note_id for note in notes]
        try:
            await self._kommo.add_notes([Note(note.kommo_lead_id, note.text) for note in notes])
        except Unavailable:
            raise
        except KommoRefused as refused:
            await self._separate_notes(notes, refused)
            return
        except OutcomeUnknown as unclear:
            log.warning("kommo.unclear", notes=len(ids), reason=describe(unclear))
            await self._progress.notes_unclear(ids, check_in=self._settings.check_delays[0])
        except Exception as bug:  # Kommo may have the notes, although its answer is unreadable
            log.error("kommo.not_understood", notes=len(ids), exc_info=bug)
            await self._progress.notes_unclear(ids, check_in=self._settings.check_delays[0])
        else:
            await self._progress.notes_written(ids)
            log.info("kommo.notes_written", notes=len(ids))

    async def _separate_notes(self, notes: Sequence[WaitingNote], refused: KommoRefused) -> None:
        """Retries a refused batch, of which nothing was written, in halves.

        A note that is refused alone is set aside, or forgotten with its lead, which is deleted.
        """
        if len(notes) > 1:
            middle = len(notes) // 2
            await self._write(notes[:middle])
            await self._write(notes[middle:])
            return
        note = notes[0]
        log.error("kommo.note_refused", note_id=note.note_id, reason=str(refused))
        errors = refused.items.get("0", ())
        if any(error.path == "entity_id" for error in errors):
            await self._progress.notes_refused([note.note_id])
            await self._progress.ask_kommo(note.kommo_lead_id)
        else:
            reason = f"Kommo no aceptó la nota ({mask(refused.reason_for('0'))[:400]})"
            await self._progress.note_failed(note.note_id, reason)
