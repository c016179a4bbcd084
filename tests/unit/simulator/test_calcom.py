"""The simulated Cal.com: our reader reads its webhooks, and our client its list of bookings."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from kit.errors import Unavailable
from providers.calcom.client import CalcomClient
from providers.calcom.models import AttendeeHints, BookingUpdate, Ping, UpdateKind
from providers.calcom.webhooks import read_webhook, signed_by_calcom
from simulator import calcom_pages
from simulator.calcom import CalcomSimulator
from simulator.errors import ApiError, answer_error
from simulator.world import Callbacks, Fault, FaultInjectionMiddleware, World
from tests.waiting import until
from tests.wire import Asked, Wire

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HINTS = AttendeeHints(
    77, "signed", "ana@example.com", ("+528100000001",), "America/Monterrey", "es"
)

QUERY = {
    "name": "Ana Ruiz",
    "email": "ana@example.com",
    "attendeePhoneNumber": "+528100000001",
    "metadata[lead_id]": "77",
    "metadata[lead_token]": "signed",
    "lead_id": "99",
    "phone": "1",
    "utm_source": "x",
}
LINK = f"http://localhost:5002/cal/demo/reunion?{urlencode(QUERY)}"


def soon(days: float = 3) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(200, {"ok": True})
        yield wire


@pytest_asyncio.fixture
async def calcom(wire: Wire) -> AsyncIterator[CalcomSimulator]:
    callbacks = Callbacks(None)
    yield CalcomSimulator(
        secret="secret",
        api_key="cal_key",
        webhook_url=f"{wire.url}/api/calcom",
        public_url="http://localhost:5002",
        callbacks=callbacks,
    )
    await callbacks.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest_asyncio.fixture
async def site(calcom: CalcomSimulator, world: World) -> AsyncIterator[httpx.AsyncClient]:
    calcom.join(world)
    app = FastAPI()
    app.include_router(calcom.router())
    app.add_exception_handler(ApiError, answer_error)
    transport = httpx.ASGITransport(FaultInjectionMiddleware(app, world))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as site:
        yield site


Poll = Callable[[], Awaitable[list[BookingUpdate]]]


@pytest_asyncio.fixture
async def poll(site: httpx.AsyncClient) -> AsyncIterator[Poll]:
    """Our client, connected to the simulated Cal.com."""
    client = CalcomClient(base_url="http://simulator", api_keys=["cal_key"])
    client._http._transport = site._transport
    yield lambda: client.bookings_updated_since(NOW)
    await client._http._transport.aclose()


def update_in(request: Asked) -> BookingUpdate:
    assert signed_by_calcom(request.body, request.headers["x-cal-signature-256"], "secret")
    update = read_webhook(request.json, NOW)
    assert isinstance(update, BookingUpdate)
    return update


async def test_a_booking_by_its_link(calcom: CalcomSimulator, wire: Wire) -> None:
    start = soon()
    uid = await calcom.book(LINK, start=start, minutes=45)
    [request] = wire.requests
    read = update_in(request)

    assert (request.path, request.headers["x-cal-webhook-version"]) == ("/api/calcom", "2021-10-20")
    assert b": " not in request.body.replace(b"https://", b"")
    assert "Asesoría".encode() in request.body
    assert (read.what, read.uid, read.booker) == (UpdateKind.CREATED, uid, HINTS)
    assert read.booking is not None
    assert (read.booking.starts_at, read.booking.ends_at) == (start, start + timedelta(minutes=45))
    assert read.booking.meeting_url == f"https://app.cal.com/video/{uid}"
    assert request.json["payload"]["metadata"]["lead_id"] == "77"
    assert "lead_id" not in request.json["payload"]["responses"]


async def test_a_hidden_question_of_the_event_type(calcom: CalcomSimulator, wire: Wire) -> None:
    calcom.questions.add("lead_id")
    await calcom.cancel(await calcom.book(LINK, start=soon()))

    assert wire.requests[0].json["payload"]["userFieldsResponses"]["lead_id"]["isHidden"]
    assert update_in(wire.requests[1]).booker.lead_id == 99


async def test_a_request_and_its_acceptance_which_forgets_the_lead(
    calcom: CalcomSimulator, wire: Wire
) -> None:
    uid = await calcom.book(LINK, start=soon(), confirm=True)
    await calcom.accept(uid)
    requested, created = map(update_in, wire.requests)

    assert (requested.what, requested.booker.lead_id) == (UpdateKind.REQUESTED, 77)
    assert (created.what, created.uid, created.booker.lead_id) == (UpdateKind.CREATED, uid, None)
    assert wire.requests[1].json["payload"]["metadata"].keys() == {"videoCallUrl"}
    with pytest.raises(ApiError):
        await calcom.reject(uid)


async def test_a_rejection(calcom: CalcomSimulator, wire: Wire) -> None:
    await calcom.reject(await calcom.book(LINK, start=soon(), confirm=True), "Lleno")
    read = update_in(wire.requests[1])

    assert (read.what, read.reason, read.booker.lead_id) == (UpdateKind.REJECTED, "Lleno", None)
    assert wire.requests[1].json["payload"]["startTime"].endswith(".000Z")


@pytest.mark.parametrize(("repeat", "lead_id"), [(False, None), (True, 77)])
async def test_a_move_makes_a_new_booking(
    calcom: CalcomSimulator, wire: Wire, repeat: bool, lead_id: int | None
) -> None:
    first = await calcom.book(LINK, start=soon())
    second = await calcom.move(first, start=soon(5), repeat_metadata=repeat)
    read = update_in(wire.requests[1])

    assert (read.what, read.uid, read.previous_uid, read.booker.lead_id) == (
        UpdateKind.MOVED,
        second,
        first,
        lead_id,
    )
    assert calcom.bookings[second].metadata["lead_id"] == "77", "what is stored survives"
    assert len(wire.requests) == 2, "the old booking has no webhook of its own"


async def test_a_cancellation(calcom: CalcomSimulator, wire: Wire) -> None:
    uid = await calcom.book(LINK, start=soon())
    await calcom.cancel(uid, "No puedo")
    read = update_in(wire.requests[1])

    assert (read.what, read.uid, read.reason, read.booker.lead_id) == (
        UpdateKind.CANCELLED,
        uid,
        "No puedo",
        None,
    )
    assert "metadata" not in wire.requests[1].json["payload"]
    assert wire.requests[1].json["payload"]["startTime"].endswith("+00:00")


async def test_a_meeting_ends_by_itself_once_and_flat(calcom: CalcomSimulator, wire: Wire) -> None:
    uid = await calcom.book(LINK, start=datetime.now(UTC), minutes=0.002)
    await until(lambda: len(wire.requests) == 2)
    await calcom.end(uid)
    read = update_in(wire.requests[1])

    assert "payload" not in wire.requests[1].json
    assert (read.what, read.uid, read.booker) == (UpdateKind.ENDED, uid, HINTS)
    assert read.booking is not None
    assert read.at == read.booking.ends_at
    assert len(wire.requests) == 2


async def test_what_was_moved_or_cancelled_does_not_end(
    calcom: CalcomSimulator, wire: Wire
) -> None:
    moved = await calcom.book(LINK, start=datetime.now(UTC), minutes=0.005)
    await calcom.move(moved, start=soon())
    await calcom.cancel(await calcom.book(LINK, start=datetime.now(UTC), minutes=0.005))
    await asyncio.sleep(0.5)

    assert {update_in(request).what for request in wire.requests} == {
        UpdateKind.CREATED,
        UpdateKind.MOVED,
        UpdateKind.CANCELLED,
    }


async def test_an_absent_guest_and_a_ping(calcom: CalcomSimulator, wire: Wire) -> None:
    uid = await calcom.book(LINK, start=soon())
    await calcom.no_show(uid)
    await calcom.no_show(uid, absent=False)
    await calcom.ping()

    assert [update_in(request).booker.absent for request in wire.requests[1:3]] == [True, False]
    assert read_webhook(wire.requests[3].json, NOW) == Ping()


async def test_a_guest_with_only_a_phone(calcom: CalcomSimulator, wire: Wire) -> None:
    place = json.dumps({"value": "phone", "optionValue": "+528100000009"})
    await calcom.book("/cal/demo/reunion?name=Ana", start=soon(), phone="+528100000001")
    await calcom.book(
        f"/cal/demo/reunion?{urlencode({'firstName': 'Ana', 'location': place})}", start=soon()
    )
    typed, called = (update_in(request).booker for request in wire.requests)

    assert (typed.email, typed.phone_texts) == (None, ("+528100000001",))
    assert (called.email, called.phone_texts) == (None, ("+528100000009",))
    with pytest.raises(ApiError):
        await calcom.book("/cal/demo/reunion?name=Ana", start=soon())


async def test_two_webhooks_or_none(calcom: CalcomSimulator, wire: Wire, poll: Poll) -> None:
    calcom.copies = 2
    await calcom.book(LINK, start=soon())
    assert len(wire.requests) == 2
    calcom.silent = True
    without_webhook = await calcom.book(LINK, start=soon())

    assert len(wire.requests) == 2
    assert (await poll())[-1].uid == without_webhook


async def test_without_a_secret_the_header_has_a_placeholder(
    calcom: CalcomSimulator, wire: Wire
) -> None:
    calcom.secret = ""
    await calcom.ping()

    assert wire.requests[0].headers["x-cal-signature-256"] == "no-secret-provided"


async def test_the_list_after_several_changes(calcom: CalcomSimulator, poll: Poll) -> None:
    first = await calcom.book(LINK, start=soon())
    second = await calcom.move(first, start=soon(5))
    requested = await calcom.book(LINK, start=soon(), confirm=True)
    gone = await calcom.book(LINK, start=soon())
    await calcom.cancel(gone, "No puedo")
    found = await poll()

    assert [(update.what, update.uid, update.previous_uid) for update in found] == [
        (UpdateKind.MOVED, second, first),
        (UpdateKind.OTHER, second, first),  # what became of the first
        (UpdateKind.REQUESTED, requested, None),
        (UpdateKind.CANCELLED, gone, None),
    ]
    described = [update for update in found if update.what is not UpdateKind.OTHER]
    assert {update.booker for update in described} == {HINTS}
    assert found[-1].reason == "No puedo"
    assert found[0].booking is not None
    assert found[0].booking.meeting_url == f"https://app.cal.com/video/{second}"


async def test_the_list_has_pages_and_needs_the_key(
    site: httpx.AsyncClient, calcom: CalcomSimulator
) -> None:
    uids = [await calcom.book(LINK, start=soon()) for _ in range(3)]
    key = {"Authorization": "Bearer cal_key"}
    params = {"sortUpdatedAt": "desc", "take": "2", "skip": "1"}
    page = (await site.get("/v2/bookings", params=params, headers=key)).json()
    later = (
        await site.get("/v2/bookings", params={"afterUpdatedAt": soon().isoformat()}, headers=key)
    ).json()
    refused = await site.get("/v2/bookings", headers={"Authorization": "Bearer other"})

    assert [booking["uid"] for booking in page["data"]] == uids[1::-1]
    assert page["pagination"]["totalItems"] == 3
    assert later["data"] == []
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "UnauthorizedException")


async def test_a_key_that_is_rejected(poll: Poll, calcom: CalcomSimulator) -> None:
    calcom.api_key = "another"

    with pytest.raises(Unavailable, match="401 UnauthorizedException"):
        await poll()


@pytest.mark.parametrize(("status", "wait"), [(429, 30), (503, 30)])
async def test_an_injected_fault_of_the_list(
    poll: Poll, world: World, status: int, wait: float
) -> None:
    world.faults.append(Fault(provider="calcom", kind="status", status=status, retry_after="30"))

    with pytest.raises(Unavailable, match=str(status)) as caught:
        await poll()
    assert caught.value.retry_after == wait
    assert await poll() == []


# ---- its pages


async def test_the_booking_page_is_filled_in_and_escapes_every_value(
    site: httpx.AsyncClient,
) -> None:
    evil = {
        "name": '"><script>alert(1)</script>',
        'metadata["><b>]': "<i>",
        "metadata[lead_id]": "77",
    }
    page = (await site.get("/cal/demo/<b>", params=evil)).text

    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert '<input type="hidden" name="metadata[lead_id]" value="77">' in page
    assert 'type="datetime-local"' in page


async def test_booking_moving_and_cancelling_on_the_pages(
    site: httpx.AsyncClient, wire: Wire
) -> None:
    form = QUERY | {"start": "2030-03-04T11:00"}
    booked = await site.post("/cal/demo/reunion", data=form)
    shown = (await site.get(booked.headers["location"])).text
    moved = await site.post(
        f"{booked.headers['location']}/move", data={"start": "2030-03-05T11:00"}
    )
    await site.post(f"{moved.headers['location']}/cancel", data={"reason": "No puedo"})
    updates = [update_in(request) for request in wire.requests]

    assert booked.status_code == 303
    assert "lunes 4 de marzo a las 11:00 a.m." in shown
    assert [update.what for update in updates] == [
        UpdateKind.CREATED,
        UpdateKind.MOVED,
        UpdateKind.CANCELLED,
    ]
    assert updates[0].booker == HINTS
    assert updates[0].booking is not None
    assert updates[0].booking.starts_at == datetime(2030, 3, 4, 17, tzinfo=UTC)
    assert "Cancelada" in (await site.get(moved.headers["location"])).text
    assert (await site.post("/cal/demo/reunion", data={"start": "soon"})).status_code == 400
    assert (await site.get("/cal/-/nobody")).status_code == 404


def test_a_name_on_the_managing_page_is_escaped() -> None:
    page = calcom_pages.manage("uid", "<script>", soon(), "ACCEPTED", ended=False)

    assert "<script>" not in page


async def test_each_who_joins_a_group_event_is_named_alone(
    calcom: CalcomSimulator, wire: Wire
) -> None:
    uid = await calcom.book(LINK, start=soon(), seats=20)
    await calcom.take_seat(uid, name="Beto", email="beto@example.com")
    await calcom.give_up_seat(uid, email="beto@example.com")
    updates = [update_in(request) for request in wire.requests]

    assert [update.what for update in updates] == [
        UpdateKind.CREATED,
        UpdateKind.CREATED,
        UpdateKind.CANCELLED,
    ]
    assert {update.uid for update in updates} == {uid}
    assert all(update.seated for update in updates)
    assert [[attendee.email for attendee in update.attendees] for update in updates] == [
        ["ana@example.com"],
        ["beto@example.com"],
        ["beto@example.com"],
    ]


async def test_a_seat_that_moves_leaves_the_others_where_they_are(
    calcom: CalcomSimulator, wire: Wire, poll: Poll
) -> None:
    uid = await calcom.book(LINK, start=soon(), seats=20)
    await calcom.take_seat(uid, name="Beto", email="beto@example.com")
    moved = await calcom.move_seat(uid, email="beto@example.com", start=soon(5))
    update = update_in(wire.requests[-1])
    listed = {update.uid: update for update in await poll()}

    assert (update.what, update.uid, update.previous_uid) == (UpdateKind.MOVED, moved, uid)
    assert [(who.email, who.lead_id) for who in update.attendees] == [("beto@example.com", None)]
    assert [who.email for who in listed[uid].attendees] == ["ana@example.com"]
    assert [who.email for who in listed[moved].attendees] == ["beto@example.com"]


async def test_the_list_of_a_group_event_names_everybody(
    calcom: CalcomSimulator, poll: Poll
) -> None:
    uid = await calcom.book(LINK, start=soon(), seats=20)
    await calcom.take_seat(uid, name="Beto", email="beto@example.com")
    [update] = await poll()

    assert update.listed
    assert [attendee.email for attendee in update.attendees] == [
        "ana@example.com",
        "beto@example.com",
    ]


async def test_a_series_is_a_booking_a_week(calcom: CalcomSimulator, wire: Wire) -> None:
    start = soon()
    await calcom.book(LINK, start=start, weeks=3)
    bookings = [update_in(request).booking for request in wire.requests]

    assert [booking.recurring for booking in bookings if booking] == [True] * 3
    assert [booking.starts_at for booking in bookings if booking] == [
        start + timedelta(weeks=week) for week in range(3)
    ]


async def test_a_request_accepted_by_the_api_is_posted_again_as_it_was(
    calcom: CalcomSimulator, wire: Wire, poll: Poll
) -> None:
    uid = await calcom.book(LINK, start=soon(), confirm=True)
    await calcom.accept(uid, by_api=True)
    first, again = [update_in(request) for request in wire.requests]
    [listed] = await poll()

    assert (again.what, again.booking) == (first.what, first.booking)
    assert listed.what is UpdateKind.CREATED


async def test_an_absent_host(calcom: CalcomSimulator, wire: Wire) -> None:
    uid = await calcom.book(LINK, start=soon())
    await calcom.no_show(uid, host=True)

    assert update_in(wire.requests[1]).host_absent
