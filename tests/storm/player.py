"""Plays a story on the running system, from outside, and records what is seen there."""

import asyncio
import contextlib
import json
import os
import re
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import aio_pika
import httpx
from aio_pika.abc import AbstractIncomingMessage

from pauta.running.compose_file import Recipe
from tests.clocks import clock
from tests.memory import resident_peak
from tests.storm.generator import STOPS
from tests.storm.record import Life, Moment, Record, Repeat, Submission, Touch
from tests.storm.story import Act, Person, Story, ordered
from tests.system import REPLICATED, System

HERE = Path(__file__).parent
STARTUP = 20.0  # seconds, until the first form can be sent
FOLLOWED_UP = 100.0  # seconds after its form a lead's last step is due, with a day in between
OUTAGE = 1_000_000
SEATS = 5
PIPELINE = 7_000_001
TRIES = 60  # at a door that does not answer, as people try again
BETWEEN_TRIES = 0.5
BETWEEN_CHECKS = 2.0
PLATFORM_TRIES = 7  # of a webhook, within a minute
ARRIVALS = ("sends_a_form", "comes_by")
# one after another: nobody cancels a meeting while they are moving it
AT_A_MEETING = ("books", "moves", "cancels", "the_meeting_ends", "does_not_come")
GREETING = "Hola, quiero información"
META_PLATFORMS = {"facebook": "fb", "instagram": "ig"}
REFERRAL = {"ReferralSourceId": "120211234567890123", "ReferralSourceType": "ad"}
BEYOND_LEASE = 8.0  # the services' leases are 5 s
EXCHANGES = ("events", "commands")
TAP = "storm.tap"  # a queue that receives every message
PUBLISHING_SECONDS = 15.0  # RabbitMQ takes nothing while its memory is full
# webhooks as anybody could send them: the door, and what should prove who sends it
FORGED = {
    "/api/calcom": {"X-Cal-Signature-256": "0" * 64},
    "/webhooks/kommo/guessed": {},
    "/webhooks/brevo": {"Authorization": "Bearer guessed"},
    "/webhooks/brevo/inbound": {"Authorization": "Bearer guessed"},
    "/webhooks/twilio/inbound": {"X-Twilio-Signature": "guessed"},
    "/webhooks/twilio/message": {"X-Twilio-Signature": "guessed"},
}
VARIABLES = {
    "JOURNEY_PATH": str(HERE / "journey.yml"),
    "ALLOWED_COUNTRIES": "MX,CO,PE,ES,US,JP,IN,NZ",
    # longer than a freeze, after which a replica goes on with the request that it was waiting for
    "KOMMO_TIMEOUT": str(BEYOND_LEASE + 4),
}


class StormSystem(System):
    """The whole system with a clock that is `ahead` by so many seconds."""

    def __init__(self, folder: Path, ahead: float) -> None:
        super().__init__(folder, docker=False, variables=VARIABLES)
        self.ahead = round(ahead)  # the other clocks are set by whole seconds
        self._clock = clock(self.ahead)

    def make_servers(self) -> tuple[Any, Any]:
        postgres, rabbitmq = super().make_servers()
        postgres.environment = {**os.environ, **self._clock}
        return postgres, rabbitmq

    def recipe_of(self, replica: str, recipe: Recipe) -> Recipe:
        return Recipe(recipe.name, recipe.command, {**recipe.environment, **self._clock})

    def now(self) -> float:
        """Returns the system's time, which is not this process's."""
        return time.time() + self.ahead


