"""Reads what was posted to the lead door as a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events.lead import LeadCard
from domain.signed_links import pseudonym
from kit.visitors import is_anybodys, visitor
from services.intake.decisions.holding import reason_to_hold
from services.intake.decisions.persons import Submission
from services.intake.decisions.source_keys import FORM
from services.intake.decisions.submissions import as_sent, content_of, form_id
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received, Sent
from sources.form import read_form
from sources.mapping import FieldError, card_of
from sources.model import Form
from sources.overrides import Overrides
from sources.reading import read_body

REDIRECT_FIELD = "redirect"


class Unreachable(Exception):
    """The form has no phone and no email that can be used. `errors` name its fields."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Post:
    """A request to the door, as it was sent, and whose it is.

    `source` is FORM where it has no key. `over_limit` where they have sent too many.
    """

    source: str
    remote_address: str
    over_limit: bool
    received_at: datetime
    content_type: str
    body: bytes
    user_agent: str = ""
    page: str = ""
    key: str | None = None

    @property
    def has_key(self) -> bool:
        return self.source != FORM


def read_post(
    post: Post, settings: Settings, overrides: Overrides
) -> tuple[Mapping[str, object], Received]:
    """Returns the fields as sent, and the submission. Raises Unreadable and Unreachable."""
    fields = read_body(post.content_type, post.body)
    form = read_form(fields)
    card = _card(form, post, settings, overrides)
    content = content_of(post.source, fields)
    submission = Submission(
        card=card,
        content=content,
        key=post.key,
        source=post.source,
        external_id=form_id(form.external_id, content),
        held=reason_to_hold(
            card,
            test=form.test,
            honeypot=bool(form.fields.get(settings.honeypot_field)),
            over_limit=post.over_limit,
        ),
        most_names=settings.many_names,
    )
    received = Received(
        submission,
        post.remote_address,
        post.user_agent,
        post.received_at,
        page=card.attribution.get("page") or post.page,
        sent=Sent(as_sent(fields), post.content_type, post.body),
    )
    return fields, received


def _card(form: Form, post: Post, settings: Settings, overrides: Overrides) -> LeadCard:
    answered = {
        name: value
        for name, value in form.fields.items()
        if name not in (settings.honeypot_field, REDIRECT_FIELD)
    }
    card = card_of(
        replace(form, fields=answered),
        region=settings.default_region,
        overrides=overrides.of(post.source, form.attribution.get("form_id", "")),
    )
    if isinstance(card, list):
        raise Unreachable(card)
    if post.has_key:  # its server's address is no visitor's
        return card.model_copy(update={"source": card.source or post.source})
    if not is_anybodys(post.remote_address):
        return card
    secret = settings.link_secret.get_secret_value()
    origin = pseudonym(secret, "visitor", visitor(post.remote_address))
    return card.model_copy(update={"visitor": origin})
