"""Pages that only much or odd data show: rendered with it, without a server."""

from typing import Any

import pytest
from starlette.requests import Request

from services.console.decisions.stopwatch import Objective, budget, cause, chain
from services.console.store.figures import Waits
from tests.services.console.rendered import a_request, rendered
from tests.services.console.test_leads import CREATED, DIALLED, folded


def stopwatch(days: int, request: Request | None = None) -> str:
    by_day = [Waits(f"2026-03-{day:02}", 5, 0.1 * day, 0.2 * day, 0.4 * day) for day in range(1, days + 1)]
    lead, objective = folded(CREATED, DIALLED), Objective(10, 0.95)
    facts: dict[str, Any] = {"days": 30, "objective": objective, "budget": budget(100, 7, objective)}
    facts |= {
        "missed": [(lead, cause(lead))],
        "by_day": by_day,
        "by_source": by_day[:3],
        "chains": [(lead, chain(lead))],
    }
    return rendered("stopwatch", request or a_request(), **facts)


@pytest.mark.parametrize(("days", "labels"), [(1, 1), (8, 8), (9, 5), (31, 8)])
def test_a_chart_names_as_many_days_as_fit(days: int, labels: int) -> None:
    assert stopwatch(days).count('y="208"') == labels


def test_a_page_is_read_in_the_reader_s_language() -> None:
    assert "Stopwatch" in stopwatch(3, a_request(accept_language="en-US,en;q=0.9"))
    assert "Cronómetro" in stopwatch(3, a_request(accept_language="en;q=0.1,es-MX"))
    assert "Stopwatch" in stopwatch(3, a_request("lang=en", accept_language="es"))
    assert "Cronómetro" in stopwatch(3, a_request("lang=xx"))


def test_an_overspent_budget_shows() -> None:
    assert 'class="budget over"' in stopwatch(3)
