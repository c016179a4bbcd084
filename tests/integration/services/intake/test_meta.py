"""Meta's leads: fetched by their ids, however long that takes, and found without a webhook."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from kit.clock import now
from services.intake.repositories import source_state
from services.intake.use_cases.read_meta import BACKFILL, CHECK, backfill_meta, check_meta
from tests.integration.services.intake.conftest import Intake, without

pytestmark = pytest.mark.connected

PAGE = "153125381133"


def announce(intake: Intake, *leadgen_ids: str, page: str = PAGE) -> bytes:
    """Returns Meta's notification of the leads, which its Graph API then shows."""
    for leadgen_id in leadgen_ids:
        appear(intake, leadgen_id)
    changes = [
        {"field": "leadgen", "value": {"leadgen_id": leadgen_id, "page_id": page, "form_id": "77"}}
        for leadgen_id in leadgen_ids
    ]
    changes.append({"field": "feed", "value": {"leadgen_id": "", "page_id": page}})
    return json.dumps({"object": "page", "entry": [{"id": page, "changes": changes}]}).encode()


def appear(intake: Intake, leadgen_id: str, *, email: str = "") -> None:
    """Makes a lead that nobody announces."""
    at = now()
    intake.graph.leads[leadgen_id] = {
        "id": leadgen_id,
        "at": int(at.timestamp()) + 1,
        "created_time": at.isoformat(),
        "form_id": "77",
        "ad_id": "9",
        "platform": "ig",
        "field_data": [
            {"name": "full_name", "values": [f"María {leadgen_id}"]},
            {"name": "email", "values": [email or f"maria.{leadgen_id}@example.com"]},
            {"name": "¿a_qué_te_dedicas?", "values": ["Panadería"]},
        ],
    }


async def post(intake: Intake, body: bytes) -> httpx.Response:
    mac = hmac.new(b"sandbox-meta-app-secret", body, hashlib.sha256).hexdigest()
    return await intake.http.post(
        "/webhooks/meta", content=body, headers={"X-Hub-Signature-256": f"sha256={mac}"}
    )


async def names(intake: Intake) -> list[str]:
    created = await intake.published("lead.created")
    return sorted(str(event["card"]["name"]) for event in created)  # type: ignore[index]


async def problem(intake: Intake) -> str:
    sources = (await intake.http.get("/sources")).json()
    [meta] = [source for source in sources if source["name"] == "meta"]
    return str(meta["problem"])


async def turn(intake: Intake, *jobs: str) -> None:
    """Lets the jobs' next turn come."""
    await intake.deps.database.fetch(
        "update job_turns set next_at = now() where name = any($1::text[])", list(jobs)
    )


async def test_an_announced_lead_is_fetched_and_mapped(intake: Intake) -> None:
    answer = await post(intake, announce(intake, "1"))
    await intake.process()

    [created] = await intake.published("lead.created")
    card = created["card"]
    assert isinstance(card, dict)
    assert answer.content == b"{}"
    assert card["source"] == "Instagram"
    assert card["company"] == "Panadería"
    assert card["attribution"]["form_id"] == "77"
    assert await intake.states() == [("done", "new")]


async def test_each_lead_of_a_notification_is_a_delivery(intake: Intake) -> None:
    await post(intake, announce(intake, "1", "2", "3"))
    await post(intake, announce(intake, "3", "4"))
    await intake.process()

    assert await names(intake) == ["María 1", "María 2", "María 3", "María 4"]
    assert intake.graph.asked == ["GET "]  # all at once


async def test_a_lead_that_is_not_shown_yet_costs_the_others_nothing(intake: Intake) -> None:
    await post(intake, announce(intake, "1", "2", "3"))
    del intake.graph.leads["2"]
    await intake.process()

    assert await names(intake) == ["María 1", "María 3"]
    assert sorted(intake.graph.asked) == ["GET ", "GET 1", "GET 2", "GET 3"]


async def test_a_notification_of_other_things_and_of_other_pages_asks_nothing(
    intake: Intake,
) -> None:
    await post(intake, announce(intake))
    await post(intake, announce(intake, "1", page="999"))
    await intake.process()

    assert await intake.states() == [("done", "nothing"), ("done", "nothing")]
    assert intake.graph.asked == []


async def test_while_the_token_is_not_accepted_the_leads_wait(
    intake: Intake, make_intake: Callable[[], Intake]
) -> None:
    intake.graph.error = 190
    await post(intake, announce(intake, *map(str, range(30))))
    await intake.process()

    assert {state for state, _ in await intake.states()} == {"received"}
    assert len(intake.graph.asked) == 1
    assert "190" in await problem(intake)

    intake.graph.error = None
    replaced = make_intake()  # with another token: it is read at the start
    await replaced.process()
    assert len(await names(intake)) == 30
    assert await problem(intake) == ""


async def test_a_lead_that_is_not_shown_yet_is_asked_for_an_hour(intake: Intake) -> None:
    body = announce(intake, "1")
    intake.graph.leads.clear()
    await post(intake, body)
    await intake.process()
    [(state, outcome)] = await intake.states()
    assert state == "received"
    assert "100" in outcome

    await intake.deps.database.fetch(
        "update deliveries set received_at = now() - interval '61 minutes', next_attempt_at = now()"
    )
    await intake.process()
    [(state, outcome)] = await intake.states()
    assert state == "failed"
    assert len(await intake.published("work.failed")) == 1


