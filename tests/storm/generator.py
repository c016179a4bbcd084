"""Draws a story from a seed: people, their lives, and everything that goes wrong meanwhile."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.storm.later import LATER
from tests.storm.places import PLACES, SATELLITE, Place
from tests.storm.story import Act, Person, Story, ordered

ARRIVAL = 40.0  # seconds in which the forms arrive
FAULTS = (5.0, 75.0)  # between these seconds something breaks
MEXICO = ZoneInfo("America/Mexico_City")
TIJUANA = ZoneInfo("America/Tijuana")
# around the hours at which something opens, closes or jumps
BEGINNINGS = (
    datetime(2026, 3, 3, 8, 59, 20, tzinfo=MEXICO),
    datetime(2026, 3, 3, 18, 59, 20, tzinfo=MEXICO),
    datetime(2026, 3, 3, 20, 59, 20, tzinfo=MEXICO),
    datetime(2026, 3, 4, 12, 0, 0, tzinfo=MEXICO),
    datetime(2026, 3, 4, 23, 59, 20, tzinfo=MEXICO),
    datetime(2026, 3, 7, 13, 59, 20, tzinfo=MEXICO),
    datetime(2026, 3, 8, 1, 59, 20, tzinfo=TIJUANA),
    datetime(2026, 3, 8, 11, 0, 0, tzinfo=MEXICO),
    datetime(2026, 3, 16, 10, 0, 0, tzinfo=MEXICO),  # a public holiday
    datetime(2026, 3, 17, 10, 0, 0, tzinfo=MEXICO),
)
WEIGHTED_PLACES = {
    "Ciudad de México": 40,
    "Monterrey": 15,
    "Tijuana": 8,
    "Cancún": 5,
    "Bogotá": 8,
    "Lima": 6,
    "Madrid": 4,
    "Nueva York": 4,
    "Los Ángeles": 4,
    "Tokio": 2,
    "Delhi": 2,
    "Auckland": 2,
}
CALLS = {"0": 35, "1": 15, "2": 20, "3": 5, "4": 10, "5": 3, "6": 5, "7": 4, "8": 1, "9": 2}
MESSAGES = {"0": 60, "1": 10, "2": 5, "3": 3, "4": 3, "5": 5, "6": 2, "7": 3, "8": 5, "9": 4}
MAILBOXES = {
    "": 82,
    "bounce": 4,
    "blocked": 2,
    "invalid": 2,
    "spam": 2,
    "unsubscribe": 4,
    "silent": 4,
    "soft_bounce": 2,
}
NAMES = (
    "Ana", "José Ángel", "Ñusta", "Zoë", "O'Neil", "李 小龍", "Мария", "محمد", "Sofía-Inés", "X",
)  # fmt: skip
STOPS = ("BAJA", "baja", "Stop", "STOP.", "Alto", "ya no me escriban", "Cancelar")
REPLIES = ("ok", "gracias", "¿cuánto cuesta?", "👍", "mañana les digo")
NOT_INTERESTED = ("no gracias", "ya no me interesa")
WISHES = (
    "no me llamen hoy, mejor mañana",
    "prefiero por correo",
    "estoy en junta, llámame a las 5",
)
# won, lost, and a stage of the robots' to which a person moves the lead
CLOSING = (142, 143, 60_000_005)
SERVICES = ("intake", "crm", "notify", "scheduler", "console")
WITH_LEASES = ("crm", "notify", "scheduler", "console")
WITHOUT_HOURS = ("intake", "crm", "console")  # which decide nothing by the hour of the day
PROVIDERS = ("kommo", "brevo", "twilio", "calcom")
# the ways in: our form, the platforms, a message, and a file of leads, contacted or only kept
DOORS = {
    "form": 65,
    "facebook": 6,
    "instagram": 3,
    "google": 4,
    "tiktok": 3,
    "typeform": 3,
    "tally": 3,
    "webflow": 3,
    "whatsapp": 6,
    "file": 2,
    "file_kept": 2,
}
META = ("facebook", "instagram")
SIGNED_WITH_A_TIME = ("webflow",)  # which a wrong clock cannot believe
META_CODES = (1, 2, 190, 80004)
FAULT_KINDS = ("status", "refuse", "lose", "hang", "stall", "slow", "empty", "html", "cut")
STATUSES = (429, 500, 502, 503, 504)


def story(seed: int, people: int) -> Story:
    return Drawn(random.Random(seed)).story(seed, people)


@dataclass
class Drawn:
    """Draws everything from one chance."""

    chance: random.Random
    taken: set[str] = field(default_factory=set)

    def story(self, seed: int, size: int) -> Story:
        begins = self.chance.choice(BEGINNINGS).astimezone(UTC)
        people = [self._person(seed, number) for number in range(size)]
        acts = list(self._troubles())
        clocks = {act.how["service"] for act in acts if act.what == "clock_goes_wrong"}
        people = [self._with_door(person, clocks) for person in people]
        for person in people:
            acts += self._life(person)
        for first, second in pairwise(people):
            acts += self._together(seed, first, second)
        for person, life in self._odd_people(seed, people, acts):
            people.append(person)
            acts += life
        for person in people[:size:8]:
            acts.append(self._repeat(person))
        acts += self._outages()
        return Story(seed, begins, tuple(people), tuple(ordered(acts)))

    def _pick(self, weights: dict[str, int]) -> str:
        [drawn] = self.chance.choices(list(weights), list(weights.values()))
        return drawn

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    # ---- people

    def _person(self, seed: int, number: int) -> Person:
        phone = "" if self._happens(0.06) else self._phone(PLACES[self._pick(WEIGHTED_PLACES)])
        email = "" if phone and self._happens(0.06) else self._email(seed, number)
        name = f"{self.chance.choice(NAMES)} Tormenta{number}"
        extra = {}
        if self._happens(0.3):
            extra["empresa"] = "Demo SA"
        if self._happens(0.2):
            extra["utm_source"] = "anuncio"
        return Person(number, name, phone, email, extra)

    def _with_door(self, person: Person, wrong_clocks: set[str]) -> Person:
        door = self._pick(DOORS)
        if door == "whatsapp" and not person.phone:
            door = "form"
        if door in SIGNED_WITH_A_TIME and "intake" in wrong_clocks:
            door = "form"
        if door == "whatsapp":
            return replace(person, door=door, email="", extra={})
        return replace(person, door=door)

    def _phone(self, place: Place) -> str:
        while True:
            digits = "".join(self.chance.choices("23456789", k=place.digits))
            phone = f"{place.prefix}{digits}00{self._pick(CALLS)}{self._pick(MESSAGES)}"
            if phone not in self.taken:
                self.taken.add(phone)
                return phone

    def _email(self, seed: int, number: int) -> str:
        fate = self._pick(MAILBOXES)
        if fate in LATER:
            fate = ""
        fate = fate.replace("_", "")
        local = f"{fate}.s{seed}n{number}" if fate else f"s{seed}n{number}"
        return f"{local}@example.com"

    # ---- lives

    def _life(self, person: Person) -> Iterator[Act]:
        at = self.chance.uniform(0, ARRIVAL)
        yield self._form(person, at) if person.door == "form" else self._arrival(person, at)
        if self._happens(0.25):
            yield from self._booking(person, at + self.chance.uniform(4, 45))
        if person.phone and self._happens(0.10):
            yield self._act(at + self.chance.uniform(3, 50), "writes", person, text=STOPS)
        if person.phone and self._happens(0.10):
            yield self._act(at + self.chance.uniform(3, 50), "writes", person, text=REPLIES)
        if person.phone and self._happens(0.04):
            yield self._act(at + self.chance.uniform(3, 50), "writes", person, text=NOT_INTERESTED)
        if person.phone and self._happens(0.04):
            yield self._act(at + self.chance.uniform(3, 50), "writes", person, text=WISHES)
        if person.email and self._happens(0.06):
            yield Act(at + self.chance.uniform(5, 50), "unsubscribes", person.number)
        if self._happens(0.08):
            yield from self._return(person, at + self.chance.uniform(0.2, 40))
        if self._happens(0.03):
            moment = at + self.chance.uniform(2, 50)
            yield Act(moment, "is_erased", person.number)
            if self._happens(0.5):
                yield self._form(person, moment + self.chance.uniform(3, 15))
        if self._happens(0.03):
            moment = at + self.chance.uniform(2, 30)
            yield Act(moment, "is_paused", person.number)
            yield Act(moment + self.chance.uniform(2, 15), "is_resumed", person.number)
        if self._happens(0.02):
            yield Act(at + self.chance.uniform(2, 50), "is_stopped", person.number)
        if self._happens(0.03):
            yield self._act(
                at + self.chance.uniform(8, 50), "is_closed_in_kommo", person, status=CLOSING
            )
        if self._happens(0.04):
            moment = at + self.chance.uniform(8, 40)
            what = self.chance.choice(("contact_is_deleted", "contact_is_merged"))
            yield Act(moment, what, person.number)
            if self._happens(0.5):
                yield from self._return(person, moment + self.chance.uniform(1, 8))

    def _odd_people(
        self, seed: int, people: Sequence[Person], acts: Sequence[Act]
    ) -> list[tuple[Person, list[Act]]]:
        """Draws some beside the others, whose addresses or hours are not what they seem."""
        numbers = count(len(people))
        odd = []
        for _ in people[::25]:
            odd.append(self._with_satellite_phone(seed, next(numbers)))
            odd.append(self._returns_booked(seed, next(numbers)))
        odd += [self._elsewhere(seed, next(numbers)) for _ in people[::12]]
        busy = {act.who for act in acts if act.what in ("writes", "is_erased")}
        alone = [
            person
            for person in people
            if person.phone and person.number not in busy and person.door != "whatsapp"
        ]
        return odd + [self._same_phone(seed, next(numbers), other) for other in alone[::20]]

    def _with_satellite_phone(self, seed: int, number: int) -> tuple[Person, list[Act]]:
        digits = "".join(self.chance.choices("23456789", k=4))
        person = self._somebody(seed, number, f"{PLACES[SATELLITE].prefix}6{digits}0000")
        return person, [self._form(person, self.chance.uniform(0, ARRIVAL))]

    def _elsewhere(self, seed: int, number: int) -> tuple[Person, list[Act]]:
        """Draws somebody whose form says another zone than their number."""
        places = [PLACES[name] for name in WEIGHTED_PLACES]
        zone = self.chance.choice(places).zones[0]
        person = self._somebody(seed, number, self._phone(self.chance.choice(places)))
        person = replace(person, extra={"zona_horaria": zone})
        return person, [self._form(person, self.chance.uniform(0, ARRIVAL))]

    def _same_phone(self, seed: int, number: int, other: Person) -> tuple[Person, list[Act]]:
        """Draws somebody who gives another person's phone."""
        person = self._somebody(seed, number, other.phone)
        return person, [self._form(person, self.chance.uniform(0, ARRIVAL))]

    def _returns_booked(self, seed: int, number: int) -> tuple[Person, list[Act]]:
        """Draws somebody who books, ends it, and sends the form again: the meeting is another's."""
        person = self._somebody(seed, number, self._phone(PLACES["Ciudad de México"]))
        at = self.chance.uniform(0, ARRIVAL)
        return person, [
            self._form(person, at),
            Act(at + 5, "books", number, {"starts_in": 40.0}),
            self._act(at + 9, "writes", person, text=STOPS),
            self._form(person, at + 13),
        ]

    def _somebody(self, seed: int, number: int, phone: str) -> Person:
        name = f"{self.chance.choice(NAMES)} Tormenta{number}"
        return Person(number, name, phone, f"s{seed}n{number}@example.com")

    def _act(self, at: float, what: str, person: Person, **choices: Any) -> Act:
        drawn = {name: self.chance.choice(options) for name, options in choices.items()}
        return Act(at, what, person.number, drawn)

    def _form(self, person: Person, at: float, **changes: str) -> Act:
        form = {"nombre": person.name, "email": person.email, "telefono": person.phone}
        form |= person.extra | changes
        spelled = {name: self._spelled(name, value) for name, value in form.items() if value}
        return Act(at, "sends_a_form", person.number, {"form": spelled})

    def _arrival(self, person: Person, at: float) -> Act:
        """Draws how a platform tells of the person: once, several times, or not at all."""
        lead = {"nombre": person.name, "email": person.email, "telefono": person.phone}
        lead |= {name: value for name, value in person.extra.items() if name == "empresa"}
        how: dict[str, Any] = {"door": person.door}
        how["lead"] = {name: value for name, value in lead.items() if value}
        if self._happens(0.3):
            how["again"] = self.chance.randint(1, 3)
        if person.door in META and self._happens(0.3):
            how["lost"] = True
        return Act(at, "comes_by", person.number, how)

    def _spelled(self, field_name: str, value: str) -> str:
        """Returns the value as people type it."""
        if field_name == "telefono":
            spaced = f"{value[:3]} {value[3:5]} {value[5:]}"
            return self.chance.choice((value, f" {value} ", spaced, value.replace("+", "00")))
        if field_name == "email":
            return self.chance.choice((value, value.upper(), f" {value}"))
        if field_name == "zona_horaria":
            return value
        return self.chance.choice((value, value.upper(), f"{value} "))

    def _return(self, person: Person, at: float) -> Iterator[Act]:
        changes: dict[str, str] = {}
        if person.phone and self._happens(0.3):
            changes["telefono"] = self._phone(PLACES["Ciudad de México"])
        elif person.phone and self._happens(0.3):
            changes["email"] = self._other_email(person)
        yield self._form(person, at, **changes)
        if self._happens(0.3):
            yield self._form(person, at + self.chance.uniform(0.0, 5.0))

    def _booking(self, person: Person, at: float) -> Iterator[Act]:
        starts_in = self.chance.uniform(18, 40)
        if self._happens(0.12):
            yield Act(at, "books", person.number, {"starts_in": starts_in, "weeks": 3})
            moment = at + self.chance.uniform(2, 15)
            if self._happens(0.4):
                later = {"starts_in": self.chance.uniform(18, 40)}
                yield Act(moment, "moves", person.number, later)
            elif self._happens(0.4):
                yield Act(moment, "cancels", person.number)
            return
        how: dict[str, Any] = {"starts_in": starts_in}
        if self._happens(0.15):
            how["email"] = self._other_email(person)
        yield Act(at, "books", person.number, how)
        if self._happens(0.2):
            moment = at + self.chance.uniform(2, 15)
            yield Act(moment, "moves", person.number, {"starts_in": self.chance.uniform(18, 40)})
        if self._happens(0.2):
            yield Act(at + self.chance.uniform(2, 15), "cancels", person.number)
            return
        after = self._pick({"the_meeting_ends": 80, "does_not_come": 20})
        yield Act(at + starts_in + self.chance.uniform(1, 3), after, person.number)

    def _repeat(self, person: Person) -> Act:
        """Draws a form that a script sends once more, or another one under the same key."""
        changes = self.chance.choice(({}, {"empresa": "Otra SA"}))
        at = self.chance.uniform(5, ARRIVAL + 20)
        return Act(at, "repeats_a_form", person.number, {"changes": changes})

    def _other_email(self, person: Person) -> str:
        return f"other.{person.number}x{self.chance.randrange(10**6)}@example.com"

    def _together(self, seed: int, first: Person, second: Person) -> Iterator[Act]:
        """Draws a meeting of two people: a seat each of a group event, or one as a guest."""
        if not (first.email and second.email and self._happens(0.06)):
            return
        at = self.chance.uniform(15, 55)
        how: dict[str, Any] = {"starts_in": self.chance.uniform(18, 40)}
        if self._happens(0.3):
            yield Act(at, "books", first.number, how | {"guest": second.email})
            return
        group = f"group {seed}.{first.number}"
        yield Act(at, "books", first.number, how | {"group": group})
        at += self.chance.uniform(1, 5)
        yield Act(at, "takes_a_seat", second.number, {"group": group})
        at += self.chance.uniform(2, 10)
        if self._happens(0.35):
            yield Act(at, "gives_up_their_seat", second.number, {"group": group})
        elif self._happens(0.5):
            moved = {"group": group, "starts_in": self.chance.uniform(18, 40)}
            yield Act(at, "moves_their_seat", second.number, moved)

    # ---- providers, operators, machines

    def _troubles(self) -> Iterator[Act]:
        for _ in range(self.chance.randint(4, 14)):
            yield self._fault()
        for _ in range(self.chance.randint(0, 2)):
            at = self.chance.uniform(*FAULTS)
            provider = self.chance.choice(PROVIDERS)
            yield Act(at, "provider_goes_down", None, {"provider": provider})
            yield Act(at + self.chance.uniform(2, 8), "providers_recover")
        if self._happens(0.6):
            at = self.chance.uniform(*FAULTS)
            copies = self.chance.choice((1, 2, 3))
            late = self.chance.uniform(0, 4)
            yield Act(at, "callbacks_change", None, {"copies": copies, "late": late})
            yield Act(at + self.chance.uniform(5, 20), "callbacks_recover")
        if self._happens(0.4):
            at = self.chance.uniform(*FAULTS)
            yield Act(at, "outbound_is_paused")
            yield Act(at + self.chance.uniform(2, 10), "outbound_is_resumed")
        for _ in range(self.chance.randint(1, 5)):
            at = self.chance.uniform(*FAULTS)
            what = self.chance.choice(("is_killed", "is_frozen", "loses_its_connections"))
            how: dict[str, Any] = {"service": self.chance.choice(SERVICES)}
            how["replica"] = self.chance.randrange(2)
            yield Act(at, what, None, how)
        if self._happens(0.3):
            at = self.chance.uniform(*FAULTS)
            yield Act(at, "kommo_token_is_revoked")
            yield Act(at + self.chance.uniform(3, 15), "kommo_token_is_renewed")
        if self._happens(0.3):
            yield Act(self.chance.uniform(*FAULTS), "pipeline_is_changed")
        if self._happens(0.3):
            at = self.chance.uniform(*FAULTS)
            yield Act(at, "broker_is_full")
            yield Act(at + self.chance.uniform(2, 8), "broker_has_room")
        if self._happens(0.3):
            yield Act(self.chance.uniform(*FAULTS), "journey_is_published")
        if self._happens(0.3):
            service = self.chance.choice(WITHOUT_HOURS)
            minutes = self.chance.choice((-10, 10))
            at = self.chance.uniform(*FAULTS)
            yield Act(at, "clock_goes_wrong", None, {"service": service, "minutes": minutes})
        for _ in range(self.chance.randint(0, 2)):
            fault = {"code": self.chance.choice(META_CODES), "times": self.chance.randint(1, 6)}
            yield Act(self.chance.uniform(2, ARRIVAL), "meta_fails", None, fault)
        if self._happens(0.3):
            at = self.chance.uniform(2, ARRIVAL)
            yield Act(at, "meta_token_expires")
            yield Act(at + self.chance.uniform(3, 15), "meta_token_is_renewed")
        if self._happens(0.5):
            yield Act(FAULTS[1] + 5, "letters_are_replayed")
        if self._happens(0.5):
            yield Act(FAULTS[1] + 5, "held_touches_are_released")

    def _outages(self) -> Iterator[Act]:
        """Draws what stops, comes again, is forged, or is late."""
        if self._happens(0.5):
            at = self.chance.uniform(2, ARRIVAL)
            seconds = self.chance.uniform(1, 8)
            yield Act(at, "intake_loses_its_database", None, {"seconds": seconds})
        if self._happens(0.3):
            at = self.chance.uniform(2, FAULTS[1])
            seconds = self.chance.uniform(0, 5)
            yield Act(at, "database_server_stops", None, {"seconds": seconds})
        if self._happens(0.7):
            yield Act(self.chance.uniform(*FAULTS), "strangers_post_webhooks")
        if self._happens(0.5):  # when nothing else is wrong any more
            at = FAULTS[1] + self.chance.uniform(15, 25)
            yield Act(at, "outbound_is_paused")
            yield Act(at + 10, "outbound_is_resumed")
        for _ in range(self.chance.randint(0, 3)):
            how = {"last": self.chance.choice((20, 100, 500)), "times": self.chance.randint(1, 3)}
            yield Act(self.chance.uniform(*FAULTS), "messages_come_again", None, how)
        if self._happens(0.4):
            frozen: dict[str, Any] = {"service": self.chance.choice(WITH_LEASES)}
            frozen["replica"] = self.chance.randrange(2)
            yield Act(self.chance.uniform(*FAULTS), "is_frozen_past_its_lease", None, frozen)

    def _fault(self) -> Act:
        kind = self.chance.choice(FAULT_KINDS)
        fault: dict[str, Any] = {
            "provider": self.chance.choice(PROVIDERS),
            "kind": kind,
            "times": self.chance.randint(1, 6),
        }
        if kind == "status":
            fault["status"] = self.chance.choice(STATUSES)
            if fault["status"] == 429 and self._happens(0.5):
                fault["retry_after"] = str(self.chance.randint(1, 3))
        if kind in ("hang", "stall", "slow"):
            fault["seconds"] = self.chance.uniform(0.5, 4)
        return Act(self.chance.uniform(*FAULTS), "provider_fails", None, fault)
