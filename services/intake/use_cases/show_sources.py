"""Shows how the platforms do: deliveries, silence, and what is wrong with them."""

from datetime import datetime

from contracts.api.submissions import SourceStatus
from services.intake.decisions.silence import is_silent
from services.intake.deps import Deps
from services.intake.meta import NOT_CONNECTED
from services.intake.platforms import META, PROOFS
from services.intake.repositories import deliveries, source_state
from services.intake.repositories.deliveries import Figures
from services.intake.settings import Settings


async def show_platforms(deps: Deps) -> list[SourceStatus]:
    """Returns every platform, whether it is connected or not."""
    figures = await deliveries.figures(deps.database)
    problems = await source_state.problems(deps.database)
    return [
        _status(name, figures.get(name, Figures()), problems.get(name, ""), deps.settings)
        for name in PROOFS
    ]


def with_silence(status: SourceStatus, settings: Settings, *, now: datetime) -> SourceStatus:
    """Returns the status of a source, which says whether it is silent."""
    last_at = status.last_delivery_at
    silent = last_at is not None and is_silent(
        last_at,
        now,
        hours=settings.source_silence,
        zone=settings.timezone,
        country=settings.default_region,
    )
    return status.model_copy(update={"silent": silent})


def _status(name: str, figures: Figures, problem: str, settings: Settings) -> SourceStatus:
    configured = bool(settings.secrets_of(name))
    if name == META and configured and not settings.meta.page_token.get_secret_value():
        problem = NOT_CONNECTED
    return SourceStatus(
        name=name,
        kind=name,
        path=f"/webhooks/{name}",
        configured=configured,
        last_delivery_at=figures.last_at,
        deliveries=figures.deliveries,
        refused=figures.refused,
        held=figures.held,
        problem=problem if configured else "",
    )
