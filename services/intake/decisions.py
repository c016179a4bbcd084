"""What a form means, and whether its sender is new. Pure: no clock, no database, no network."""

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

import email_validator
from pydantic_core import to_json

from contracts.events.lead import LeadCard
from domain.phone import NumberStatus, read_number
from domain.text import storable

LIMITS = {
    "nombre": 200,
    "email": 254,
    "telefono": 80,
    "empresa": 200,
    "servicio": 200,
    "fuente": 200,
    "zona_horaria": 64,
    "consentimiento": 2000,
}
CARRIED_FIELDS, CARRIED = 50, 500  # characters
_INVISIBLE = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field, and the name of the message that says why."""

    field: str
    code: str
    limit: int = 0


def read_form(fields: Mapping[str, object], *, region: str) -> LeadCard | list[FieldError]:
    """The person behind the form, or everything that is wrong with it. Fields nobody knows are kept as text."""
    faults: list[FieldError] = []
    known: dict[str, str] = {}
    for name, limit in LIMITS.items():
        value = fields.get(name)
        if isinstance(value, dict | list):
            faults.append(FieldError(name, "not_text"))
        elif text := _one_line(value):
            if len(text) > limit:
                faults.append(FieldError(name, "too_long", limit))
            else:
                known[name] = text
    faulty = {fault.field for fault in faults}
    if "nombre" not in known and "nombre" not in faulty:
        faults.append(FieldError("nombre", "missing"))
    email = _email(known["email"]) if "email" in known else None
    if "email" in known and email is None:
        faults.append(FieldError("email", "bad_email"))
    number = read_number(known["telefono"], region) if "telefono" in known else None
    unusable = number is not None and number.status is NumberStatus.UNUSABLE
    if "telefono" in known and number is None:
        faults.append(FieldError("telefono", "bad_phone"))
    if unusable and "email" not in known:
        faults.append(FieldError("telefono", "unusable_phone"))
    if not {"email", "telefono"} & (known.keys() | faulty):
        faults += [
            FieldError("email", "missing_contact"),
            FieldError("telefono", "missing_contact"),
        ]
    if "zona_horaria" in known and known["zona_horaria"] not in _zones():
        faults.append(FieldError("zona_horaria", "bad_zone"))
    if faults:
        return faults
    return LeadCard(
        name=known["nombre"],
        email=email,
        phone=number.e164 if number is not None and not unusable else None,
        unusable_phone=known["telefono"] if unusable else None,
        company=known.get("empresa"),
        service=known.get("servicio"),
        source=known.get("fuente"),
        time_zone=known.get("zona_horaria"),
        consent=known.get("consentimiento"),
        extra={
            storable(name): _as_text(value) for name, value in fields.items() if name not in LIMITS
        },
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _email(text: str) -> str | None:
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        return None


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return storable(value)
    return storable(to_json(value, inf_nan_mode="constants").decode())


def _one_line(value: object) -> str:
    """Without control, zero-width and direction marks, which would reach mail headers and the CRM."""
    text = _INVISIBLE.sub(" ", value if isinstance(value, str) else _as_text(value))
    return " ".join(unicodedata.normalize("NFC", storable(text)).split())


@dataclass(frozen=True, slots=True)
class Submission:
    """One form as it came in; `content` is a digest of its fields."""

    card: LeadCard
    content: bytes
    key: str | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A submission that is stored already, and its lead.

    `ended` says why the lead's journey is over; `recent`: the lead was answered within a day.
    """

    lead_id: int
    person_id: int
    card: LeadCard
    ended: str | None = None
    recent: bool = True


@dataclass(frozen=True, slots=True)
class Existing:
    """What the database knew when a batch was read.

    `keys`: each Idempotency-Key's content and answer; `contents`: the answers of the last ten minutes, by content.
    """

    keys: Mapping[str, tuple[bytes, int]]
    contents: Mapping[bytes, int]
    earlier: Sequence[Earlier]
    journey: str | None = None


@dataclass(frozen=True, slots=True)
class NewLead:
    """A new lead; `supersedes` are the person's earlier leads."""

    lead_id: int
    person_id: int
    supersedes: tuple[int, ...] = ()

    @property
    def submission_id(self) -> int:
        return self.lead_id


@dataclass(frozen=True, slots=True)
class Join:
    """The person of a lead, again, answered with an id of its own. `merges` are persons who turn out to be the same."""

    submission_id: int
    lead_id: int
    person_id: int
    changed: tuple[str, ...] = ()
    returned: bool = False
    supersedes: tuple[int, ...] = ()
    merges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """The same request again: the first answer."""

    submission_id: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another request under a key that is taken."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Filled in the field no person sees: kept, not contacted."""

    lead_id: int

    @property
    def submission_id(self) -> int:
        return self.lead_id


Verdict = NewLead | Join | Replay | Conflict | Quarantine

STOPPED = "opted_out"  # a form after a stop is a new lead
UNRECOGNISED = {STOPPED, "erased"}


def classify(
    batch: Sequence[Submission], known: Existing, fresh_ids: Sequence[int]
) -> list[Verdict]:
    """What becomes of each submission, in order; those of one batch know of one another."""
    memory = _Memory(dict(known.keys), dict(known.contents))
    for earlier in known.earlier:
        memory.add(earlier)
    return [
        memory.classify(submission, fresh)
        for submission, fresh in zip(batch, fresh_ids, strict=True)
    ]


