"""Simulates Cal.com: one event type of one host, whose webhooks can be silenced or doubled."""

import asyncio
import hashlib
import hmac
import json
import random
import re
import secrets
import string
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from simulator import calcom_pages as pages
from simulator.errors import ApiError
from simulator.world import Callbacks, Fault, World, json_error

LABELS = {
    "name": "your_name",
    "email": "email_address",
    "attendeePhoneNumber": "phone_number",
    "location": "location",
    "title": "what_is_this_meeting_about",
    "notes": "additional_notes",
    "guests": "additional_guests",
    "rescheduleReason": "reason_for_reschedule",
}
HOST = {
    "id": 4021,
    "name": "Laura Garza",
    "email": "laura.garza@example.com",
    "timeZone": "America/Monterrey",
}
EVENT = "Asesoría inicial"
EVENT_TYPE = 84120
VIDEO = {"value": "integrations:daily", "optionValue": ""}
ZONE = "America/Monterrey"
ACCEPTED = "ACCEPTED"
PENDING = "PENDING"
CANCELLED = "CANCELLED"
REJECTED = "REJECTED"


@dataclass
class Booked:
    """A stored booking. `responses` are the bare answers, and `metadata` survives every change.

    A group event has so many `seats`, and the `others` who joined the booker, by email.
    """

    uid: str
    id: int
    slug: str
    start: datetime
    end: datetime
    status: str
    metadata: dict[str, str]
    responses: dict[str, Any]
    ical: str
    sequence: int = 0
    rescheduled_from: str | None = None
    rescheduled_to: str | None = None
    reason: str = ""
    absent: bool = False
    host_absent: bool = False
    ended: bool = False
    seats: int | None = None
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    series: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def phone(self) -> str | None:
        return self.responses.get("attendeePhoneNumber")

    @property
    def location(self) -> str:
        chosen = self.responses["location"]
        return str(chosen["optionValue"] or chosen["value"])

    @property
    def title(self) -> str:
        return f"{EVENT} entre {HOST['name']} y {self.responses['name']}"

    @property
    def video(self) -> dict[str, str]:
        if self.location != VIDEO["value"]:
            return {}
        return {"videoCallUrl": f"https://app.cal.com/video/{self.uid}"}

    def change(self, **changes: Any) -> None:
        for name, value in {"updated_at": datetime.now(UTC), **changes}.items():
            setattr(self, name, value)


