"""Asks Kommo what became of leads whose webhooks leave a doubt, or that it no longer knows."""

from kit.database import Database
from providers.kommo.client import BATCH, KommoClient
from providers.kommo.models import Change, KommoLead
from services.crm.settings import Settings
from services.crm.use_cases.close_lead import close_leads, stages_of
from services.crm.use_cases.kommo_progress import KommoProgress


class ChangeReader:
    """Reads the leads that are in doubt, and closes those that are no longer ours to follow up."""

    def __init__(
        self, database: Database, progress: KommoProgress, kommo: KommoClient, settings: Settings
    ) -> None:
        self._database = database
        self._progress = progress
        self._kommo = kommo
        self._settings = settings

    async def read_changes(self) -> bool:
        """Asks about the leads in doubt. Returns whether there were any. Raises Unavailable."""
        doubtful = await self._progress.leads_to_ask(BATCH)
        if not doubtful:
            return False
        found = await self._kommo.leads(doubtful)
        changes = [_change(lead_id, found.get(lead_id)) for lead_id in doubtful]
        await close_leads(self._database, changes, stages_of(self._settings.kommo))
        await self._progress.asked(doubtful)
        return True


def _change(kommo_lead_id: int, lead: KommoLead | None) -> Change:
    """Returns the lead as it is now. By whom is always known: not named is the account itself."""
    if lead is None:
        return Change(kommo_lead_id, None, None, deleted=True)
    return Change(
        kommo_lead_id, lead.status_id, lead.pipeline_id, deleted=False, by=lead.updated_by or 0
    )
