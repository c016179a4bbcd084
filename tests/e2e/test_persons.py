"""Which forms are one person's, the effect of a further form, and how far an opt-out reaches."""

import re
from typing import Any

import pytest

from tests.system import System, e164, everything_received, person, received

pytestmark = pytest.mark.connected

WELCOMED = ("lead.registered", "call.answered", "email touch.delivered")


async def a_welcomed_lead(
    system: System, call: int = 0, message: int = 0
) -> tuple[int, dict[str, Any]]:
    form = person(call, message)
    lead = await system.lead(form)
    await system.happens(lead, *WELCOMED)
    return lead, form


async def mails_to(system: System, address: str) -> list[dict[str, Any]]:
    return list(await system.simulator("emails", address))


async def unsubscribe_link(system: System, address: str) -> str:
    [mail] = await mails_to(system, address)
    path = re.search(r"/baja/[\w.-]+", mail["text"])
    assert path is not None
    return f"{system.native.addresses.gateway}{path.group()}"


async def test_the_same_person_within_a_day_joins_silently_under_an_id_of_its_own(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    again = await system.lead(form | {"servicio": "Otro"})
    await system.happens(lead, "lead.updated")
    await system.quiet()

    assert again != lead
    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}
    assert await system.actions(again) == await system.actions(lead)

    async def noted() -> bool:
        state = await system.simulator("kommo")
        return any(f"Lead de Pauta {again}" in note["params"]["text"] for note in state["notes"])

    await system.until(noted, lambda: "the further id never became a note")
    assert (
        len(
            [
                kommo_lead
                for kommo_lead in (await system.simulator("kommo"))["leads"]
                if form["nombre"] in kommo_lead["name"]
            ]
        )
        == 1
    )


async def test_a_mother_and_her_daughter_are_two_leads_and_the_number_is_called_once(
    system: System,
) -> None:
    mother, form = await a_welcomed_lead(system)
    other = person()
    daughter = await system.lead(other | {"telefono": form["telefono"]})
    await system.happens(daughter, "lead.created", "email touch.delivered", "call touch.deferred")
    await system.quiet()

    assert "lead.updated" not in await system.actions(mother)
    assert len(await system.simulator("calls", e164(form))) == 1
    assert len(await mails_to(system, other["email"])) == 1