@dataclass(slots=True)
class _Memory:
    """What is known before each submission of a batch; `places` finds earlier ones by their addresses."""

    keys: dict[str, tuple[bytes, int]]
    contents: dict[bytes, int]
    earlier: list[Earlier] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)

    def classify(self, submission: Submission, fresh: int) -> Verdict:
        if submission.key is not None and submission.key in self.keys:
            content, answer = self.keys[submission.key]
            return Replay(answer) if content == submission.content else Conflict()
        if submission.content in self.contents:
            return Replay(self.contents[submission.content])
        verdict = _verdict(submission, self._at(submission.card), fresh)
        self.contents[submission.content] = fresh
        if submission.key is not None:
            self.keys[submission.key] = (submission.content, fresh)
        if isinstance(verdict, NewLead | Join):
            self._remember(submission.card, verdict)
        return verdict

    def add(self, earlier: Earlier) -> None:
        for address in addresses(earlier.card):
            self.places.setdefault(address, []).append(len(self.earlier))
        self.earlier.append(earlier)

    def _at(self, card: LeadCard) -> list[Earlier]:
        """The earlier submissions that share an address with the form, the oldest first."""
        found = {place for address in addresses(card) for place in self.places.get(address, ())}
        return [self.earlier[place] for place in sorted(found)]

    def _remember(self, card: LeadCard, verdict: NewLead | Join) -> None:
        if isinstance(verdict, Join) or verdict.supersedes:
            merged = verdict.merges if isinstance(verdict, Join) else ()
            self.earlier = [_after(earlier, verdict, merged) for earlier in self.earlier]
        self.add(Earlier(verdict.lead_id, verdict.person_id, card))


def _after(earlier: Earlier, verdict: NewLead | Join, merged: Sequence[int]) -> Earlier:
    if earlier.person_id in merged:
        earlier = replace(earlier, person_id=verdict.person_id)
    if earlier.lead_id == verdict.lead_id:
        return replace(earlier, recent=True)
    if earlier.lead_id in verdict.supersedes:
        return replace(earlier, ended=earlier.ended or "superseded")
    return earlier


def _verdict(
    submission: Submission, known: Sequence[Earlier], fresh: int
) -> NewLead | Join | Quarantine:
    if submission.suspect:
        return Quarantine(fresh)
    same = [earlier for earlier in known if same_person(submission.card, earlier.card)]
    joined = _joinable(same)
    if joined is None:
        person_id = min((earlier.person_id for earlier in same), default=fresh)
        return NewLead(fresh, person_id, _superseded(same, by=fresh))
    return Join(
        submission_id=fresh,
        lead_id=joined.lead_id,
        person_id=joined.person_id,
        changed=_changed(submission.card, [e.card for e in same if e.lead_id == joined.lead_id]),
        returned=not joined.recent,
        supersedes=_superseded(same, by=joined.lead_id),
        merges=tuple(sorted({earlier.person_id for earlier in same} - {joined.person_id})),
    )


def _joinable(same: Sequence[Earlier]) -> Earlier | None:
    """The lead that a form joins: the newest whose journey runs, or that was answered within a day."""
    open_or_recent = [
        e for e in same if e.ended is None or (e.recent and e.ended not in UNRECOGNISED)
    ]
    return max(
        open_or_recent, key=lambda earlier: (earlier.ended is None, earlier.lead_id), default=None
    )


def _superseded(same: Sequence[Earlier], *, by: int) -> tuple[int, ...]:
    """The person's other leads whose follow-up may still run."""
    others = {
        e.lead_id for e in same if e.lead_id != by and e.ended not in (*UNRECOGNISED, "superseded")
    }
    return tuple(sorted(others))


def same_person(card: LeadCard, other: LeadCard) -> bool:
    """Whether two forms are one person's: phone and email or name agree, or email and nothing speaks against it.

    A mother and her daughter share a phone, and a stranger may type anybody's: one address alone proves nothing.
    """
    same_phone = card.phone is not None and card.phone == other.phone
    same_email = card.email is not None and card.email == other.email
    same_name = folded(card.name) == folded(other.name)
    if same_phone:
        return same_email or same_name
    return same_email and (card.phone is None or other.phone is None or same_name)


def folded(name: str) -> str:
    """The name without accents, case, signs and double blanks."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return " ".join(
        "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split()
    )


def _changed(card: LeadCard, before: Sequence[LeadCard]) -> tuple[str, ...]:
    """The fields that say something which no earlier form of the lead said."""
    fields = ("name", "email", "phone", "company", "service", "source", "time_zone", "consent")
    new = [
        f
        for f in fields
        if getattr(card, f) and all(getattr(card, f) != getattr(b, f) for b in before)
    ]
    return tuple(new)


def carried(card: LeadCard) -> LeadCard:
    """The card as events carry it: the first of the form's own fields, and of each its beginning. Here all is kept."""
    if len(card.extra) <= CARRIED_FIELDS and all(
        len(value) <= CARRIED for value in card.extra.values()
    ):
        return card
    first = islice(card.extra.items(), CARRIED_FIELDS)
    return card.model_copy(
        update={"extra": {name[:CARRIED]: value[:CARRIED] for name, value in first}}
    )


def addresses(card: LeadCard) -> tuple[str, ...]:
    """By what a person may be known again."""
    return tuple(address for address in (card.phone, card.email) if address)
