"""Chooses the language that a browser prefers."""

from collections.abc import Sequence


def preferred(accept_language: str, known: Sequence[str]) -> str:
    """Returns the preferred one of the known languages; the first where the header names none."""
    ranked = []
    for position, part in enumerate(accept_language.lower().split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), position, tag[:2]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(ranked) if tag in known), known[0])
