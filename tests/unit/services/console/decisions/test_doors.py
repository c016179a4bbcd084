"""What an operator must see of the doors that leads come in by."""

from datetime import UTC, datetime

import pytest

from contracts.api.submissions import FileImport, HeldList, ImportedLine, SourceStatus
from contracts.events.submission import HoldReason
from services.console.decisions.doors import (
    finished,
    in_trouble,
    is_keyed,
    lines_to_read,
    mapping_of,
    read_outcomes,
    to_review,
)

AT = datetime(2026, 3, 2, 16, tzinfo=UTC)
META = SourceStatus(name="meta", kind="platform", path="/webhooks/meta", configured=True)
FILE = FileImport(name="leads.csv", journey="none", mapping={}, total=3, done=2, outcomes={})


def test_test_leads_wait_for_no_decision() -> None:
    counts = {HoldReason.TEST: 9, HoldReason.HONEYPOT: 2, HoldReason.OVER_LIMIT: 1}

    assert to_review(HeldList(counts=counts, submissions=[])) == 3
    assert to_review(HeldList(counts={}, submissions=[])) == 0


def test_what_is_broken_comes_before_what_is_silent() -> None:
    silent = META.model_copy(update={"name": "tally", "silent": True})
    broken = META.model_copy(update={"problem": "the token is no longer valid"})

    assert in_trouble([META, silent, broken]) == [broken, silent]


@pytest.mark.parametrize(
    ("name", "keyed"), [("landing-verano", True), ("form", False), ("meta", False), ("file", False)]
)
def test_only_a_form_of_ones_own_has_keys(name: str, keyed: bool) -> None:
    assert is_keyed(name) is keyed


@pytest.mark.parametrize(
    ("outcome", "parts"),
    [
        ("new", [("new", 1)]),
        ("new 2, held 1", [("new", 2), ("held", 1)]),
        ("no usable phone and no usable email", [("no usable phone and no usable email", 1)]),
        ("it cannot be read: bad_json", [("bad_json", 1)]),
        ("bad_form", [("bad_form", 1)]),
        ("email bad_email, telefono bad_phone", [("bad_email", 1), ("bad_phone", 1)]),
        ("email missing_contact, telefono missing_contact", [("missing_contact", 1)]),
        ("KeyError: 'x', at line 3", [("KeyError: 'x', at line 3", 1)]),
        ("", [("", 1)]),
    ],
)
def test_a_summary_is_read_and_a_sentence_is_left(
    outcome: str, parts: list[tuple[str, int]]
) -> None:
    assert read_outcomes(outcome) == parts


def test_a_file_is_finished_once_every_line_has_its_outcome() -> None:
    assert not finished(FILE)
    assert finished(FILE.model_copy(update={"done": 3}))
    assert finished(FILE.model_copy(update={"total": 0, "done": 0}))


def test_only_lines_that_bring_no_lead_are_read() -> None:
    lines = (
        ImportedLine(line=2, outcome="new", name="Ana"),
        ImportedLine(line=3, outcome="refused", name="Beto", reason="no_address"),
        ImportedLine(line=4, outcome="held", name="Caro", reason="disposable_email"),
        ImportedLine(line=5, outcome="failed"),
    )
    file = FILE.model_copy(update={"lines": lines})

    assert lines_to_read(file, 2) == [
        (3, "Beto", "refused", "no_address"),
        (4, "Caro", "held", "disposable_email"),
    ]
    assert len(lines_to_read(file, 9)) == 3


def test_a_mapping_is_two_lists_of_the_same_length() -> None:
    assert mapping_of(["Correo", "Notas"], ["email", ""]) == {"Correo": "email", "Notas": ""}
    with pytest.raises(ValueError, match="shorter"):
        mapping_of(["Correo", "Notas"], ["email"])
