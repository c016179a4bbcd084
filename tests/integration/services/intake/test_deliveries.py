"""Deliveries of platforms: stored once, processed at once, and shown with what came of them."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from limits import parse

from contracts.commands.lead import EraseLead
from contracts.commands.submission import ReplayDelivery
from kit.clock import now
from kit.database import Database
from services.intake.repositories import deliveries
from services.intake.repositories.deliveries import DELIVERIES
from services.intake.repositories.raw_submissions import keep_refused
from services.intake.use_cases.erase_lead import erase_lead
from services.intake.use_cases.process_deliveries import process_delivery
from services.intake.use_cases.receive_delivery import KEPT_REFUSED
from services.intake.use_cases.replay_delivery import replay_delivery
from tests.integration.services.intake.conftest import Intake, swap, without

pytestmark = pytest.mark.connected


def google(lead_id: str = "g-1", *, key: str = "sandbox-google-key", **changes: Any) -> bytes:
    lead = {
        "lead_id": lead_id,
        "user_column_data": [
            {"column_id": "FULL_NAME", "string_value": "Ana Torres"},
            {"column_id": "EMAIL", "string_value": "ana@example.com"},
            {"column_id": "PHONE_NUMBER", "string_value": "+528112345678"},
        ],
        "form_id": 55,
        "campaign_id": 66,
        "google_key": key,
        "gcl_id": "click",
    }
    return json.dumps(lead | changes).encode()


def typeform(token: str = "t-1", **answers: str) -> bytes:
    event = {
        "event_type": "form_response",
        "form_response": {
            "token": token,
            "form_id": "f",
            "definition": {
                "fields": [{"id": name, "title": name, "type": "short_text"} for name in answers]
            },
            "answers": [
                {"type": "text", "text": value, "field": {"id": name, "type": "short_text"}}
                for name, value in answers.items()
            ],
        },
    }
    return json.dumps(event).encode()


async def post_typeform(intake: Intake, body: bytes) -> httpx.Response:
    mac = hmac.new(b"sandbox-typeform-secret", body, hashlib.sha256).digest()
    signature = f"sha256={base64.b64encode(mac).decode()}"
    return await intake.http.post(
        "/webhooks/typeform", content=body, headers={"Typeform-Signature": signature}
    )


async def bodies(database: Database) -> list[bytes | None]:
    rows = await database.fetch("select body from deliveries order by delivery_id")
    return [row["body"] for row in rows]


async def test_a_delivery_is_a_lead_with_its_attribution(intake: Intake) -> None:
    answer = await intake.http.post("/webhooks/google", content=google())
    await intake.process()

    assert answer.status_code == 200
    assert answer.content == b"{}"
    [created] = await intake.published("lead.created")
    card = created["card"]
    assert isinstance(card, dict)
    assert card["name"] == "Ana Torres"
    assert card["phone"] == "+528112345678"
    assert card["source"] == "Google Ads"
    assert card["attribution"] == {"gclid": "click", "form_id": "55", "campaign_id": "66"}
    assert await intake.states() == [("done", "new")]


async def test_a_delivery_wakes_the_job(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())

    assert intake.deps.deliveries_due.is_set()


async def test_the_key_of_google_is_not_stored(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())
    await intake.http.post("/webhooks/google", content=google(key="another"))

    for body in await bodies(intake.deps.database):
        assert body is not None
        assert b"google_key" not in body
        assert b"another" not in body


async def test_a_repeat_makes_nothing(intake: Intake) -> None:
    await asyncio.gather(
        *(intake.http.post("/webhooks/google", content=google()) for _ in range(5))
    )
    await intake.process()
    again = await intake.http.post("/webhooks/google", content=google())
    await intake.process()

    assert again.status_code == 200
    assert await intake.states() == [("done", "new")]
    assert len(await intake.published("lead.created")) == 1


async def test_the_same_lead_in_another_body_is_repeated(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())
    await intake.http.post("/webhooks/google", content=google(lead_stage="new"))
    await intake.process()

    assert sorted(outcome for _, outcome in await intake.states()) == ["new", "repeated"]
    assert len(await intake.published("lead.created")) == 1


async def test_what_nobody_signed_is_refused_and_shown(intake: Intake) -> None:
    answers = [
        await intake.http.post("/webhooks/google", content=google(key="another")),
        await intake.http.post("/webhooks/typeform", content=typeform(nombre="Ana")),
        await intake.http.post("/webhooks/meta", content=b"{}"),
    ]
    await intake.process()

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert {state for state, _ in await intake.states()} == {"refused"}
    assert await intake.published("lead.created") == []
    refused = intake.deps.deliveries.labels("google", "refused")
    assert refused._value.get() == 1


async def test_only_the_newest_of_the_refused_are_kept(database: Database) -> None:
    for number in range(KEPT_REFUSED + 3):
        await deliveries.store_refused(
            database, "tally", "why", "", str(number).encode(), kept=KEPT_REFUSED
        )
    await deliveries.store_refused(database, "google", "why", "", b"other", kept=KEPT_REFUSED)

    kept = await bodies(database)
    assert len(kept) == KEPT_REFUSED + 1
    assert kept[0] == b"3"


@pytest.mark.parametrize(
    "path", ["/webhooks/linkedin", "/webhooks/google/extra", "/webhooks/nobody/"]
)
async def test_no_address_answers_404(intake: Intake, path: str) -> None:
    assert (await intake.http.post(path, content=google())).status_code == 401


async def test_a_slash_at_the_end_means_nothing(intake: Intake) -> None:
    answer = await intake.http.post("/webhooks/google/", content=google())

    assert answer.status_code == 200
    assert await intake.states() == [("received", "")]


async def test_a_platform_that_is_not_connected_is_refused(intake: Intake) -> None:
    without(intake, google_lead_key=type(intake.deps.settings.google_lead_key)(""))
    answer = await intake.http.post("/webhooks/google", content=google(key=""))

    assert answer.status_code == 401
    assert await intake.states() == []


async def test_both_secrets_are_valid_while_one_is_replaced(intake: Intake) -> None:
    secret = type(intake.deps.settings.google_lead_key)("new-key, old-key")
    without(intake, google_lead_key=secret)
    answers = [
        await intake.http.post("/webhooks/google", content=google("1", key="new-key")),
        await intake.http.post("/webhooks/google", content=google("2", key="old-key")),
        await intake.http.post("/webhooks/google", content=google("3", key="new-key, old-key")),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 401]


async def test_what_is_above_a_platforms_limit_is_answered_and_held(intake: Intake) -> None:
    limits = replace(intake.deps.limits, source=parse("2/hour"))
    swap(intake, limits=limits)
    answers = [
        await intake.http.post("/webhooks/google", content=google(f"g-{number}"))
        for number in range(3)
    ]
    await intake.process()

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert sorted(outcome for _, outcome in await intake.states()) == ["held", "joined", "new"]
    assert [held["reason"] for held in await intake.published("submission.held")] == ["over_limit"]


async def test_a_platforms_test_is_held_each_time(intake: Intake) -> None:
    for _ in range(2):
        await intake.http.post("/webhooks/google", content=google("TeSter", is_test=True))
        await intake.process()

    assert await intake.states() == [("done", "held"), ("done", "held")]
    assert await intake.published("lead.created") == []
    assert [held["reason"] for held in await intake.published("submission.held")] == [
        "test",
        "test",
    ]


async def test_a_test_without_any_address_is_held_too(intake: Intake) -> None:
    body = google("TeSter", is_test=True, user_column_data=[])
    await intake.http.post("/webhooks/google", content=body)
    await intake.process()

    assert await intake.states() == [("done", "held")]


async def test_a_test_of_ours_is_held(intake: Intake) -> None:
    delivered = (await intake.http.post("/sources/typeform/test")).json()
    await intake.process()
    [shown] = (await intake.http.get("/deliveries", params={"source": "typeform"})).json()

    assert delivered["state"] == "received"
    assert shown["delivery_id"] == delivered["delivery_id"]
    assert shown["outcome"] == "held"
    assert (await intake.http.post("/sources/nobody/test")).status_code == 404


async def test_nobody_to_reach_is_set_aside_and_shown(intake: Intake) -> None:
    await post_typeform(intake, typeform(nombre="Ana", telefono="001"))
    await intake.process()

    [(state, outcome)] = await intake.states()
    [failed] = await intake.published("work.failed")
    assert state == "failed"
    assert outcome == "no usable phone and no usable email"
    assert failed["kind"] == "delivery"


async def test_what_cannot_be_read_is_kept_and_can_be_processed_again(intake: Intake) -> None:
    answer = await post_typeform(intake, b'{"event_type": "form_resp')
    await intake.process()
    [delivery] = await intake.deps.database.fetch("select delivery_id from deliveries")
    delivery_id = delivery["delivery_id"]

    assert answer.status_code == 200
    assert await intake.states() == [("failed", "it cannot be read: bad_json")]
    # the reader has been mended since
    await intake.deps.database.fetch(
        "update deliveries set body = $1", typeform(nombre="Ana", email="ana@example.com")
    )
    command = ReplayDelivery(lead_id=0, delivery_id=delivery_id, by="ana")
    await replay_delivery(intake.deps.database, command, intake.deps.deliveries_due)
    await replay_delivery(intake.deps.database, command, intake.deps.deliveries_due)
    await intake.process()
    assert await intake.states() == [("done", "new")]
    assert len(await intake.published("delivery.replayed")) == 1


async def test_a_delivery_that_is_processed_again_makes_no_second_lead(intake: Intake) -> None:
    await post_typeform(intake, typeform("", nombre="Ana", email="ana@example.com"))
    await intake.process()
    [shown] = (await intake.http.get("/deliveries")).json()
    command = ReplayDelivery(lead_id=0, delivery_id=shown["delivery_id"], by="ana")
    await replay_delivery(intake.deps.database, command, intake.deps.deliveries_due)
    await intake.process()

    assert await intake.states() == [("done", "repeated")]
    assert len(await intake.published("lead.created")) == 1


async def test_a_form_that_its_door_refused_can_be_processed_again(intake: Intake) -> None:
    database = intake.deps.database
    for state, body in (("refused", b"nombre=Ana&email=a"), ("done", b"nombre=Eva&email=e@x.mx")):
        await keep_refused(
            database,
            source="landing",
            received_at=now(),
            state=state,
            outcome="",
            content_type="application/x-www-form-urlencoded",
            body=body,
        )
    await database.fetch("update raw_submissions set body = 'nombre=Ana&email=ana@example.com'")
    for shown in (await intake.http.get("/deliveries", params={"source": "landing"})).json():
        command = ReplayDelivery(lead_id=0, delivery_id=shown["delivery_id"], by="ana")
        await replay_delivery(database, command, intake.deps.deliveries_due)
    await intake.process()

    assert await intake.states() == [("done", "new")]
    shown = (await intake.http.get("/deliveries", params={"source": "landing"})).json()
    assert [delivery["state"] for delivery in shown] == ["done", "done"]
    [created] = await intake.published("lead.created")
    assert created["card"]["email"] == "ana@example.com"  # type: ignore[index]


async def test_a_retry_and_a_discard_reach_only_what_failed(intake: Intake) -> None:
    database = intake.deps.database
    await post_typeform(intake, typeform(nombre="Ana"))
    await intake.process()
    [row] = await database.fetch("select delivery_id from deliveries")
    async with database.transaction() as connection:
        await connection.execute(DELIVERIES.retry, row["delivery_id"])
    assert await intake.states() == [("received", "")]
    await intake.process()
    async with database.transaction() as connection:
        await connection.execute(DELIVERIES.discard, row["delivery_id"])
        await connection.execute(DELIVERIES.retry, row["delivery_id"])
    assert await intake.states() == [("done", "discarded")]


async def test_a_bug_fails_in_the_end_and_stops_no_other(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = dict.fromkeys(["typeform"], lambda _: 1 / 0)
    readers = {**process_delivery.__globals__["READERS"], **broken}
    monkeypatch.setitem(process_delivery.__globals__, "READERS", readers)
    await post_typeform(intake, typeform(nombre="Ana", email="ana@example.com"))
    await intake.http.post("/webhooks/google", content=google())
    for _ in range(5):
        await intake.make_due()
        await intake.process()

    assert await intake.states() == [
        ("failed", "ZeroDivisionError: division by zero"),
        ("done", "new"),
    ]


async def test_two_replicas_process_a_delivery_once(intake: Intake) -> None:
    for number in range(10):
        await intake.http.post("/webhooks/google", content=google(f"g-{number}"))
    await asyncio.gather(intake.process(), intake.process())

    assert {state for state, _ in await intake.states()} == {"done"}
    rows = await intake.deps.database.fetch("select max(attempts) as most from deliveries")
    assert rows[0]["most"] == 1


async def test_a_delivery_is_shown_with_its_body_and_mapping(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())
    await intake.process()
    [listed] = (await intake.http.get("/deliveries", params={"source": "google"})).json()
    shown = (await intake.http.get(f"/deliveries/{listed['delivery_id']}")).json()

    assert json.loads(shown["body"])["lead_id"] == "g-1"
    assert {"field": "EMAIL", "value": "ana@example.com", "card": "email"} in shown["mapping"]
    [created] = await intake.published("lead.created")
    assert shown["lead_ids"] == [created["lead_id"]]
    assert (await intake.http.get("/deliveries/1")).status_code == 404
    assert (await intake.http.get(f"/deliveries/{10**30}")).status_code == 404


async def test_erasing_a_person_reaches_what_was_delivered(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())
    await intake.process()
    await post_typeform(intake, typeform(nombre="Luis", email="luis@example.com"))
    await intake.process()
    [created, _] = await intake.published("lead.created")
    lead_id = int(str(created["lead_id"]))
    await erase_lead(intake.deps.database, EraseLead(lead_id=lead_id, by="ana"))

    [erased, kept] = await bodies(intake.deps.database)
    assert erased is None
    assert kept is not None


async def test_deliveries_are_forgotten_but_not_those_that_wait(intake: Intake) -> None:
    database = intake.deps.database
    await intake.http.post("/webhooks/google", content=google())
    await intake.process()
    await post_typeform(intake, typeform(nombre="Ana"))
    await database.fetch("update deliveries set received_at = now() - interval '31 days'")
    await deliveries.forget_old(database, timedelta(days=30))

    assert await intake.states() == [("received", "")]


async def test_the_sources_show_how_they_do(intake: Intake) -> None:
    await intake.http.post("/webhooks/google", content=google())
    await intake.http.post("/webhooks/google", content=google(key="another"))
    await intake.process()
    await intake.deps.database.fetch(
        "update deliveries set received_at = now() - interval '12 days' where state = 'done'"
    )
    sources = {source["name"]: source for source in (await intake.http.get("/sources")).json()}

    assert sources["google"]["deliveries"] == 1
    assert sources["google"]["refused"] == 1
    assert sources["google"]["silent"]
    assert sources["google"]["path"] == "/webhooks/google"
    assert sources["typeform"]["configured"]
    assert not sources["typeform"]["silent"]
    assert sources["form"]["path"] == "/api/lead"
