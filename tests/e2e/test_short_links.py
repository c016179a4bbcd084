"""The short links of messages: where they lead, who is taken for a person, and when they end."""

import re
from typing import Any

import httpx
import pytest

from contracts.commands.lead import EraseLead
from tests.e2e.test_commands import erased
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

PHONE = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Mobile Safari/537.36"
}
PREVIEW = {"User-Agent": "WhatsApp/2.24.13.77 A"}
NO_ANSWER = 2
ON_NO_WHATSAPP = 1


async def a_lead_with_a_link(system: System, message: int = 0) -> tuple[int, dict[str, Any], str]:
    """Returns a lead who missed the call, the form, and the short link that was sent instead."""
    form = person(NO_ANSWER, message)
    lead = await system.lead(form)
    channel = "sms" if message == ON_NO_WHATSAPP else "whatsapp"
    await system.happens(lead, f"{channel} touch.delivered")
    *_, text = await system.simulator("messages", e164(form))
    [path] = re.findall(r"/a/\w{8}\b", text["body"])
    return lead, form, f"{system.native.addresses.gateway}{path}"


async def a_while_ago(system: System, lead: int) -> None:
    """Makes the lead's links old enough for a person to have read of them."""
    await system.sql(
        "notify",
        "update links set created_at = created_at - interval '1 minute' where lead_id = $1",
        lead,
    )


async def openers(system: System, lead: int) -> list[str]:
    """Returns who has opened the lead's links, as the audit log has it."""
    await system.quiet()
    rows = await system.sql(
        "console",
        """select array_agg(body->>'opener' order by id) from actions
           where lead_id = $1 and topic = 'link.opened'""",
        lead,
    )
    return list(rows or [])


async def follow(system: System, link: str, method: str = "GET", **more: Any) -> httpx.Response:
    return await system.http.request(method, link, follow_redirects=False, **more)


@pytest.mark.parametrize("message", [0, ON_NO_WHATSAPP], ids=["WhatsApp", "SMS"])
async def test_a_person_is_led_to_the_booking_page_with_their_own_data(
    system: System, message: int
) -> None:
    lead, form, link = await a_lead_with_a_link(system, message)
    await a_while_ago(system, lead)
    answer = await follow(system, link, headers=PHONE)
    again = await follow(system, link, headers=PHONE)

    assert answer.status_code == again.status_code == 302
    location = httpx.URL(answer.headers["location"])
    assert location.path == "/cal/demo/reunion"
    assert location.params["email"] == form["email"]
    assert location.params["metadata[lead_id]"] == str(lead)
    assert answer.headers["cache-control"] == "no-store"
    assert await openers(system, lead) == ["person"], "a second look within the hour is no news"
    alive = "select true from signs_of_life where address = $1"
    assert await system.sql("notify", alive, e164(form)) is True


async def test_the_booking_made_by_a_short_link_is_the_leads(system: System) -> None:
    lead, _, link = await a_lead_with_a_link(system)
    answer = await follow(system, link, headers=PHONE)
    await system.calendar(
        "book",
        link=answer.headers["location"],
        start="2030-03-04T16:00:00+00:00",
        minutes=30,
        email=f"other{lead}@example.com",
    )

    await system.happens(lead, "lead.booked")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("HEAD", PHONE, id="HEAD"),
        pytest.param("GET", PREVIEW, id="preview"),
        pytest.param("GET", PHONE | {"Sec-Purpose": "prefetch"}, id="prefetch"),
        pytest.param("GET", {}, id="script"),
    ],
)
async def test_a_program_is_led_on_too_and_is_not_taken_for_the_person(
    system: System, method: str, headers: dict[str, str]
) -> None:
    lead, form, link = await a_lead_with_a_link(system)
    await a_while_ago(system, lead)
    answer = await follow(system, link, method, headers=headers)

    assert answer.status_code == 302
    assert await openers(system, lead) == ["program"]
    alive = "select true from signs_of_life where address = $1"
    assert await system.sql("notify", alive, e164(form)) is None


async def test_of_an_erased_lead_the_link_is_gone(system: System) -> None:
    lead, form, link = await a_lead_with_a_link(system)
    await system.publish(EraseLead(lead_id=lead, by="ana"))
    await erased(system, lead)
    answer = await follow(system, link, headers=PHONE)

    _is_a_page_in_spanish(answer)
    assert form["email"] not in answer.text
    assert await system.sql("notify", "select count(*) from links where lead_id = $1", lead) == 0
    assert await openers(system, lead) == []


async def test_of_a_closed_lead_the_link_is_gone(system: System) -> None:
    lead, _, link = await a_lead_with_a_link(system)
    await system.happens(lead, "lead.registered")
    kommo_lead = (await system.kommo_lead(lead))["id"]
    simulator = f"{system.native.addresses.simulator}/simulator/kommo/{kommo_lead}"
    await system.http.post(f"{simulator}/move", json={"status_id": 143})
    await system.happens(lead, "lead.closed")
    await system.quiet()

    _is_a_page_in_spanish(await follow(system, link, headers=PHONE))


@pytest.mark.parametrize("code", ["abcdefgh", "abc", "../baja/1.x", "abcdefghi", "ñandu"])
async def test_a_link_that_never_was_leads_nowhere(system: System, code: str) -> None:
    answer = await follow(system, f"{system.native.addresses.gateway}/a/{code}", headers=PHONE)

    assert answer.status_code in (404, 410)
    assert "location" not in answer.headers


async def test_what_is_copied_with_the_link_does_no_harm(system: System) -> None:
    _, _, link = await a_lead_with_a_link(system)

    for tail in ("/", ".", ",", ")", "?utm_source=whatsapp"):
        assert (await follow(system, link + tail, headers=PHONE)).status_code == 302, tail


def _is_a_page_in_spanish(answer: httpx.Response) -> None:
    assert answer.status_code == 410
    assert answer.headers["content-type"].startswith("text/html")
    assert "Este enlace ya no está disponible" in answer.text
    assert "Puedes agendar aquí" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