async def test_a_corrected_email_gets_its_own_welcome_and_its_own_link(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    corrected = form | {"email": f"new.{form['email']}"}
    again = await system.lead(corrected)
    await system.happens(lead, "lead.updated")

    async def welcomed() -> bool:
        return bool(await mails_to(system, corrected["email"]))

    await system.until(welcomed, lambda: "the new address was not welcomed")
    await system.quiet()
    [new] = await mails_to(system, corrected["email"])
    [old] = await mails_to(system, form["email"])
    assert f"metadata%5Blead_id%5D={again}" in new["text"]
    assert f"metadata%5Blead_id%5D={lead}" in old["text"]
    assert len(await system.simulator("calls", e164(form))) == 1


async def test_a_booking_by_the_further_forms_link_is_the_leads(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    corrected = form | {"email": f"new.{form['email']}"}
    await system.lead(corrected)

    async def welcomed() -> bool:
        return bool(await mails_to(system, corrected["email"]))

    await system.until(welcomed, lambda: "the new address was not welcomed")
    await system.book(corrected)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.quiet()

    subjects = [mail["subject"] for mail in await mails_to(system, corrected["email"])]
    assert len(subjects) == 2
    assert len(await mails_to(system, form["email"])) == 1


async def test_a_phone_that_comes_with_the_second_form_is_called(system: System) -> None:
    form = person()
    lead = await system.lead({name: value for name, value in form.items() if name != "telefono"})
    await system.happens(lead, "call touch.skipped", "email touch.delivered")
    await system.lead(form)

    await system.happens(lead, "call.answered")
    await system.quiet()
    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}


async def test_a_lead_that_returns_after_a_day_is_answered_and_followed_up_from_the_start(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    await system.sql(
        "intake",
        """update leads set answered_at = answered_at - interval '2 days'
           where lead_id = $1 returning 1""",
        lead,
    )
    await system.sql(
        "notify",
        "update contacts set day = day - 2 where address = any($1) returning 1",
        [e164(form), form["email"]],
    )
    await system.let_pass(lead, "day_3")
    await system.planned(lead, "day_6", "day_9", "day_12")
    await system.lead(form | {"servicio": "Otra vez"})
    await system.happens(lead, "lead.updated")
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 2, "whatsapp": 1, "sms": 0, "emails": 2}


async def test_a_lead_that_returns_with_a_meeting_ahead_is_reminded_of_it_and_not_called(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.book(form)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.sql(
        "intake",
        """update leads set answered_at = answered_at - interval '2 days'
           where lead_id = $1 returning 1""",
        lead,
    )
    await system.lead(form | {"servicio": "Otra vez"})
    await system.happens(lead, "lead.updated")

    async def reminded() -> bool:
        return any(
            "ya tenemos una reunión" in mail["subject"]
            for mail in await mails_to(system, form["email"])
        )

    await system.until(reminded, lambda: "no mail reminded them of their meeting")
    await system.quiet()
    assert len(await system.simulator("calls", e164(form))) == 1


async def test_a_stop_from_the_first_address_ends_the_follow_up_and_lists_that_address_alone(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.http.post(await unsubscribe_link(system, form["email"]))
    await system.happens(lead, "lead.opted_out")
    await system.planned(lead)
    await system.book(form)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.quiet()

    assert len(await mails_to(system, form["email"])) == 1
    assert (
        await system.sql("notify", "select count(*) from opt_outs where address = $1", e164(form))
        == 0
    )


async def test_a_form_after_a_stop_is_a_new_lead_and_the_address_stays_silent(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.http.post(await unsubscribe_link(system, form["email"]))
    await system.happens(lead, "lead.opted_out")

    async def ended() -> bool:
        return bool(
            await system.sql("intake", "select ended from leads where lead_id = $1", lead)
            == "opted_out"
        )

    await system.until(ended, lambda: "intake never recorded the opt-out")
    again = await system.lead(form | {"servicio": "Otra vez"})
    actions = await system.happens(again, "lead.created", "email touch.skipped")

    assert "lead.updated" not in actions
    assert len(await mails_to(system, form["email"])) == 1


async def test_a_stop_from_an_added_address_lists_it_and_the_lead_waits_for_a_person(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    added = form | {"email": f"new.{form['email']}"}
    await system.lead(added)

    async def welcomed() -> bool:
        return bool(await mails_to(system, added["email"]))

    await system.until(welcomed, lambda: "the new address was not welcomed")
    await system.http.post(await unsubscribe_link(system, added["email"]))
    actions = await system.happens(lead, "lead.needs_attention")
    await system.planned(lead)

    assert "lead.opted_out" not in actions
    assert (
        await system.sql(
            "notify", "select count(*) from opt_outs where address = $1", form["email"]
        )
        == 0
    )


async def test_the_opt_out_page_can_revoke_it(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    link = await unsubscribe_link(system, form["email"])
    page = await system.http.post(link, data={"List-Unsubscribe": "One-Click"})
    await system.happens(lead, "lead.opted_out")
    assert "quiero volver" in page.text
    listed = "select count(*) from opt_outs where address = $1"
    assert await system.sql("notify", listed, form["email"]) == 1
    await system.http.post(link, data={"quiero": "alta"})

    assert await system.sql("notify", listed, form["email"]) == 0


async def test_the_same_content_gets_the_same_answer(system: System) -> None:
    form = person()
    first = await system.post(form)
    second = await system.http.post(f"{system.native.addresses.gateway}/api/lead", data=form)

    assert first.json() == second.json()
    assert received(form, [], [], [])["emails"] == 0