class Player:
    """Plays one story."""

    def __init__(self, system: StormSystem, story: Story) -> None:
        self.system = system
        self.story = story
        self.record = Record(
            lives={person.number: Life(person) for person in story.people},
        )
        self._uids: dict[int, str] = {}
        self._groups: dict[str, str] = {}
        self._hands: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._kommo_seen: tuple[float, dict[str, Any]] = (float("-inf"), {})
        self._new_token = ""
        self._peaks: dict[str, int] = defaultdict(int)
        self._known_letters: set[str] = set()
        self._tapped: list[AbstractIncomingMessage] = []

    async def play(self) -> Record:
        self._known_letters = {letter["letter_id"] for letter in await self._letters()}
        watching = asyncio.create_task(self._watch_memory())
        await self._open_tap()
        began = time.monotonic()
        running = []
        for act in ordered(self.story.acts):
            await asyncio.sleep(max(0.0, began + act.at - time.monotonic()))
            running.append(asyncio.create_task(self._perform(act)))
        await asyncio.gather(*running)
        await self._calm()
        await self._close_tap()
        arrivals = [act.at for act in self.story.acts if act.what in ARRIVALS]
        last = max(arrivals, default=0.0)
        await asyncio.sleep(max(0.0, began + last + FOLLOWED_UP - time.monotonic()))
        with contextlib.suppress(AssertionError):  # what is not at rest breaks a promise
            await self.system.quiet()
        await self._kommo_is_done()
        watching.cancel()
        await self._collect()
        return self.record

    # ---- acts

    async def _perform(self, act: Act) -> None:
        method = getattr(self, f"_{act.what}")
        if act.who is None:
            self.record.troubles.append((act.what, self.system.now()))
            await method(**act.how)
            self.record.troubles.append((f"{act.what} is over", self.system.now()))
            return
        life = self.record.lives[act.who]
        at_a_meeting = act.what in AT_A_MEETING
        async with self._hands[f"meetings of {act.who}"] if at_a_meeting else asyncio.Lock():
            began = self.system.now()
            done = await method(life, **act.how)
        if done is not None:
            detail = {"began": began} | (done if isinstance(done, dict) else {})
            life.moments.append(Moment(act.what, self.system.now(), detail))

    async def _ask(self, what: str, method: str, url: str, **more: Any) -> httpx.Response | None:
        """Asks one of our doors, and records its answer. None where the connection broke."""
        try:
            answer = await self.system.http.request(method, url, **more)
        except httpx.HTTPError:
            return None
        self.record.answers.append((what, answer.status_code))
        return answer

    async def _ask_until(
        self, status: int, what: str, method: str, url: str, **more: Any
    ) -> httpx.Response | None:
        """Asks one of our doors until it answers with this status. None where it never did."""
        for _ in range(TRIES):
            answer = await self._ask(what, method, url, **more)
            if answer is not None and answer.status_code == status:
                return answer
            await asyncio.sleep(BETWEEN_TRIES)
        return None

    async def _sends_a_form(self, life: Life, form: dict[str, str]) -> None:
        """Sends the form, and again until it is answered: by a script under one key, or without."""
        submission = Submission(life.person, form, self.system.now())
        life.submissions.append(submission)
        if life.person.number % 3:
            submission.key = str(uuid4())
        headers = {"Idempotency-Key": submission.key} if submission.key else {}
        url = f"{self.system.native.addresses.gateway}/api/lead"
        for _ in range(TRIES):
            answer = await self._ask("form", "POST", url, json=form, headers=headers)
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                submission.answered_at = self.system.now()
                submission.status = answer.status_code
                if answer.status_code == 200:
                    submission.lead_id = int(answer.json()["lead_id"])
                return
            submission.tries += 1
            await asyncio.sleep(BETWEEN_TRIES)

    async def _comes_by(
        self, life: Life, door: str, lead: dict[str, str], again: int = 0, *, lost: bool = False
    ) -> None:
        """Comes by another door than our form, which tells us of it `1 + again` times, or never."""
        submission = Submission(life.person, lead, self.system.now(), door=door)
        life.submissions.append(submission)
        match door:
            case "whatsapp":
                submission.status = await self._writes_first(submission, copies=1 + again)
            case "file" | "file_kept":
                journey = "current" if door == "file" else "none"
                submission.status = await self._is_in_a_file(submission, journey)
            case _:
                submission.status = await self._fills_in(submission, again, lost=lost)
        submission.answered_at = self.system.now()
        await self._find_lead(submission, seconds=TRIES * BETWEEN_TRIES)

    async def _fills_in(self, submission: Submission, again: int, *, lost: bool) -> int:
        """Fills in a platform's form. Returns our worst answer to its webhooks; 200 without."""
        form: dict[str, Any] = {"lead": submission.form, "again": again, "tries": PLATFORM_TRIES}
        source = submission.door
        if submission.door in META_PLATFORMS:
            source = "meta"
            form |= {"platform": META_PLATFORMS[submission.door], "lost": lost}
        if lost:
            submission.tries += 1  # Meta is asked for it some seconds later
        sent = await self._simulate(f"sources/{source}/forms", form)
        return max(sent["answers"], default=200)

    async def _writes_first(self, submission: Submission, copies: int) -> int:
        message = {
            "phone": submission.form["telefono"],
            "name": submission.form["nombre"],
            "text": GREETING,
            "referral": REFERRAL | {"ReferralCtwaClid": f"ARA{submission.person.number}"},
            "copies": copies,
        }
        for _ in range(TRIES):
            written = await self._simulate("write", message)
            if written and written["answered"]:
                return 200
            submission.tries += 1
            await asyncio.sleep(BETWEEN_TRIES)
        return 503

    async def _is_in_a_file(self, submission: Submission, journey: str) -> int:
        """Has an operator bring in a file with this person."""
        columns = ",".join(submission.form)
        line = ",".join(f'"{value}"' for value in submission.form.values())
        file = (f"{submission.person.number}.csv", f"{columns}\n{line}\n".encode(), "text/csv")
        url = f"{self.system.native.addresses.console}/api/imports"
        form = {"journey": journey, "dry_run": "false"}
        answer = await self._ask_until(200, "import", "POST", url, data=form, files={"file": file})
        return answer.status_code if answer is not None else 503

    async def _find_lead(self, submission: Submission, seconds: float) -> None:
        """Looks in Kommo for the lead of somebody who got no answer with its number."""
        until = time.monotonic() + seconds
        while not submission.lead_id:
            found = leads_of(await self._kommo_lately(), submission)
            submission.lead_id = min(found, default=0)
            if time.monotonic() > until:
                return
            await asyncio.sleep(BETWEEN_CHECKS)

    async def _kommo_lately(self) -> dict[str, Any]:
        """Returns what is in Kommo, looked up once for all who ask at about the same time."""
        async with self._hands["kommo"]:
            seen_at, kommo = self._kommo_seen
            if time.monotonic() > seen_at + BETWEEN_CHECKS:
                kommo = await self.system.simulator("kommo")
                self._kommo_seen = (time.monotonic(), kommo)
            return kommo

    async def _repeats_a_form(self, life: Life, changes: dict[str, str]) -> None:
        """Sends the last form that was accepted once more, or under its key with these changes."""
        accepted = [
            sent
            for sent in life.submissions
            if sent.lead_id and sent.door == "form" and (sent.key or not changes)
        ]
        if not accepted:
            return
        sent = accepted[-1]
        url = f"{self.system.native.addresses.gateway}/api/lead"
        headers = {"Idempotency-Key": sent.key} if sent.key else {}
        for _ in range(TRIES):
            answer = await self._ask("form", "POST", url, json=sent.form | changes, headers=headers)
            if answer is not None and answer.status_code < 500:
                lead = int(answer.json().get("lead_id", 0))
                sent.repeats.append(Repeat(bool(changes), answer.status_code, lead))
                return
            await asyncio.sleep(BETWEEN_TRIES)

    async def _writes(self, life: Life, text: str) -> dict[str, Any] | None:
        """Writes by WhatsApp: a stop at any time, anything else once their lead is known."""
        person = life.person
        known = [sent for sent in life.submissions if person.phone in addresses_in(sent.form)]
        if text not in STOPS and not any(sent.lead_id for sent in known):
            return None
        message = {"phone": person.phone, "text": text, "name": person.name}
        written = await self._simulate("write", message)
        return {"text": text} if written and written["answered"] else None

    async def _unsubscribes(self, life: Life) -> bool | None:
        for mail in await self.system.simulator("emails", life.person.email):
            link = mail["headers"]["List-Unsubscribe"].strip("<>")
            body = b"List-Unsubscribe=One-Click"
            if await self._ask_until(200, "unsubscribe", "POST", link, content=body):
                return True
        return None

    async def _books(
        self,
        life: Life,
        starts_in: float,
        weeks: int = 1,
        email: str = "",
        group: str = "",
        guest: str = "",
    ) -> dict[str, Any] | None:
        """Books by the link of the mail: one meeting, or a series of one a week.

        With another `email` than the form's, as a `group` event, or with a `guest`.
        """
        person = life.person
        mails = await self.system.simulator("emails", person.email) if person.email else []
        links = re.findall(r"https?://\S+/cal/\S+", mails[0]["text"]) if mails else []
        if not links:
            return None
        start = datetime.fromtimestamp(self.system.now(), UTC) + timedelta(seconds=starts_in)
        link = f"{links[0]}&guests={quote(guest)}" if guest else links[0]
        booking = {"link": link, "start": start.isoformat(), "minutes": 0.02, "weeks": weeks}
        booking |= {"email": email or None, "seats": SEATS if group else None}
        booked = await self._simulate("calcom/book", booking)
        if booked is None:
            return None
        if group:
            self._groups[group] = booked["uid"]
        else:
            self._uids[person.number] = booked["uid"]
        for other in self.record.lives.values():
            if guest and other.person.email == guest:
                other.moments.append(Moment("is_a_guest", self.system.now()))
        return {"uid": booked["uid"], "start": start.timestamp(), "email": email}

    async def _takes_a_seat(self, life: Life, group: str) -> bool | None:
        person = life.person
        return await self._at_the_group(group, "join", name=person.name, email=person.email)

    async def _gives_up_their_seat(self, life: Life, group: str) -> bool | None:
        return await self._at_the_group(group, "leave", email=life.person.email)

    async def _moves_their_seat(self, life: Life, group: str, starts_in: float) -> bool | None:
        start = datetime.fromtimestamp(self.system.now(), UTC) + timedelta(seconds=starts_in)
        return await self._at_the_group(
            group, "move_seat", email=life.person.email, start=start.isoformat()
        )

    async def _at_the_group(self, group: str, what: str, **body: str) -> bool | None:
        uid = self._groups.get(group)
        if uid is None:
            return None
        url = f"{self.system.native.addresses.simulator}/simulator/calcom/{uid}/{what}"
        answer = await self.system.http.post(url, json=body)
        return True if answer.is_success else None

    async def _moves(self, life: Life, starts_in: float) -> dict[str, Any] | None:
        uid = self._uids.get(life.person.number)
        if uid is None:
            return None
        start = datetime.fromtimestamp(self.system.now(), UTC) + timedelta(seconds=starts_in)
        moved = await self._simulate(f"calcom/{uid}/move", {"start": start.isoformat()})
        if moved is None:
            return None
        self._uids[life.person.number] = moved["uid"]
        return {"uid": moved["uid"], "start": start.timestamp()}

    async def _cancels(self, life: Life) -> dict[str, Any] | None:
        return await self._at_the_meeting(life, "cancel", {"reason": "No puedo"})

    async def _the_meeting_ends(self, life: Life) -> dict[str, Any] | None:
        return await self._at_the_meeting(life, "end", {})

    async def _does_not_come(self, life: Life) -> dict[str, Any] | None:
        return await self._at_the_meeting(life, "no_show", {"absent": True})

    async def _at_the_meeting(
        self, life: Life, what: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        uid = self._uids.get(life.person.number)
        if uid is None:
            return None
        await self._simulate(f"calcom/{uid}/{what}", body)
        return {"uid": uid}

    async def _is_erased(self, life: Life) -> bool | None:
        return await self._command(life, "erase")

    async def _is_paused(self, life: Life) -> bool | None:
        return await self._command(life, "pause")

    async def _is_resumed(self, life: Life) -> bool | None:
        return await self._command(life, "resume")

    async def _is_stopped(self, life: Life) -> bool | None:
        return await self._command(life, "stop")

    async def _is_closed_in_kommo(self, life: Life, status: int) -> bool | None:
        lead = await self._kommo_lead(life)
        if lead is None:
            return None
        await self._simulate(f"kommo/{lead['id']}/move", {"status_id": status})
        return True

    async def _contact_is_deleted(self, life: Life) -> bool | None:
        lead = await self._kommo_lead(life)
        if lead is None or lead["contact_id"] is None:
            return None
        await self._simulate(f"kommo/contacts/{lead['contact_id']}", None, "DELETE")
        return True

    async def _contact_is_merged(self, life: Life) -> bool | None:
        """Merges the person's contact in Kommo into the oldest one of somebody else."""
        lead = await self._kommo_lead(life)
        gone = lead and lead["contact_id"]
        contacts = (await self.system.simulator("kommo"))["contacts"]
        others = [contact["id"] for contact in contacts if contact["id"] != gone]
        if gone is None or not others:
            return None
        await self._simulate(f"kommo/contacts/{min(others)}/merge/{gone}", None)
        return True

    async def _kommo_lead(self, life: Life) -> dict[str, Any] | None:
        """Returns the person's first lead as Kommo has it."""
        if not life.leads:
            return None
        for lead in (await self.system.simulator("kommo"))["leads"]:
            if str(lead["name"]).endswith(f"#{life.leads[0]}"):
                return dict(lead)
        return None

    async def _command(self, life: Life, command: str) -> bool | None:
        """Presses a button on the lead's page, as an operator."""
        if not life.leads:
            return None
        console = f"{self.system.native.addresses.gateway}/console"
        async with httpx.AsyncClient(timeout=20) as operator:
            for _ in range(40):
                with contextlib.suppress(httpx.HTTPError):
                    page = await operator.get(f"{console}/leads/{life.leads[0]}")
                    token = re.search(r'name="token" value="([^"]+)"', page.text)
                    if page.status_code == 200 and token:
                        pressed = await operator.post(
                            f"{console}/leads/{life.leads[0]}/{command}",
                            data={"token": token[1], "sure": str(life.leads[0])},
                        )
                        if pressed.status_code == 303:
                            return True
                await asyncio.sleep(BETWEEN_TRIES)
        return None

    async def _simulate(self, path: str, body: Any, method: str = "POST") -> Any:
        url = f"{self.system.native.addresses.simulator}/simulator/{path}"
        answer = await self.system.http.request(method, url, json=body)
        return answer.json() if answer.is_success and answer.content else None

    # ---- troubles

    async def _provider_fails(self, **fault: Any) -> None:
        await self.system.inject_fault(**fault)

    async def _provider_goes_down(self, provider: str) -> None:
        await self.system.inject_fault(provider=provider, kind="status", status=503, times=OUTAGE)

    async def _meta_fails(self, code: int, times: int) -> None:
        await self.system.inject_fault(
            provider="meta", kind="status", status=400, code=code, times=times, path="/v25.0/"
        )

    async def _meta_token_expires(self) -> None:
        await self._simulate("sources/meta", {"token_expired": True}, "PUT")

    async def _meta_token_is_renewed(self) -> None:
        await self._simulate("sources/meta", {"token_expired": False}, "PUT")

    async def _providers_recover(self) -> None:
        await self.system.clear_faults()

    async def _callbacks_change(self, copies: int, late: float) -> None:
        await self._simulate("callbacks", {"copies": copies, "late": late}, "PUT")

    async def _callbacks_recover(self) -> None:
        await self._simulate("callbacks", {}, "PUT")

    async def _outbound_is_paused(self) -> None:
        await self._switch("pause")

    async def _outbound_is_resumed(self) -> None:
        await self._switch("resume")

    async def _switch(self, to: str) -> None:
        url = f"{self.system.native.addresses.console}/api/switch/{to}"
        await self._ask_until(202, "switch", "POST", url, json={"by": "ana"})

    async def _kommo_token_is_revoked(self) -> None:
        self._new_token = uuid4().hex
        await self._simulate("kommo/access_token", {"token": self._new_token}, "PUT")

    async def _kommo_token_is_renewed(self) -> None:
        if self._new_token:
            await self._restart("crm", {"KOMMO_ACCESS_TOKEN": self._new_token})
            self._new_token = ""

    async def _pipeline_is_changed(self) -> None:
        """Renames the first stage, and adds another, as a person does in Kommo."""
        stages = f"kommo/pipelines/{PIPELINE}/stages"
        await self._simulate(f"{stages}/60000001?name=Nuevos", None, "PUT")
        await self._simulate(f"{stages}/60000009?name=Propuesta", None, "PUT")

    async def _broker_is_full(self) -> None:
        """Has RabbitMQ refuse every publish, as it does when its memory is used up."""
        await self.system.rabbitmqctl("set_vm_memory_high_watermark", "0")

    async def _broker_has_room(self) -> None:
        await self.system.rabbitmqctl("set_vm_memory_high_watermark", "0.6")

    async def _journey_is_published(self) -> None:
        """Restarts all that read the journey with a file whose last step is another one, later."""
        changed = self.system.native.folder / "journey.yml"
        text = (HERE / "journey.yml").read_text()
        text = text.replace("  - name: day_12\n", "  - name: day_13\n    template: day_12\n")
        changed.write_text(text.replace("after: 75 seconds", "after: 80 seconds"))
        for service in ("scheduler", "notify", "console"):
            await self._restart(service, {"JOURNEY_PATH": str(changed)})

    async def _restart(self, service: str, changes: dict[str, str]) -> None:
        """Restarts a service's replicas, one after another, with a changed environment."""
        for process, port in self.system.replicas[service]:
            async with self._hands[service]:
                self.record.troubles.append((f"{service} restarts", self.system.now()))
                await asyncio.to_thread(process.stop)
                process.environment = {**process.environment, **changes}
                process.start()
                await asyncio.to_thread(self.system.native.wait_for, service, port)

    async def _is_killed(self, service: str, replica: int) -> None:
        process, port = self.system.replicas[service][replica]
        async with self._hands[service]:
            process.kill()
            await asyncio.sleep(1)
            process.start()
            await asyncio.to_thread(self.system.native.wait_for, service, port)

    async def _is_frozen(self, service: str, replica: int) -> None:
        process, _ = self.system.replicas[service][replica]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGSTOP)
            await asyncio.sleep(3)
            os.killpg(process.pid, signal.SIGCONT)

    async def _loses_its_connections(self, service: str, replica: int) -> None:
        """Ends every connection of the service to PostgreSQL and, of all, to RabbitMQ."""
        async with self._hands["postgres"]:
            await self._end_sessions(service)
        if replica:
            await self.system.rabbitmqctl("close_all_connections", "storm")

    async def _end_sessions(self, service: str) -> None:
        await self.system.sql(
            "postgres",
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1",
            service,
        )

    async def _is_frozen_past_its_lease(self, service: str, replica: int) -> None:
        """Freezes a replica, ends the service's sessions, and so lets the other one take over."""
        process, _ = self.system.replicas[service][replica]
        async with self._hands[service], self._hands["postgres"]:
            os.killpg(process.pid, signal.SIGSTOP)
            try:
                await self._end_sessions(service)
                await asyncio.sleep(BEYOND_LEASE)
            finally:
                os.killpg(process.pid, signal.SIGCONT)

    async def _intake_loses_its_database(self, seconds: float) -> None:
        """Lets intake into PostgreSQL no more, and ends the sessions that it has."""
        async with self._hands["postgres"]:
            await self.system.sql("postgres", "alter role intake nologin")
            try:
                await self._end_sessions("intake")
                await asyncio.sleep(seconds)
            finally:
                await self.system.sql("postgres", "alter role intake login")

    async def _database_server_stops(self, seconds: float) -> None:
        async with self._hands["postgres"]:
            await asyncio.to_thread(self.system.postgres.stop)
            await asyncio.sleep(seconds)
            self.system.postgres.start()
            await asyncio.to_thread(self.system.postgres.wait)

    async def _messages_come_again(self, last: int, times: int) -> None:
        """Publishes the last messages again, each so many times, with their own ids."""
        with contextlib.suppress(TimeoutError, aio_pika.exceptions.AMQPError):
            async with (
                asyncio.timeout(PUBLISHING_SECONDS),
                await aio_pika.connect(self.system.broker_url()) as connection,
            ):
                channel = await connection.channel()
                tap = await channel.get_queue(TAP)
                while message := await tap.get(no_ack=True, fail=False):
                    self._tapped.append(message)
                for message in self._tapped[-last:] * times:
                    exchange = await channel.get_exchange(message.exchange or "")
                    await exchange.publish(message, message.routing_key or "")

    async def _strangers_post_webhooks(self) -> None:
        """Sends each provider's webhook without what only the provider knows."""
        for path, headers in FORGED.items():
            url = f"{self.system.native.addresses.gateway}{path}"
            answer = await self._ask(
                "stranger", "POST", url, data={"Body": "BAJA"}, headers=headers
            )
            if answer is not None:
                self.record.forged.append((path, answer.status_code))

    async def _open_tap(self) -> None:
        """Declares a queue that receives every event and command."""
        async with await aio_pika.connect(self.system.broker_url()) as connection:
            channel = await connection.channel()
            tap = await channel.declare_queue(TAP)
            for exchange in EXCHANGES:
                await tap.bind(exchange, routing_key="#")

    async def _close_tap(self) -> None:
        async with await aio_pika.connect(self.system.broker_url()) as connection:
            await (await connection.channel()).queue_delete(TAP)

    async def _clock_goes_wrong(self, service: str, minutes: int) -> None:
        """Restarts the service with a clock that is off."""
        await self._restart(service, clock(self.system.ahead + minutes * 60))

    async def _letters_are_replayed(self) -> None:
        ids = [letter["letter_id"] for letter in await self._letters()]
        console = self.system.native.addresses.console
        await self._ask(
            "replay", "POST", f"{console}/api/dead/replay", json={"by": "ana", "ids": ids}
        )

    async def _held_touches_are_released(self) -> None:
        console = self.system.native.addresses.console
        held = await self._ask_until(200, "held", "GET", f"{console}/api/held")
        for row in held.json() if held is not None else []:
            body = {"by": "ana", "reason": row["reason"], "scope": row["scope"]}
            await self._ask("release", "POST", f"{console}/api/held/release", json=body)

    async def _calm(self) -> None:
        """Ends every trouble that has no end of its own."""
        await self._providers_recover()
        await self._callbacks_recover()
        await self._broker_has_room()
        await self._kommo_token_is_renewed()
        await self._meta_token_is_renewed()
        await self._switch("resume")
        for replicas in self.system.replicas.values():
            for process, _ in replicas:
                if not process.running:
                    process.start()
        for name in REPLICATED:
            await asyncio.to_thread(self.system.wait_for, name)

    async def _kommo_is_done(self) -> None:
        """Waits as long as Kommo, which takes seven requests a second, is written to."""
        written: tuple[int, ...] = ()
        quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + 40:
            await asyncio.sleep(2)
            kommo = await self.system.simulator("kommo")
            now_written = (
                len(kommo["leads"]),
                len(kommo["notes"]),
                sum(lead["status_id"] for lead in kommo["leads"]),
            )
            if now_written != written:
                written = now_written
                quiet_since = time.monotonic()

    # ---- what is seen afterwards

    async def _collect(self) -> None:
        record = self.record
        record.ended_at = self.system.now()
        record.touches = await self._touches()
        record.kommo = await self.system.simulator("kommo")
        requests = await self.system.simulator("requests")
        record.kommo_asked = [asked["at"] for asked in requests if asked["provider"] == "kommo"]
        record.calendar = await self.system.simulator("calcom")
        record.dead_letters = [
            letter
            for letter in await self._letters()
            if letter["letter_id"] not in self._known_letters
        ]
        queues = await self.system.management("GET", "/queues?columns=name,messages")
        record.depths = {
            queue["name"]: queue.get("messages", 0)
            for queue in queues.json()
            if not queue["name"].endswith(".dead")
        }
        gate = asyncio.Semaphore(8)
        leads: set[int] = set()
        for life in record.lives.values():
            for submission in life.submissions:
                if submission.door != "form":
                    await self._find_lead(submission, seconds=0)
            leads |= set(life.leads)
        await asyncio.gather(*map(partial(self._collect_lead, gate), leads))
        for life in filter(self._is_gone, record.lives.values()):
            found = await self._remains_of(life)
            record.remains += [(life.person.number, place) for place in found]
        logs = self.system.native.folder.rglob("*.log")
        record.logs = "\n".join(path.read_text(errors="replace") for path in sorted(logs))
        record.memory = dict(self._peaks)

    async def _collect_lead(self, gate: asyncio.Semaphore, lead: int) -> None:
        addresses = self.system.native.addresses
        async with gate:
            actions = await self.system.http.get(
                f"{addresses.console}/api/actions", params={"lead_id": lead}
            )
            self.record.actions[lead] = actions.json()
            plan = await self.system.http.get(f"{addresses.scheduler}/leads/{lead}")
            if plan.status_code == 200:
                self.record.plans[lead] = plan.json()

    def _is_gone(self, life: Life) -> bool:
        """Returns whether the person was erased, and gave nothing of theirs again."""
        erased_at = life.first("is_erased")
        leads: set[int] = set()
        for lead in life.leads:
            leads |= {action["lead_id"] for action in self.record.actions[lead]}
        if erased_at is None or len(leads) != 1:
            return False
        forms = [submission.answered_at for submission in life.submissions]
        return max([*forms, *(moment.at for moment in life.moments)]) <= erased_at

    async def _remains_of(self, life: Life) -> list[str]:
        """Returns the tables that still have something by which the person may be recognised."""
        private = "|".join(re.escape(text) for text in personal_data([life]))
        found = []
        for database in REPLICATED:
            connection = await self.system.connect(database)
            try:
                tables = await connection.fetch(
                    "select tablename from pg_tables where schemaname = 'public'"
                )
                for table in {row["tablename"] for row in tables} - {"opt_outs"}:
                    statement = f"select 1 from {table} t where t::text ~* $1 limit 1"
                    if await connection.fetchval(statement, rf"\y({private})\y"):
                        found.append(f"{database}.{table}")
            finally:
                await connection.close()
        return found

    async def _letters(self) -> list[dict[str, Any]]:
        url = f"{self.system.native.addresses.console}/api/dead?limit=10000"
        letters = await self._ask_until(200, "letters", "GET", url)
        assert letters is not None, "the console does not list the dead letters"
        return list(letters.json())

    async def _touches(self) -> list[Touch]:
        calls = await self.system.simulator("calls")
        texts = await self.system.simulator("messages")
        mails = await self.system.simulator("emails")
        touches = [_twilio(call, "call", " ".join(call["transcript"])) for call in calls]
        for text in texts:
            channel = "whatsapp" if text["to"].startswith("whatsapp:") else "sms"
            touches.append(_twilio(text, channel, text["body"]))
        touches += [
            Touch(mail["headers"]["X-Mailin-custom"], "email", mail["to"], mail["at"], mail["text"])
            for mail in mails
        ]
        return [touch for touch in touches if touch.to in self._addresses()]

    def _addresses(self) -> set[str]:
        """Returns every address that the story's people gave."""
        return set().union(*map(addresses_of, self.record.lives.values()))

    async def _watch_memory(self) -> None:
        """Keeps the most memory that each service's processes ever held, in MB."""
        while True:
            for name, replicas in self.system.replicas.items():
                for process, _ in replicas:
                    self._peaks[name] = max(self._peaks[name], resident_peak(process.pid))
            await asyncio.sleep(1)


