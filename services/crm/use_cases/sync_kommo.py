"""Brings Kommo up to date, in one worker across all replicas: leads, stages, contacts, notes."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from kit.database import Database
from kit.errors import Unavailable
from kit.leader import Lead
from providers.kommo.client import KommoClient
from services.crm.settings import Settings
from services.crm.use_cases.ask_kommo import ChangeReader
from services.crm.use_cases.create_kommo_leads import LeadCreator
from services.crm.use_cases.kommo_progress import KommoProgress
from services.crm.use_cases.move_kommo_leads import LeadMover
from services.crm.use_cases.update_kommo_contacts import ContactUpdater
from services.crm.use_cases.write_kommo_notes import NoteWriter

log = structlog.get_logger()


class KommoSync:
    """The worker that writes to Kommo. It must be elected before it runs."""

    _election: Lead
    _sections: Mapping[str, Callable[[], Awaitable[bool]]]

    def __init__(
        self, database: Database, progress: KommoProgress, kommo: KommoClient, settings: Settings
    ) -> None:
        self._database = database
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._all_settled = False

    def elected(self, election: Lead) -> None:
        """Begins a term. The calls that the last worker left unfinished must be checked."""
        self._kommo.may_write = election.holds
        leads = LeadCreator(self._progress, self._kommo, self._settings, election)
        stages = LeadMover(self._progress, self._kommo, self._settings)
        contacts = ContactUpdater(self._progress, self._kommo, self._settings)
        notes = NoteWriter(self._progress, self._kommo, self._settings, election)
        changes = ChangeReader(self._database, self._progress, self._kommo, self._settings)
        self._election = election
        self._sections = {
            "retry_refused": leads.retry_refused,
            "check_leads": leads.check_leads,
            "create_leads": leads.create_leads,
            "move_leads": stages.move_leads,
            "update_contacts": contacts.update_contacts,
            "read_changes": changes.read_changes,
            "check_notes": notes.check_notes,
            "write_notes": notes.write_notes,
        }
        self._all_settled = False

    async def run_once(self) -> bool:
        """Runs each section once. Returns whether there was work. Raises Unavailable.

        A bug in one section does not stop the others. The calls that a section, or the last run,
        left unfinished are checked in the next run.
        """
        if not self._all_settled:
            await self._progress.mark_in_flight_unclear(
                check_in=self._settings.check_delays[0], term=self._election.term
            )
        self._all_settled = False
        worked = False
        clean = True
        for name, section in self._sections.items():
            try:
                worked |= await section()
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.section_failed", section=name, exc_info=bug)
                clean = False
        self._all_settled = clean
        return worked