@dataclass
class CalcomSimulator:
    """One simulated account.

    `silent` posts no webhook at all. `copies` is how many webhooks of the account point at us.
    `questions` are the event type's own, by identifier. As in the real Cal.com, a link can answer
    only these.
    """

    secret: str
    api_key: str
    webhook_url: str
    callbacks: Callbacks
    public_url: str
    questions: set[str] = field(default_factory=set)
    silent: bool = False
    copies: int = 1
    bookings: dict[str, Booked] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(910_201))

    def join(self, world: World) -> None:
        world.errors["calcom"] = _fault_body

    # ---- actions of guests and the host

    async def book(
        self,
        link: str,
        *,
        start: datetime,
        minutes: float = 30,
        confirm: bool = False,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        seats: int | None = None,
        weeks: int = 1,
    ) -> str:
        """Books by a link, whose query prefills the page, and returns the booking's uid.

        With `confirm` the host has yet to accept. A group event has `seats`. A series of several
        `weeks` is one booking a week, each with a webhook of its own.
        """
        series = _new_uid() if weeks > 1 else None
        uids = [
            await self._book(
                link,
                start + timedelta(weeks=week),
                timedelta(minutes=minutes),
                confirm=confirm,
                typed={"name": name, "email": email, "attendeePhoneNumber": phone},
                seats=seats,
                series=series,
            )
            for week in range(weeks)
        ]
        return uids[0]

    async def _book(
        self,
        link: str,
        start: datetime,
        length: timedelta,
        *,
        confirm: bool,
        typed: dict[str, str | None],
        seats: int | None,
        series: str | None,
    ) -> str:
        metadata, responses = read_link(link, self.questions)
        responses |= {key: value for key, value in typed.items() if value}
        _complete(responses)
        uid = _new_uid()
        slug = urlsplit(link).path.rpartition("/")[2] or "reunion"
        booked = Booked(
            uid=uid,
            id=next(self._ids),
            slug=slug,
            start=start.astimezone(UTC),
            end=start.astimezone(UTC) + length,
            status=PENDING if confirm else ACCEPTED,
            metadata=metadata,
            responses=responses,
            ical=f"{uid}@Cal.com",
            seats=seats,
            series=series,
        )
        self.bookings[uid] = booked
        if confirm:
            await self._post_event("BOOKING_REQUESTED", self._body(booked, metadata=metadata))
        else:
            await self._accepted("BOOKING_CREATED", booked, metadata)
        return uid

    async def take_seat(self, uid: str, *, name: str, email: str) -> None:
        """Takes another seat of a group event. The webhook names only who took it."""
        booked = self._find(uid, ACCEPTED)
        booked.others[email] = {"name": name, "email": email, "seatUid": str(uuid.uuid4())}
        booked.change()
        await self._post_event("BOOKING_CREATED", self._body_of_seat(booked, email))

    async def give_up_seat(self, uid: str, *, email: str) -> None:
        """Gives a seat up that was taken later. The booking of the others stays."""
        booked = self._find(uid, ACCEPTED)
        if email not in booked.others:
            raise _refusal(404, "NotFoundException", f"Seat of uid={uid} was not found")
        body = self._body_of_seat(booked, email) | {"status": CANCELLED}
        del booked.others[email]
        booked.change()
        await self._post_event("BOOKING_CANCELLED", body)

    async def move_seat(self, uid: str, *, email: str, start: datetime) -> str:
        """Moves a seat that was taken later to a time of its own, and returns its new uid."""
        booked = self._find(uid, ACCEPTED)
        taken = booked.others.pop(email, None)
        if taken is None:
            raise _refusal(404, "NotFoundException", f"Seat of uid={uid} was not found")
        booked.change()
        starts = start.astimezone(UTC)
        now = datetime.now(UTC)
        moved = replace(
            booked,
            uid=_new_uid(),
            id=next(self._ids),
            start=starts,
            end=starts + (booked.end - booked.start),
            metadata={},
            responses={"name": taken["name"], "email": email, "guests": [], "location": VIDEO},
            rescheduled_from=uid,
            others={},
            created_at=now,
            updated_at=now,
        )
        self.bookings[moved.uid] = moved
        await self._accepted("BOOKING_RESCHEDULED", moved, {}, rescheduleUid=uid)
        return moved.uid

    async def accept(self, uid: str, *, by_api: bool = False) -> None:
        """Accepts a request as the host. The webhook lacks the metadata that the link carried.

        By the API, Cal.com repeats the webhook of the request as it was.
        """
        booked = self._find(uid, PENDING)
        if by_api:
            body = self._body(booked, metadata=booked.metadata)
            booked.change(status=ACCEPTED)
            await self._post_event("BOOKING_REQUESTED", body)
            return
        booked.change(status=ACCEPTED)
        await self._accepted("BOOKING_CREATED", booked, {})

    async def reject(self, uid: str, reason: str = "Horario no disponible") -> None:
        booked = self._find(uid, PENDING)
        booked.change(status=REJECTED, reason=reason)
        body = self._body(booked, write=_millis, thin=True, rejectionReason=reason)
        await self._post_event("BOOKING_REJECTED", body)

    async def move(self, uid: str, *, start: datetime, repeat_metadata: bool = False) -> str:
        """Replaces a booking by a new one, and returns its uid.

        The webhook has the metadata only where the link repeats it.
        """
        old = self._find(uid, ACCEPTED, PENDING)
        now = datetime.now(UTC)
        starts = start.astimezone(UTC)
        new = replace(
            old,
            uid=_new_uid(),
            id=next(self._ids),
            start=starts,
            end=starts + (old.end - old.start),
            rescheduled_from=uid,
            sequence=old.sequence + 1,
            created_at=now,
            updated_at=now,
            absent=False,
            ended=False,
            metadata={key: value for key, value in old.metadata.items() if key != "videoCallUrl"},
        )
        self.bookings[new.uid] = new
        old.change(status=CANCELLED, rescheduled_to=new.uid)
        more = {
            "rescheduleId": old.id,
            "rescheduleUid": uid,
            "rescheduledBy": old.responses["email"],
            "rescheduleStartTime": _plain(old.start),
            "rescheduleEndTime": _plain(old.end),
        }
        metadata = dict(new.metadata) if repeat_metadata else {}
        if new.status == PENDING:
            await self._post_event("BOOKING_REQUESTED", self._body(new, metadata=metadata, **more))
        else:
            await self._accepted("BOOKING_RESCHEDULED", new, metadata, **more)
        return new.uid

    async def cancel(self, uid: str, reason: str = "") -> None:
        booked = self._find(uid, ACCEPTED, PENDING)
        booked.change(status=CANCELLED, reason=reason, sequence=booked.sequence + 1)
        more = {
            "cancellationReason": reason,
            "cancelledBy": booked.responses["email"],
            "requestReschedule": False,
        }
        await self._post_event(
            "BOOKING_CANCELLED", self._body(booked, write=_offset, thin=True, **more)
        )

    async def no_show(self, uid: str, *, absent: bool = True, host: bool = False) -> None:
        """Marks the guest as absent as the host, or removes the mark; or marks the `host`."""
        booked = self._find(uid, ACCEPTED)
        if host:
            booked.change(host_absent=absent)
            body: dict[str, Any] = {"message": "host marked as no-show", "attendees": []}
            await self._post_event(
                "BOOKING_NO_SHOW_UPDATED", body | {"bookingUid": uid, "bookingId": booked.id}
            )
            return
        booked.change(absent=absent)
        email = booked.responses["email"]
        message = f"{email} {'marked' if absent else 'unmarked'} as no-show"
        body = {"message": message, "attendees": [{"email": email, "noShow": absent}]}
        await self._post_event(
            "BOOKING_NO_SHOW_UPDATED", body | {"bookingUid": uid, "bookingId": booked.id}
        )

    async def end(self, uid: str) -> None:
        """Reaches the scheduled end, whether anybody came or not. Posted once, and flat."""
        booked = self._find(uid, ACCEPTED)
        if not booked.ended:
            booked.ended = True  # without `updated_at`, because the booking itself does not change
            await self._post({"triggerEvent": "MEETING_ENDED", **self._row(booked)})

    async def ping(self) -> None:
        now = _millis(datetime.now(UTC))
        london = {"timeZone": "Europe/London", "language": {"locale": "en"}}
        people = {
            "attendees": [
                {"email": "jdoe@example.com", "name": "John Doe", **london, "utcOffset": 0}
            ],
            "organizer": {"name": "Cal", "email": "no-reply@cal.com", **london, "utcOffset": 0},
        }
        test = {"type": "Test", "title": "Test trigger event", "startTime": now, "endTime": now}
        await self._post_event("PING", test | people)

    # ---- webhooks

    async def _accepted(
        self, trigger: str, booked: Booked, metadata: dict[str, str], **more: Any
    ) -> None:
        booked.metadata |= booked.video
        self.callbacks.go(self._end_in_time(booked))
        body = self._body(booked, metadata=booked.video | metadata, **more)
        await self._post_event(trigger, body)

    async def _end_in_time(self, booked: Booked) -> None:
        await asyncio.sleep(max(0.0, (booked.end - datetime.now(UTC)).total_seconds()))
        if booked.status == ACCEPTED:
            await self.end(booked.uid)

    async def _post_event(self, trigger: str, payload: dict[str, Any]) -> None:
        await self._post(
            {"triggerEvent": trigger, "createdAt": _millis(datetime.now(UTC)), "payload": payload}
        )

    async def _post(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        signature = hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Cal-Signature-256": signature if self.secret else "no-secret-provided",
            "X-Cal-Webhook-Version": "2021-10-20",
        }
        for _ in range(0 if self.silent else self.copies):
            # once, because Cal.com does not retry
            await self.callbacks.post(self.webhook_url, raw, headers)

    def _body(
        self, booked: Booked, *, write: Any = None, thin: bool = False, **more: Any
    ) -> dict[str, Any]:
        """Returns a wrapped booking.

        Thin ones, of cancelled and rejected bookings, label the answers differently.
        """
        write = write or _plain
        responses = _thin(booked.responses) if thin else _labelled(booked.responses)
        reminder_number = booked.responses.get("smsReminderNumber")
        sms = {"smsReminderNumber": reminder_number} if reminder_number else {}
        return {
            "bookerUrl": self.public_url,
            "title": booked.title,
            "type": booked.slug,
            "startTime": write(booked.start),
            "endTime": write(booked.end),
            "length": _minutes(booked),
            "additionalNotes": booked.responses.get("notes", ""),
            "description": booked.responses.get("notes", ""),
            "eventTypeId": EVENT_TYPE,
            "eventTitle": EVENT,
            "eventDescription": "",
            "schedulingType": None,
            "organizer": {
                **HOST,
                "username": "laura-garza",
                "language": {"locale": "es"},
                "utcOffset": -360,
            },
            "attendees": [_attendee(booked, thin=thin), *_guests(booked)],
            "customInputs": {},
            "responses": responses,
            "userFieldsResponses": {
                name: answer for name, answer in responses.items() if name in self.questions
            },
            **sms,
            "location": booked.location,
            "destinationCalendar": [] if thin else None,
            "iCalUID": booked.ical,
            "iCalSequence": booked.sequence,
            "requiresConfirmation": booked.status == PENDING,
            "organizationId": None,
            "seatsPerTimeSlot": booked.seats,
            "recurringEvent": {"freq": 2, "interval": 1} if booked.series else None,
            "price": 0,
            "currency": "usd",
            "uid": booked.uid,
            "bookingId": booked.id,
            **more,
            "status": booked.status,
        }

    def _body_of_seat(self, booked: Booked, email: str) -> dict[str, Any]:
        """Returns a wrapped booking that names only one of those who joined."""
        attendee = booked.others[email] | {"timeZone": ZONE, "language": {"locale": "es"}}
        answers = _labelled({"name": attendee["name"], "email": email, "guests": []})
        return self._body(booked, metadata={}) | {"attendees": [attendee], "responses": answers}

    def _row(self, booked: Booked) -> dict[str, Any]:
        """Returns a booking as MEETING_* bodies have it, at the root.

        There, `createdAt` is the booking's own.
        """
        attendee = {
            "id": booked.id + 271_000,
            "bookingId": booked.id,
            "noShow": booked.absent,
            "email": booked.responses["email"],
            "name": booked.responses["name"],
            "phoneNumber": booked.phone,
            "timeZone": ZONE,
            "locale": "es",
        }
        return {
            "id": booked.id,
            "uid": booked.uid,
            "idempotencyKey": str(uuid.uuid5(uuid.NAMESPACE_URL, booked.uid)),
            "userId": HOST["id"],
            "userPrimaryEmail": HOST["email"],
            "eventTypeId": EVENT_TYPE,
            "title": booked.title,
            "description": booked.responses.get("notes", ""),
            "customInputs": {},
            "responses": _labelled(booked.responses),
            "startTime": _millis(booked.start),
            "endTime": _millis(booked.end),
            "location": booked.location,
            "createdAt": _millis(booked.created_at),
            "updatedAt": _millis(booked.updated_at),
            "status": booked.status,
            "paid": False,
            "cancellationReason": None,
            "rejectionReason": None,
            "fromReschedule": booked.rescheduled_from,
            "recurringEventId": booked.series,
            "smsReminderNumber": booked.responses.get("smsReminderNumber"),
            "metadata": booked.metadata,
            "iCalUID": booked.ical,
            "iCalSequence": booked.sequence,
            "noShowHost": False,
            "user": {
                "email": HOST["email"],
                "name": HOST["name"],
                "timeZone": HOST["timeZone"],
                "username": "laura-garza",
            },
            "attendees": [attendee, *booked.others.values()],
            "payment": [],
            "references": [],
        }

    def _find(self, uid: str, *statuses: str) -> Booked:
        booked = self.bookings.get(uid)
        if booked is None:
            raise _refusal(404, "NotFoundException", f"Booking with uid={uid} was not found")
        if booked.status not in statuses:
            raise _refusal(
                400, "BadRequestException", f"Booking with uid={uid} is {booked.status.lower()}"
            )
        return booked

    def _authenticate(self, authorization: str) -> None:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {self.api_key}".encode()):
            raise _refusal(401, "UnauthorizedException", "Invalid API Key")

    # ---- HTTP

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/v2/bookings")
        async def bookings(
            after: Annotated[datetime | None, Query(alias="afterUpdatedAt")] = None,
            direction: Annotated[str, Query(alias="sortUpdatedAt")] = "",
            take: Annotated[int, Query(ge=1, le=250)] = 100,
            skip: Annotated[int, Query(ge=0)] = 0,
            authorization: Annotated[str, Header()] = "",
        ) -> Response:
            self._authenticate(authorization)
            found = [
                booked
                for booked in self.bookings.values()
                if after is None or booked.updated_at >= after
            ]
            if direction:
                found.sort(key=lambda booked: booked.updated_at, reverse=direction == "desc")
            page = [_listed(booked) for booked in found[skip : skip + take]]
            more = {
                "totalItems": len(found),
                "returnedItems": len(page),
                "hasNextPage": skip + take < len(found),
            }
            return JSONResponse({"status": "success", "data": page, "pagination": more})

        @router.get("/v2/bookings/{uid}")
        async def booking(uid: str, authorization: Annotated[str, Header()] = "") -> Response:
            self._authenticate(authorization)
            booked = self._find(uid, ACCEPTED, PENDING, CANCELLED, REJECTED)
            return JSONResponse({"status": "success", "data": _listed(booked)})

        @router.get("/cal/-/{uid}")
        async def manage(uid: str) -> HTMLResponse:
            booked = self._find(uid, ACCEPTED, PENDING, CANCELLED, REJECTED)
            return HTMLResponse(
                pages.manage(
                    booked.uid, booked.title, booked.start, booked.status, ended=booked.ended
                )
            )

        @router.post("/cal/-/{uid}/{action}")
        async def change(uid: str, action: str, request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(errors="replace")))
            match action:
                case "move":
                    uid = await self.move(uid, start=_typed(form.get("start", "")))
                case "cancel":
                    await self.cancel(uid, form.get("reason", ""))
                case "end":
                    await self.end(uid)
                case _:
                    raise _refusal(404, "NotFoundException", "There is no such page")
            return RedirectResponse(f"/cal/-/{uid}", status_code=303)

        @router.get("/cal/{path:path}")
        async def page(path: str, request: Request) -> HTMLResponse:
            return HTMLResponse(pages.form(f"/cal/{path}", parse_qsl(request.url.query)))

        @router.post("/cal/{path:path}")
        async def submit(path: str, request: Request) -> Response:
            query = (await request.body()).decode(errors="replace")
            start = _typed(dict(parse_qsl(query)).get("start", ""))
            uid = await self.book(f"/cal/{path}?{query}", start=start)
            return RedirectResponse(f"/cal/-/{uid}", status_code=303)

        return router


