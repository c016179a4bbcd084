"""Sends leads while something breaks, and accounts for each of them afterwards."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.system import System, e164, person

LATE_SECONDS = 10.0
IN_TRANSIT_SECONDS = 15.0
INITIAL = 60_000_001
BOOKED = 60_000_002
ENDED = {"touch.skipped", "touch.failed", "touch.unresolved"}
VISIBLE = ENDED | {"touch.held", "touch.uncertain"}


@dataclass(frozen=True)
class Role:
    """How a lead behaves, and how often each channel reaches it when nothing fails."""

    call: int
    message: int
    calls: int = 1
    whatsapp: int = 0
    sms: int = 0
    emails: int = 1
    books: bool = False
    follow_up: bool = False

    def wanted(self, *, in_silence: bool = False) -> Counter[str]:
        """Returns how often each channel must reach the lead.

        A lead whose call was silent gets the message that follows an unanswered call.
        """
        whatsapp = max(self.whatsapp, in_silence)
        wanted = {"call": self.calls, "whatsapp": whatsapp, "sms": self.sms, "email": self.emails}
        return Counter({channel: count for channel, count in wanted.items() if count})


LISTENS = Role(0, 0)
NOBODY_ANSWERS = Role(2, 0, whatsapp=1)
NOT_ON_WHATSAPP = Role(2, 1, whatsapp=1, sms=1)
PRESSES_1 = Role(1, 0, whatsapp=1)
SAYS_STOP = Role(2, 5, whatsapp=1)
BOOKS = Role(0, 0, whatsapp=1, emails=2, books=True)
FOLLOWED_UP = Role(0, 0, whatsapp=1, follow_up=True)

ARRIVING = (NOBODY_ANSWERS, NOT_ON_WHATSAPP, PRESSES_1, SAYS_STOP, LISTENS, NOBODY_ANSWERS)
WELCOMED = (BOOKS, FOLLOWED_UP)


@dataclass
class Somebody:
    """One lead of the story: its form, its idempotency key, and the answer to the form."""

    role: Role
    form: dict[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=lambda: str(uuid4()))
    lead: int = 0
    accepted_at: float = 0.0

    def __post_init__(self) -> None:
        self.form = self.form or person(self.role.call, self.role.message)

    @property
    def phone(self) -> str:
        return e164(self.form)


@dataclass
class Account:
    """The result over all leads. Each of the `notes` names one thing that is wrong."""

    leads: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    dead_lettered: int = 0
    late: int = 0
    memory: int = 0  # MB, of the process that took most
    recovered: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.notes)


class Story:
    """Two welcomed leads, of which one books and one is followed up; and a burst of new leads."""

    def __init__(self, system: System, *, bursts: int = 2) -> None:
        self.system = system
        self.welcomed = [Somebody(role) for role in WELCOMED]
        self.arriving = [Somebody(role) for role in ARRIVING * bursts]

    @property
    def people(self) -> list[Somebody]:
        return [*self.welcomed, *self.arriving]

    async def begin(self) -> None:
        """Welcomes the leads that exist before the burst."""
        await self.send(self.welcomed)
        for somebody in self.welcomed:
            await self.system.happens(
                somebody.lead,
                "lead.registered",
                "call.answered",
                "email touch.delivered",
                seconds=60,
            )
            await self.system.planned(somebody.lead, "day_3", "day_6", "day_9", "day_12")

    async def happen(self) -> None:
        """Starts everything at once: new leads, a booking, and a follow-up that falls due."""
        booking = [self._book(somebody) for somebody in self.welcomed if somebody.role.books]
        due = [self._let_pass(somebody) for somebody in self.welcomed if somebody.role.follow_up]
        await asyncio.gather(self.send(self.arriving), *booking, *due)

    async def send(self, people: Iterable[Somebody], *, seconds: float = 150) -> None:
        """Sends every form under its own key, and repeats it until it is accepted."""
        gate = asyncio.Semaphore(6)

        async def submit(somebody: Somebody) -> None:
            async with gate:
                deadline = time.monotonic() + seconds
                while time.monotonic() < deadline:
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await self.system.post(
                            somebody.form, headers={"Idempotency-Key": somebody.key}
                        )
                        if answer.status_code == 200:
                            somebody.lead = int(answer.json()["lead_id"])
                            somebody.accepted_at = time.time()
                            return
                    await asyncio.sleep(0.2)
                raise AssertionError("a form was never accepted")

        await asyncio.gather(*(submit(somebody) for somebody in people))

    async def _book(self, somebody: Somebody) -> None:
        """Books after a random pause. Cal.com posts once; polling finds a webhook that was lost."""
        await asyncio.sleep(random.uniform(0, 0.5))
        await self.system.book(somebody.form)

    async def _let_pass(self, somebody: Somebody) -> None:
        for _ in range(600):
            with contextlib.suppress(
                OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError
            ):
                await self.system.let_pass(somebody.lead, "day_3")
                return
            await asyncio.sleep(0.2)
        raise AssertionError("the scheduler's database did not recover")

    # ---- afterwards

    async def settle(self, since: float, *, seconds: float = 150) -> Account:
        """Waits until each lead has all it should or the system is idle, then checks each lead."""
        deadline = time.monotonic() + seconds
        while await self._missing() and time.monotonic() < deadline:
            await asyncio.sleep(0.25)
        recovered = time.time() - since
        await self.system.quiet()
        account = await self.account()
        deadline = time.monotonic() + IN_TRANSIT_SECONDS
        # an event between two queues is counted in neither, so the account is repeated
        while account.notes and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            account = await self.account()
        account.recovered = round(recovered, 1)
        return account

    async def _missing(self) -> bool:
        """Returns whether a touch is neither made nor recorded as ended, or Kommo is wrong."""
        reached = await self._reached()
        in_silence = await self._in_silence()
        for somebody in self.people:
            missing = (
                somebody.role.wanted(in_silence=somebody.phone in in_silence)
                - reached[somebody.lead]
            )
            if missing and not _have_ended(missing, await self._actions_of(somebody), ENDED):
                return True
        return bool(await self._kommo_wrong())

    async def _reached(self) -> dict[int, Counter[str]]:
        touches = await self.system.simulator("touches")
        lead_by_address: dict[str, int] = {}
        for somebody in self.people:
            lead_by_address[somebody.phone] = somebody.lead
            lead_by_address[somebody.form["email"]] = somebody.lead
        reached: dict[int, Counter[str]] = {somebody.lead: Counter() for somebody in self.people}
        for touch in touches:
            if (lead := lead_by_address.get(touch["to"])) is not None:
                reached[lead][touch["channel"]] += 1
        return reached

    async def _in_silence(self) -> set[str]:
        """Returns the numbers that answered a call and heard nothing."""
        return {
            call["to"] for call in await self.system.simulator("calls/times") if call["in_silence"]
        }

    async def _kommo_wrong(self) -> list[str]:
        leads = (await self.system.simulator("kommo"))["leads"]
        named: dict[str, list[int]] = {}
        for kommo_lead in leads:
            named.setdefault(str(kommo_lead["name"]).rpartition("#")[2], []).append(
                kommo_lead["status_id"]
            )
        return [
            f"lead {somebody.lead} in Kommo: {named.get(str(somebody.lead), [])}"
            for somebody in self.people
            if named.get(str(somebody.lead), []) != [BOOKED if somebody.role.books else INITIAL]
        ]

    async def account(self) -> Account:
        """Checks every lead end to end: form, ledger, providers, Kommo and audit log must agree."""
        account = Account(leads=len(self.people))
        reached = await self._reached()
        touches = await self.system.simulator("touches")
        if len({somebody.lead for somebody in self.people}) != len(self.people):
            account.notes.append("two forms were answered with one lead")
        for wrong in await self._kommo_wrong():
            account.notes.append(wrong)
        dead_letters = Counter(letter["lead_id"] for letter in await self._dead_letters())
        calls = {call["to"]: call["at"] for call in await self.system.simulator("calls/times")}
        in_silence = await self._in_silence()
        for somebody in self.people:
            wanted = somebody.role.wanted(in_silence=somebody.phone in in_silence)
            got = reached[somebody.lead]
            actions = await self._actions_of(somebody)
            account.dead_lettered += dead_letters[somebody.lead]
            outcome = f"got {dict(got)}, recorded {_summary(actions)}"
            missing = wanted - got
            explained = dead_letters[somebody.lead] or _have_ended(missing, actions, VISIBLE)
            if missing and not explained:
                account.lost += sum(missing.values())
                account.notes.append(f"lead {somebody.lead} {somebody.role}: {outcome}")
            if extra := sum((got - wanted).values()):
                account.doubled += extra
                account.notes.append(f"lead {somebody.lead} {somebody.role}: {outcome}")
            account.uncertain += sum(action["action"] == "touch.unresolved" for action in actions)
            dialled = calls.get(somebody.phone)
            account.late += bool(
                dialled and somebody.accepted_at and dialled - somebody.accepted_at > LATE_SECONDS
            )
            account.notes += self._disagreement(somebody, actions, touches)
        if account.notes:
            account.notes += [
                f"never delivered: {url}"
                for url in (await self.system.simulator("callbacks/lost"))[-10:]
            ]
        return account

    async def _actions_of(self, somebody: Somebody) -> list[dict[str, Any]]:
        url = f"{self.system.native.addresses.console}/api/actions"
        return list((await self.system.http.get(url, params={"lead_id": somebody.lead})).json())

    async def _dead_letters(self) -> list[dict[str, Any]]:
        url = f"{self.system.native.addresses.console}/api/dead?limit=10000"
        return list((await self.system.http.get(url)).json())

    @staticmethod
    def _disagreement(
        somebody: Somebody, actions: list[dict[str, Any]], touches: list[dict[str, str]]
    ) -> list[str]:
        """Returns where the audit log and the providers disagree about the lead's touches."""
        addresses = {somebody.phone, somebody.form["email"]}
        made = Counter(touch["touch_id"] for touch in touches if touch["to"] in addresses)
        recorded = Counter(a["detail"]["touch_id"] for a in actions if a["action"] == "touch.sent")
        notes = [
            f"lead {somebody.lead}: one touch was made twice"
            for count in made.values()
            if count > 1
        ]
        notes += [
            f"lead {somebody.lead}: made, not recorded" for touch in made if touch not in recorded
        ]
        notes += [
            f"lead {somebody.lead}: recorded, not made" for touch in recorded if touch not in made
        ]
        twice = f"lead {somebody.lead}: recorded twice"
        return notes + [twice for count in recorded.values() if count > 1]


def _have_ended(missing: Counter[str], actions: list[dict[str, Any]], ends: set[str]) -> bool:
    """Returns whether the audit log has one of these ends for each missing channel."""
    last: dict[str, tuple[str, str]] = {}
    for action in actions:
        if action["action"].startswith("touch.") and action["action"] not in (
            "touch.due",
            "touch.checked",
        ):
            last[action["detail"]["touch_id"]] = (action["detail"]["channel"], action["action"])
    ended = Counter(channel for channel, action in last.values() if action in ends)
    return not missing - ended


def personal_data_in(log: str, people: Iterable[Somebody]) -> list[str]:
    """Returns the log lines that contain a phone, an email address or a name."""
    numbers = {somebody.form["telefono"] for somebody in people}

    def is_leak(line: str) -> bool:
        named = "Persona Número" in line or ("@example.com" in line and "***@" not in line)
        return named or any(number in line for number in numbers)

    return [line for line in log.splitlines() if is_leak(line)]


def _summary(actions: list[dict[str, Any]]) -> str:
    return json.dumps([f"{a['detail'].get('channel', '')} {a['action']}".strip() for a in actions])
