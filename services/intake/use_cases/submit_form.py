"""Submits what a source delivered, as if the person had filled in our own form."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events.lead import Door, LeadCard
from services.intake.decisions.holding import reason_to_hold
from services.intake.decisions.persons import (
    Conflict,
    Held,
    Join,
    NewLead,
    Replay,
    Submission,
    Verdict,
)
from services.intake.decisions.submissions import as_sent, content_of
from services.intake.deps import Deps
from services.intake.use_cases.accept_submissions import Received, Sent
from sources.mapping import card_of
from sources.model import Form
from sources.values import as_text

REFUSED = "refused"
NO_ADDRESS = "no usable phone and no usable email"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a form: new, joined, repeated, held or refused, and why."""

    outcome: str
    reason: str = ""
    submission_id: int | None = None
    name: str = ""


async def submit_form(
    form: Form,
    external_id: str,
    deps: Deps,
    *,
    received_at: datetime,
    door: Door = Door.FORM,
    journey: str | None = None,
    label: str = "",
    over_limit: bool = False,
) -> Submitted:
    """Returns after the commit. Raises Unavailable.

    `external_id` identifies the form where its source gives it no id. `label` is the source's name
    for people, where neither the form nor its platform names one.
    """
    card = card_for(form, deps, label)
    if card is None:
        return Submitted(REFUSED, NO_ADDRESS)
    submission = submission_of(
        form, card, external_id, door=door, journey=journey, over_limit=over_limit
    )
    submission = replace(submission, sent_at=sent_at(form, received_at))
    sent = Sent(fields=as_sent(form.fields))
    return await submit(Received(submission, "", "", received_at, sent=sent), deps)


def sent_at(form: Form, received_at: datetime) -> datetime:
    """Returns when the person sent the form: as its source says, but not after it came here."""
    return min(form.submitted_at or received_at, received_at)


async def submit(received: Received, deps: Deps) -> Submitted:
    """Returns what came of a submission, after the commit. Raises Unavailable."""
    verdict = await deps.accept(received)
    assert not isinstance(verdict, Conflict), "only a request with an Idempotency-Key conflicts"
    outcome, reason = outcome_of(verdict)
    return Submitted(outcome, reason, verdict.submission_id, received.submission.card.name)


def card_for(form: Form, deps: Deps, label: str = "") -> LeadCard | None:
    """Returns the form's card; None where the person cannot be reached.

    A platform's test needs no address.
    """
    overrides = deps.overrides.of(form.source, form.attribution.get("form_id", ""))
    card = card_of(form, region=deps.settings.default_region, overrides=overrides)
    if isinstance(card, list):
        if not form.test:
            return None
        extra = {name: as_text(value) for name, value in form.fields.items()}
        attribution = dict(form.attribution)
        card = LeadCard(name="", source=form.label or None, attribution=attribution, extra=extra)
    return card if card.source or not label else card.model_copy(update={"source": label})


def submission_of(
    form: Form,
    card: LeadCard,
    external_id: str,
    *,
    door: Door,
    journey: str | None,
    over_limit: bool = False,
) -> Submission:
    known_as = form.external_id or external_id
    return Submission(
        card=card,
        content=content_of(form.source, form.fields, known_as),
        source=form.source,
        external_id=known_as,
        held=reason_to_hold(card, test=form.test, over_limit=over_limit),
        door=door,
        journey=journey,
    )


def outcome_of(verdict: Verdict) -> tuple[str, str]:
    """Returns what came of a submission, and why, in the words of `contracts.api.submissions`."""
    match verdict:
        case NewLead():
            return "new", ""
        case Join():
            return "joined", ""
        case Replay() | Conflict():
            return "repeated", ""
        case Held():
            return "held", verdict.reason
