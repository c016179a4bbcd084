"""Describes in Spanish the hours that a law allows, and how it narrows those of a step."""

from collections.abc import Iterable
from itertools import groupby

from contracts.events.touch import Channel
from domain.journey.law import Law
from domain.journey.model import Spans, Window

DAY_NAMES = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
ANY_HOUR = Window.model_validate({"mon-sun": "00:00-24:00", "holidays": "open"})


def hours_in_words(window: Window) -> str:
    """Returns the hours as `lun–vie 9:00–19:00; sáb 10:00–14:00; no en festivos`."""
    days = _by_days((number, _spans_in_words(spans)) for number, spans in enumerate(window.week))
    if window.holidays == "closed":
        days.append("no en festivos")
    return "; ".join(days)


def narrowing(own: Window, law: Law, channel: Channel) -> str:
    """Returns how the law narrows these hours: `Ley 2300 de 2023: no antes de 7:00`.

    The text is empty where the law does not narrow them.
    """
    legal = law.hours(channel)
    if legal is None:
        return ""
    clauses = [
        (number, _clause(spans, allowed))
        for number, (spans, allowed) in enumerate(zip(own.week, legal.week, strict=True))
        if spans
    ]
    if len({clause for _, clause in clauses}) == 1:
        texts = [clause for _, clause in clauses[:1] if clause]
    else:
        texts = _by_days(clauses)
    if own.holidays == "open" and legal.holidays == "closed":
        texts.append("no en festivos")
    return f"{law.name}: {'; '.join(texts)}" if texts else ""


def _clause(own: Spans, legal: Spans) -> str:
    if not legal:
        return "a ninguna hora"
    opens, closes = _ends(own)
    earliest, latest = _ends(legal)
    clauses = []
    if opens < earliest:
        clauses.append(f"no antes de {_clock(earliest)}")
    if closes > latest:
        clauses.append(f"no después de {_clock(latest)}")
    return ", ".join(clauses)


def _ends(spans: Spans) -> tuple[int, int]:
    return min(opens for opens, _ in spans), max(closes for _, closes in spans)


def _spans_in_words(spans: Spans) -> str:
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in spans)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _by_days(texts: Iterable[tuple[int, str]]) -> list[str]:
    """Returns each text after its days, once for consecutive days with the same text.

    Days with an empty text are omitted.
    """
    labelled = []
    for text, group in groupby(texts, key=lambda pair: pair[1]):
        days = [DAY_NAMES[number] for number, _ in group]
        if text:
            label = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
            labelled.append(f"{label} {text}")
    return labelled
