"""Reads the form of any page, builder or tool, by its fields. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from sources import tally, typeform, webflow
from sources.field_names import attribution_of, squeezed
from sources.flattening import flattened
from sources.meta.lead import is_test
from sources.model import Form
from sources.values import as_text, moment

SOURCE = "form"
_IDS = {"submissionid", "responseid", "entryid", "leadgenid"}
_TIMES = {"submittedat", "submissiondate"}


def read_form(fields: Mapping[str, object]) -> Form:
    """Returns the form that the fields are, however its builder nests and names them."""
    event = dict(fields)
    for read_event in (webflow.read_event, typeform.read_event, tally.read_event):
        for form in read_event(event):
            return replace(form, source=SOURCE)
    flat = flattened(fields)
    named = {squeezed(name): value for name, value in flat.fields.items()}
    return Form(
        source=SOURCE,
        fields=flat.fields,
        external_id=_first(named, _IDS),
        test=is_test(flat.fields.values()),
        submitted_at=moment(_first(named, _TIMES)),
        attribution=attribution_of(flat.fields),
        hints=flat.hints,
    )


def _first(named: Mapping[str, object], names: set[str]) -> str:
    return next((as_text(value) for name, value in named.items() if name in names), "")[:200]