def read_link(link: str, questions: set[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Returns the metadata and answers that the booking page takes from the link's query."""
    pairs = parse_qsl(urlsplit(link).query)
    query = dict(pairs)
    metadata = {
        match[1]: value for key, value in pairs if (match := re.fullmatch(r"metadata\[(.+)\]", key))
    }
    taken = {"name", "email", "notes", "attendeePhoneNumber", "smsReminderNumber", *questions}
    responses: dict[str, Any] = {key: value for key, value in query.items() if key in taken}
    if "name" not in responses and "firstName" in query:
        responses["name"] = f"{query['firstName']} {query.get('lastName', '')}".strip()
    responses["guests"] = [value for key, value in pairs if key == "guests"]
    responses["location"] = _location(query.get("location", ""))
    return metadata, responses


def _location(chosen: str) -> dict[str, str]:
    try:
        asked = json.loads(chosen)
        return {"value": str(asked["value"]), "optionValue": str(asked["optionValue"])}
    except (ValueError, TypeError, KeyError):
        return VIDEO


def _complete(responses: dict[str, Any]) -> None:
    """Adds the answers that the page requires. Raises ApiError where email and phone are missing.

    Where only a phone was given, Cal.com makes an email address from it.
    """
    phone = responses.get("attendeePhoneNumber") or responses["location"]["optionValue"]
    digits = re.sub(r"\D", "", str(phone))
    if not responses.get("email") and not digits:
        raise _refusal(400, "BadRequestException", "responses - {email}Invalid email")
    responses.setdefault("name", "Sin nombre")
    responses["email"] = responses.get("email") or f"{digits}@sms.cal.com"


def _attendee(booked: Booked, *, thin: bool) -> dict[str, Any]:
    names = {} if thin else {"firstName": "", "lastName": ""}
    phone = {"phoneNumber": booked.phone} if thin or booked.phone else {}
    return {
        "email": booked.responses["email"],
        "name": booked.responses["name"],
        "timeZone": ZONE,
        "language": {"locale": "es"},
        "utcOffset": -360,
        **names,
        **phone,
    }


def _guests(booked: Booked) -> list[dict[str, Any]]:
    return [
        {"email": email, "name": "", "timeZone": ZONE, "language": {"locale": "es"}}
        for email in booked.responses["guests"]
    ]


def _labelled(responses: dict[str, Any]) -> dict[str, Any]:
    """Returns the answers with their questions. A question without an answer has no `value`."""
    questions: dict[str, Any] = {
        name: {"label": label, "isHidden": name == "title"} for name, label in LABELS.items()
    }
    answers = {
        name: {"label": LABELS.get(name, name), "value": value, "isHidden": name not in LABELS}
        for name, value in responses.items()
    }
    return questions | answers


def _thin(responses: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"label": name, "value": value}
        for name, value in responses.items()
        if name != "location"
    }


def _listed(booked: Booked) -> dict[str, Any]:
    """Returns a booking as the API lists it."""
    attendee: dict[str, Any] = {
        "name": booked.responses["name"],
        "email": booked.responses["email"],
        "timeZone": ZONE,
        "language": "es",
        "absent": booked.absent,
    }
    if booked.phone:
        attendee["phoneNumber"] = booked.phone
    others = [
        other | {"timeZone": ZONE, "language": "es", "absent": False}
        for other in booked.others.values()
    ]
    if booked.seats is not None:
        attendee["seatUid"] = f"seat-{booked.uid}"
        others = [{"metadata": {}, "bookingFieldsResponses": {}} | other for other in others]
        attendee["metadata"] = booked.metadata
        attendee["bookingFieldsResponses"] = booked.responses
    place = booked.metadata.get("videoCallUrl", booked.location)
    optional = {
        "cancellationReason": booked.reason if booked.status == CANCELLED else None,
        "rescheduledFromUid": booked.rescheduled_from,
        "rescheduledToUid": booked.rescheduled_to,
        "recurringBookingUid": booked.series,
    }
    return {
        "id": booked.id,
        "uid": booked.uid,
        "title": booked.title,
        "description": booked.responses.get("notes", ""),
        "hosts": [HOST],
        "status": booked.status.lower(),
        **{key: value for key, value in optional.items() if value},
        "start": _millis(booked.start),
        "end": _millis(booked.end),
        "duration": _minutes(booked),
        "eventTypeId": EVENT_TYPE,
        "eventType": {"id": EVENT_TYPE, "slug": booked.slug},
        "location": place,
        "meetingUrl": place,
        "absentHost": booked.host_absent,
        "icsUid": booked.ical,
        "createdAt": _millis(booked.created_at),
        "updatedAt": _millis(booked.updated_at),
        "metadata": {key: value for key, value in booked.metadata.items() if key != "videoCallUrl"},
        "attendees": [attendee, *others],
        "bookingFieldsResponses": booked.responses,
        "guests": booked.responses["guests"],
    }


def _new_uid() -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=22))


def _minutes(booked: Booked) -> float:
    return (booked.end - booked.start).total_seconds() / 60


def _typed(local: str) -> datetime:
    try:
        return pages.read_local(local)
    except ValueError:
        raise _refusal(400, "BadRequestException", "start must be a date and a time") from None


def _plain(at: datetime) -> str:
    return _offset(at).replace("+00:00", "Z")


def _offset(at: datetime) -> str:
    return at.isoformat(timespec="seconds" if at.microsecond == 0 else "milliseconds")


def _millis(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(code: str, message: str) -> dict[str, Any]:
    stamp = _millis(datetime.now(UTC))
    return {
        "status": "error",
        "timestamp": stamp,
        "path": "/v2/bookings",
        "error": {"code": code, "message": message},
    }


def _fault_body(fault: Fault) -> tuple[bytes, dict[str, str]]:
    codes = {401: "UnauthorizedException", 429: "ThrottlerException"}
    code = codes.get(fault.status, "InternalServerErrorException")
    body, headers = json_error(_error(code, "Injected fault"))
    return body, headers | ({"retry-after": fault.retry_after} if fault.retry_after else {})


def _refusal(status: int, code: str, message: str) -> ApiError:
    return ApiError(JSONResponse(_error(code, message), status_code=status))