async def test_a_lead_that_was_given_up_is_taken_when_it_is_seen_again(intake: Intake) -> None:
    await backfill_meta(intake.deps)
    body = announce(intake, "1")
    await post(intake, body)
    await intake.deps.database.fetch("update deliveries set state = 'failed'")
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()

    assert await names(intake) == ["María 1"]


async def test_leads_whose_webhook_was_lost_are_found_and_none_twice(intake: Intake) -> None:
    await backfill_meta(intake.deps)
    await post(intake, announce(intake, "1"))
    await intake.process()
    appear(intake, "2")
    appear(intake, "3")
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()
    await post(intake, announce(intake, "2"))
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()

    assert await names(intake) == ["María 1", "María 2", "María 3"]


async def test_a_lead_that_is_found_late_says_when_its_person_sent_it(intake: Intake) -> None:
    await backfill_meta(intake.deps)
    appear(intake, "1")
    sent_at = now() - timedelta(hours=5)
    intake.graph.leads["1"]["created_time"] = sent_at.isoformat()
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()

    [created] = await intake.published("lead.created")
    assert datetime.fromisoformat(str(created["received_at"])) == sent_at


async def test_leads_from_before_the_page_was_connected_are_not_contacted(intake: Intake) -> None:
    appear(intake, "1")
    intake.graph.leads["1"]["at"] = int((now() - timedelta(minutes=5)).timestamp())
    await backfill_meta(intake.deps)
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()

    assert await names(intake) == []


async def test_an_outage_loses_no_lead_between_two_looks(intake: Intake) -> None:
    await backfill_meta(intake.deps)
    intake.graph.error = 2
    appear(intake, "1")
    for _ in range(3):
        await turn(intake, BACKFILL)
        with pytest.raises(Exception, match="code 2"):
            await backfill_meta(intake.deps)
    intake.graph.error = None
    await turn(intake, BACKFILL)
    await backfill_meta(intake.deps)
    await intake.process()

    assert await names(intake) == ["María 1"]


async def test_one_replica_looks(intake: Intake, make_intake: Callable[[], Intake]) -> None:
    await backfill_meta(intake.deps)
    await backfill_meta(make_intake().deps)

    assert len(intake.graph.asked) == 2  # the forms of the page, and the leads of the form


async def test_a_page_that_announces_nothing_is_asked_to(intake: Intake) -> None:
    intake.graph.subscribed = False
    await check_meta(intake.deps)

    assert intake.graph.subscribed
    assert await problem(intake) == ""


async def test_what_is_wrong_with_a_page_is_said_until_it_is_mended(intake: Intake) -> None:
    intake.graph.error = 100
    await turn(intake, CHECK)
    with pytest.raises(Exception, match="100"):
        await check_meta(intake.deps)
    await source_state.set_problem(intake.deps.database, "meta", PAGE, "not announced")
    assert "not announced" in await problem(intake)

    intake.graph.error = None
    await turn(intake, CHECK)
    await check_meta(intake.deps)
    assert await problem(intake) == ""


async def test_what_is_wrong_is_checked_again_soon_and_what_is_well_daily(intake: Intake) -> None:
    async def minutes_until_next_check() -> float:
        query = "select extract(epoch from next_at - now()) as s from job_turns where name = $1"
        [row] = await intake.deps.database.fetch(query, CHECK)
        return float(row["s"]) / 60

    intake.graph.token_valid = False
    await turn(intake, CHECK)
    await check_meta(intake.deps)
    assert "no longer valid" in await problem(intake)
    assert await minutes_until_next_check() <= 5

    intake.graph.token_valid = True
    await turn(intake, CHECK)
    await check_meta(intake.deps)
    assert await problem(intake) == ""
    assert await minutes_until_next_check() > 60


async def test_what_one_replica_met_is_forgotten_when_another_reads(
    intake: Intake, make_intake: Callable[[], Intake]
) -> None:
    another = make_intake()
    await another.deps.meta.forms(PAGE)
    intake.graph.error = 190
    with pytest.raises(Exception, match="190"):
        await intake.deps.meta.forms(PAGE)
    assert "190" in await problem(intake)

    intake.graph.error = None
    await another.deps.meta.forms(PAGE)
    assert await problem(intake) == ""


async def test_a_missing_page_token_is_said(intake: Intake) -> None:
    meta = intake.deps.settings.meta
    without(intake, meta=meta.model_copy(update={"page_token": type(meta.page_token)("")}))

    assert await problem(intake) == "META_PAGE_TOKEN is empty"


@pytest.mark.parametrize(
    ("token", "status"), [("sandbox-meta-verify", 200), ("another", 403), ("", 403)]
)
async def test_metas_question_is_answered(intake: Intake, token: str, status: int) -> None:
    params = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
    answer = await intake.http.get("/webhooks/meta", params=params)

    assert answer.status_code == status
    assert (answer.text == "1158201444") is (status == 200)
