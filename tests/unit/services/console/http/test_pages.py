"""Pages with much or odd data, rendered without a server."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request

from contracts.api.addresses import SuspendedAddress
from contracts.api.lead_plan import LeadPlan
from services.console.decisions.disk import Disk
from services.console.decisions.response_times import Objective, budget, cause, timeline
from services.console.repositories.metrics import LeadFilter, Waits
from tests.builders import a_card
from tests.unit.services.console.decisions.test_leads import CREATED, DIALLED, folded, updated
from tests.unit.services.console.rendered import (
    a_request,
    addresses_page,
    lead_page,
    letters_page,
    now_page,
    rendered,
)


def stopwatch(days: int, request: Request | None = None) -> str:
    by_day = [
        Waits(f"2026-03-{day:02}", 5, 0.1 * day, 0.2 * day, 0.4 * day) for day in range(1, days + 1)
    ]
    lead = folded(CREATED, DIALLED)
    objective = Objective(10, 0.95)
    facts: dict[str, Any] = {
        "days": 30,
        "objective": objective,
        "budget": budget(100, 7, objective),
    }
    facts |= {
        "missed": [(lead, cause(lead))],
        "by_day": by_day,
        "by_source": by_day[:3],
        "chains": [(lead, timeline(lead))],
    }
    return rendered("stopwatch", request or a_request(), **facts)


@pytest.mark.parametrize(("days", "labels"), [(1, 1), (8, 8), (9, 5), (31, 8)])
def test_a_chart_names_as_many_days_as_fit(days: int, labels: int) -> None:
    assert stopwatch(days).count('y="208"') == labels


def test_a_page_is_read_in_the_reader_s_language() -> None:
    assert "Response times" in stopwatch(3, a_request(accept_language="en-US,en;q=0.9"))
    assert "Tiempos de respuesta" in stopwatch(3, a_request(accept_language="en;q=0.1,es-MX"))
    assert "Response times" in stopwatch(3, a_request("lang=en", accept_language="es"))
    assert "Tiempos de respuesta" in stopwatch(3, a_request("lang=xx"))


def test_an_overspent_budget_shows() -> None:
    assert 'class="budget over"' in stopwatch(3)


HOURS = {"zone": "America/Monterrey", "days": [["09:00-19:00"]] * 5 + [["10:00-14:00"], []]}
TO_COME = {
    "step": "welcome_call",
    "channel": "call",
    "booking": "",
    "due_at": "2026-03-02T15:00:00+00:00",
}


def a_plan(*touches: dict[str, Any]) -> LeadPlan:
    """As the scheduler answers it."""
    answer = {
        "journey": "3f" * 32,
        "zone": "America/Monterrey",
        "paused": False,
        "stopped": None,
        "touches": touches,
    }
    return LeadPlan.model_validate(answer)


def deferral(**changes: str) -> list[dict[str, Any]]:
    body = {
        "topic": "touch.deferred",
        "step": "welcome_call",
        "channel": "call",
        "touch_id": "t",
        "reason": "hours",
    }
    return [{"id": 1, "at": datetime(2026, 3, 2, 4, tzinfo=UTC), "body": body | changes}]


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "lun–vie 9:00–19:00, sáb 10:00–14:00, hora de Monterrey; se envía 2 mar, 09:00"),
        ("en", "Mon–Fri 9:00–19:00, Sat 10:00–14:00, Monterrey time; will be sent 2 Mar, 09:00"),
    ],
)
def test_a_touch_that_waits_for_its_hours_shows_which_and_until_when(
    language: str, text: str
) -> None:
    assert text in text_of(
        lead_page(language, plan=a_plan(TO_COME | {"hours": HOURS}), events=deferral())
    )


def test_a_touch_deferred_for_another_reason_shows_until_when() -> None:
    page = text_of(
        lead_page(plan=a_plan(TO_COME | {"hours": HOURS}), events=deferral(reason="daily_limit"))
    )

    assert "ya se le contactó hoy" in page
    assert "se envía 2 mar, 09:00" in page
    assert "hora de Monterrey" not in page


@pytest.mark.parametrize(
    "plan",
    [None, a_plan(), a_plan(TO_COME)],
    ids=["no scheduler", "already sent", "a plan without hours"],
)
def test_a_missing_plan_leaves_a_gap(plan: LeadPlan | None) -> None:
    assert "está fuera del horario permitido" in text_of(lead_page(plan=plan, events=deferral()))


@pytest.mark.parametrize(
    ("language", "name"), [("es", "Llamada de bienvenida"), ("en", "Welcome call")]
)
def test_steps_are_read_by_name(language: str, name: str) -> None:
    doubtful = {"lead_id": 7, "at": "2026-03-02T15:00:00Z", "detail": {"touch_id": "t", **TO_COME}}
    lead = text_of(
        lead_page(language, plan=a_plan(TO_COME), events=deferral(), lead=folded(CREATED, DIALLED))
    )

    assert lead.count(name) == 3  # the button to skip, the plan, and the timeline
    assert name in text_of(letters_page(language, unknown=[doubtful]))
    assert "welcome_call" not in lead


def test_the_page_explains_which_leads_count_as_reached() -> None:
    assert "Un correo entregado no cuenta." in now_page()


def test_a_booking_of_nobody_names_the_lead_that_it_is_meant_for() -> None:
    unmatched = {"uid": "legacy-123456", "starts_at": None, "email": "", "phone": ""}
    page = text_of(letters_page(unmatched=[unmatched]))

    assert "Cal.com indicó el lead 123456, que no existe" in page
    assert "legacy" not in page
    assert "3 reservas sin asignar" in text_of(now_page(unmatched=3))


def test_phones_are_read_as_people_write_them() -> None:
    lead = folded(CREATED, updated(phone="+13055550123", email="otra@example.com"))
    found = rendered(
        "leads",
        a_request(),
        wanted=LeadFilter(),
        leads=[lead],
        more=False,
        choices={"states": [], "sources": [], "steps": []},
    )
    unmatched = {"uid": "u1", "starts_at": None, "email": None, "phone": "+528112345678"}

    assert "+52 81 1234 5678" in text_of(lead_page(lead=lead))
    assert "+1 305-555-0123" in text_of(lead_page(lead=lead))
    assert "otra@example.com" in text_of(lead_page(lead=lead))
    assert "+52 81 1234 5678" in text_of(found)
    assert "+52 81 1234 5678" in text_of(letters_page(unmatched=[unmatched]))
    assert "u1" in text_of(letters_page(unmatched=[unmatched | {"phone": None}]))


@pytest.mark.parametrize(
    ("disk", "tone", "text"),
    [
        pytest.param(Disk(full=False, free=50e9), "", "bien", id="room enough"),
        pytest.param(
            Disk(full=False, free=4e9), "doubt", "quedan 4.0 GB de disco", id="little room"
        ),
        pytest.param(Disk(full=False, free=1e9), "bad", "quedan 1.0 GB de disco", id="nearly full"),
        pytest.param(Disk(full=True, free=50e9), "bad", "no puede guardar: disco lleno", id="full"),
    ],
)
def test_a_disk_that_fills_up_is_seen(disk: Disk, tone: str, text: str) -> None:
    row = now_page(disk=disk).split("RabbitMQ</span>")[1].split("</li>")[1]

    assert f'class="dot {tone}"' in row
    assert text in text_of(row)


def test_a_lead_that_kommo_does_not_have_yet_is_shown_with_the_reason() -> None:
    waiting = text_of(lead_page(lead=folded(CREATED), kommo_unavailable="kommo: 401"))

    assert "Kommo todavía no Kommo no acepta KOMMO_ACCESS_TOKEN (401)" in waiting


A_DOUBTFUL = SuspendedAddress(
    address="ana@example.com",
    doubtful=True,
    reason="brevo: soft_bounce: 452 full",
    at=datetime(2026, 3, 2, 16, tzinfo=UTC),
    lead_id=7,
)


def test_a_lead_shows_what_cannot_be_used_and_how_it_came() -> None:
    card = a_card(
        unusable_email="ana@gmail",
        attribution={"campaign_name": "Otoño", "gclid": "Cj0"},
        extra={"gclid": "Cj0", "color": "azul"},
    )
    lead = folded(CREATED.model_copy(update={"card": card}))
    page = text_of(lead_page(lead=lead))

    assert "Correo no utilizable ana@gmail" in page
    assert "color azul" in page
    assert "Campaña Otoño" in page
    assert page.count("Cj0") == 1


def test_a_suspended_address_has_its_reason_its_date_and_a_button() -> None:
    page = addresses_page(addresses=[A_DOUBTFUL], names={7: "Ana"})

    assert "ana@example.com" in page
    assert "dudosa: los últimos correos rebotaron" in text_of(page)
    assert "brevo: soft_bounce: 452 full" in page
    assert "/console/leads/7" in page
    assert 'action="/console/addresses"' in page
    assert 'name="address" value="ana@example.com"' in page
    assert "Volver a usarla" in text_of(page)


def test_an_address_of_an_older_version_has_no_reason() -> None:
    dead = A_DOUBTFUL.model_copy(update={"doubtful": False, "reason": "", "lead_id": 0})
    page = addresses_page("en", addresses=[dead])

    assert "it reaches nobody" in text_of(page)
    assert "/console/leads/0" not in page


@pytest.mark.parametrize(
    ("addresses", "text"),
    [([], "No hay direcciones suspendidas."), (None, "notify no responde")],
)
def test_a_page_without_addresses_says_why(addresses: list[Any] | None, text: str) -> None:
    assert text in text_of(addresses_page(addresses=addresses))
