"""Decides whether the sender of a form is new. Pure: no clock, no database, no network."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from contracts.events.lead import LeadCard
from domain.addresses import canonical

MAX_CARRIED_FIELDS = 50
MAX_CARRIED_LENGTH = 500  # characters of a field's name and of its value


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted form. `content` is a digest of its fields."""

    card: LeadCard
    content: bytes
    key: str | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A stored submission, and its lead.

    `ended` is the reason why the lead's journey is over. `recent` is true for a day after the lead
    was answered.
    """

    lead_id: int
    person_id: int
    card: LeadCard
    ended: str | None = None
    recent: bool = True


@dataclass(frozen=True, slots=True)
class Existing:
    """The stored submissions that concern a batch.

    `keys` maps each Idempotency-Key to its content and its answer. `contents` maps the contents of
    the last ten minutes to their answers.
    """

    keys: Mapping[str, tuple[bytes, int]]
    contents: Mapping[bytes, int]
    earlier: Sequence[Earlier]


@dataclass(frozen=True, slots=True)
class NewLead:
    """A new lead. `supersedes` are the person's earlier leads."""

    lead_id: int
    person_id: int
    supersedes: tuple[int, ...] = ()

    @property
    def submission_id(self) -> int:
        return self.lead_id


@dataclass(frozen=True, slots=True)
class Join:
    """A further form of a lead's person, answered with an id of its own.

    `merges` are other person ids that turn out to be the same person.
    """

    submission_id: int
    lead_id: int
    person_id: int
    changed: tuple[str, ...] = ()
    returned: bool = False
    supersedes: tuple[int, ...] = ()
    merges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """A repeated request, which gets the first answer."""

    submission_id: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another request with a key that is already used."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A form with the honeypot field filled in, which no person sees. It is kept, not contacted."""

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
    """Returns the verdict on each submission, in order. Each also depends on those before it."""
    memory = _Memory(dict(known.keys), dict(known.contents))
    for earlier in known.earlier:
        memory.add(earlier)
    return [
        memory.classify(submission, fresh)
        for submission, fresh in zip(batch, fresh_ids, strict=True)
    ]


@dataclass(slots=True)
class _Memory:
    """The submissions known before each one of a batch. `places` are their indexes, by address."""

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
        """Returns the earlier submissions that share an address with the form, the oldest first."""
        found: set[int] = set()
        for address in addresses(card):
            found.update(self.places.get(address, ()))
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
    cards_of_lead = [earlier.card for earlier in same if earlier.lead_id == joined.lead_id]
    return Join(
        submission_id=fresh,
        lead_id=joined.lead_id,
        person_id=joined.person_id,
        changed=_changed(submission.card, cards_of_lead),
        returned=not joined.recent,
        supersedes=_superseded(same, by=joined.lead_id),
        merges=tuple(sorted({earlier.person_id for earlier in same} - {joined.person_id})),
    )


def _joinable(same: Sequence[Earlier]) -> Earlier | None:
    """Returns the newest of the leads whose journey runs, else of those answered within a day."""
    open_or_recent = [
        earlier
        for earlier in same
        if earlier.ended is None or (earlier.recent and earlier.ended not in UNRECOGNISED)
    ]
    return max(
        open_or_recent, key=lambda earlier: (earlier.ended is None, earlier.lead_id), default=None
    )


def _superseded(same: Sequence[Earlier], *, by: int) -> tuple[int, ...]:
    """Returns the person's other leads whose follow-up may still run."""
    over = {*UNRECOGNISED, "superseded"}
    others = {
        earlier.lead_id for earlier in same if earlier.lead_id != by and earlier.ended not in over
    }
    return tuple(sorted(others))


def same_person(card: LeadCard, other: LeadCard) -> bool:
    """Returns whether two forms are one person's.

    They are where the phones agree, and the emails or the names. They also are where the emails
    agree, unless both forms have a phone and neither these nor the names agree. One address alone
    proves nothing: a mother and her daughter share a phone, and a stranger may type anybody's.
    """
    same_phone = bool(card.phone) and _compared(card.phone) == _compared(other.phone)
    same_email = bool(card.email) and _compared(card.email) == _compared(other.email)
    same_name = folded(card.name) == folded(other.name)
    if same_phone:
        return same_email or same_name
    return same_email and (card.phone is None or other.phone is None or same_name)


def _compared(address: str | None) -> str | None:
    return canonical(address) if address else None


def folded(name: str) -> str:
    """Returns the name without accents, case, signs and double blanks."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = [letter for letter in decomposed if not unicodedata.combining(letter)]
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def _changed(card: LeadCard, before: Sequence[LeadCard]) -> tuple[str, ...]:
    """Returns the fields whose value is in no earlier form of the lead."""
    names = ("name", "email", "phone", "company", "service", "source", "time_zone", "consent")
    return tuple(name for name in names if _is_new(name, card, before))


def _is_new(name: str, card: LeadCard, before: Sequence[LeadCard]) -> bool:
    value = getattr(card, name)
    if name in ("phone", "email"):
        known = [_compared(getattr(earlier, name)) for earlier in before]
        return bool(value) and canonical(value) not in known
    return bool(value) and all(value != getattr(earlier, name) for earlier in before)


def carried(card: LeadCard) -> LeadCard:
    """Returns the card as events carry it: with the first of the extra fields, each shortened.

    Intake's own tables keep all of them.
    """
    longest = max((len(value) for value in card.extra.values()), default=0)
    if len(card.extra) <= MAX_CARRIED_FIELDS and longest <= MAX_CARRIED_LENGTH:
        return card
    first = islice(card.extra.items(), MAX_CARRIED_FIELDS)
    extra = {name[:MAX_CARRIED_LENGTH]: value[:MAX_CARRIED_LENGTH] for name, value in first}
    return card.model_copy(update={"extra": extra})


def addresses(card: LeadCard) -> tuple[str, ...]:
    """Returns the addresses by which a person may be recognised, as they are compared."""
    return tuple(canonical(address) for address in (card.phone, card.email) if address)