def named_leads(kommo: dict[str, Any], person: Person) -> set[int]:
    """Returns our numbers of the leads that Kommo shows with the person's name."""
    pattern = re.compile(rf"tormenta{person.number}\b.*#(\d+)$", re.IGNORECASE)
    found = (pattern.search(str(lead["name"])) for lead in kommo["leads"])
    return {int(match[1]) for match in found if match}


def leads_of(kommo: dict[str, Any], submission: Submission) -> set[int]:
    """Returns our numbers of the person's leads whose contact has an address of the submission."""
    given = addresses_in(submission.form)
    contacts = {contact["id"]: json.dumps(contact).lower() for contact in kommo["contacts"]}
    with_address = [
        lead
        for lead in kommo["leads"]
        if any(address in contacts.get(lead["contact_id"], "") for address in given)
    ]
    return named_leads(kommo | {"leads": with_address}, submission.person)


def addresses_in(form: dict[str, str]) -> set[str]:
    """Returns the phone and the email of a form, as the product writes them."""
    phone = re.sub(r"^00", "+", re.sub(r"[^\d+]", "", form.get("telefono", "")))
    return {phone, form.get("email", "").strip().lower()} - {""}


def addresses_of(life: Life) -> set[str]:
    """Returns every address that the person gave, in forms and bookings."""
    given = {str(moment.detail.get("email") or "") for moment in life.moments}
    return given.union(*(addresses_in(submission.form) for submission in life.submissions)) - {""}


def _twilio(asked: dict[str, Any], channel: str, text: str) -> Touch:
    url = asked["params"]["StatusCallback"][0]
    touch_id = parse_qs(urlsplit(url).query).get("touch", [""])[0]
    to = asked["to"].removeprefix("whatsapp:")
    return Touch(touch_id, channel, to, asked["at"], text, asked["status"])


def personal_data(lives: Iterable[Life]) -> set[str]:
    """Returns the texts that no log may hold: names and addresses, as typed and as in a URL too."""
    found: set[str] = set()
    for life in lives:
        found.add(f"Tormenta{life.person.number}")
        for address in addresses_of(life):
            found |= {address.lstrip("+"), quote(address.lstrip("+"), safe="")}
            found.add(re.sub(r"^\+52", "521", address))  # as Meta and WhatsApp write it
        for submission in life.submissions:
            found.add(re.sub(r"^(\+|00)", "", submission.form.get("telefono", "").strip()))
    return found - {""}
