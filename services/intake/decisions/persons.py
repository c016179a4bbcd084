"""Decides whether the sender of a form is new. Pure: no clock, no database, no network."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from contracts.events.lead import NO_JOURNEY, Door, LeadCard
from contracts.events.submission import HoldReason
from domain.addresses import canonical

MAX_CARRIED_FIELDS = 50
MAX_CARRIED_LENGTH = 500  # characters of a field's name and of its value


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's answers. `content` is a digest of them.

    `external_id` is the source's own id of the submission; a repeat gets the same answer for ever.
    `held` is the reason to wait for an operator. `most_names` is how many names the card's visitor
    may give in a short time, None for any number. `journey` replaces the current one.
    `accepted_id` is the id that a held submission was answered with, when an operator accepts it.
    `sent_at` is when the person sent it, where that may have been long before it came here.
    """

    card: LeadCard
    content: bytes
    key: str | None = None
    source: str = "form"
    external_id: str = ""
    held: HoldReason | None = None
    most_names: int | None = None
    door: Door = Door.FORM
    journey: str | None = None
    first_message: str = ""
    accepted_id: int | None = None
    sent_at: datetime | None = None

    @property
    def quiet(self) -> bool:
        """Returns whether it brings no contact by itself."""
        return self.journey == NO_JOURNEY


@dataclass(frozen=True, slots=True)
class Earlier:
    """A stored submission, and its lead.

    `ended` is the reason why the lead's journey is over, since `ended_at`. `recent` is true for a
    day after the lead was answered.
    """

    lead_id: int
    person_id: int
    card: LeadCard
    ended: str | None = None
    recent: bool = True
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Existing:
    """The stored submissions that concern a batch.

    `keys` maps each Idempotency-Key to its content and its answer. `contents` maps the contents of
    the last ten minutes to their answers, `external_ids` each source and its id to its answer.
    `names` are those that each visitor gave in a short time.
    """

    keys: Mapping[str, tuple[bytes, int]]
    contents: Mapping[bytes, int]
    earlier: Sequence[Earlier]
    external_ids: Mapping[tuple[str, str], int] = field(default_factory=dict)
    names: Mapping[str, Collection[str]] = field(default_factory=dict)


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
class Held:
    """A submission that waits for an operator, and is answered like any other."""

    submission_id: int
    reason: HoldReason


Verdict = NewLead | Join | Replay | Conflict | Held

STOPPED = "opted_out"  # a form after a stop is a new lead
UNRECOGNISED = {STOPPED, "erased"}
NO_FOLLOW_UP = "no_journey"  # never begun: a later form is answered as a new lead's


def classify(
    batch: Sequence[Submission], known: Existing, fresh_ids: Sequence[int]
) -> list[Verdict]:
    """Returns the verdict on each submission, in order. Each also depends on those before it."""
    memory = _Memory(
        dict(known.keys),
        dict(known.contents),
        dict(known.external_ids),
        {visitor: set(names) for visitor, names in known.names.items()},
    )
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
    external_ids: dict[tuple[str, str], int]
    names: dict[str, set[str]]
    earlier: list[Earlier] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)

    def classify(self, submission: Submission, fresh: int) -> Verdict:
        if submission.accepted_id is None:
            if (repeated := self._repeated(submission)) is not None:
                return repeated
            self._note(submission, fresh)
            if (reason := self._reason_to_hold(submission)) is not None:
                return Held(fresh, reason)
        answer = submission.accepted_id or fresh
        verdict = _verdict(submission, self._at(submission.card), answer)
        self._remember(submission, verdict)
        return verdict

    def _repeated(self, submission: Submission) -> Replay | Conflict | None:
        if submission.key is not None and submission.key in self.keys:
            content, answer = self.keys[submission.key]
            return Replay(answer) if content == submission.content else Conflict()
        answered = self.external_ids.get((submission.source, submission.external_id))
        if answered is None:
            answered = self.contents.get(submission.content)
        return None if answered is None else Replay(answered)

    def _note(self, submission: Submission, fresh: int) -> None:
        self.contents[submission.content] = fresh
        if submission.key is not None:
            self.keys[submission.key] = (submission.content, fresh)
        if submission.external_id:
            self.external_ids[submission.source, submission.external_id] = fresh

    def _reason_to_hold(self, submission: Submission) -> HoldReason | None:
        visitor = submission.card.visitor
        if submission.most_names is None or visitor is None:
            return submission.held
        names = self.names.setdefault(visitor, set())
        names.update(filter(None, [folded(submission.card.name)]))
        too_many = len(names) > submission.most_names
        return submission.held or (HoldReason.MANY_NAMES if too_many else None)

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

    def _remember(self, submission: Submission, verdict: NewLead | Join) -> None:
        answered = not submission.quiet
        if isinstance(verdict, Join) or verdict.supersedes:
            merged = verdict.merges if isinstance(verdict, Join) else ()
            self.earlier = [
                _after(earlier, verdict, merged, answered=answered) for earlier in self.earlier
            ]
        ended = None if answered else NO_FOLLOW_UP
        self.add(
            Earlier(verdict.lead_id, verdict.person_id, submission.card, ended, recent=answered)
        )


def _after(
    earlier: Earlier, verdict: NewLead | Join, merged: Sequence[int], *, answered: bool
) -> Earlier:
    if earlier.person_id in merged:
        earlier = replace(earlier, person_id=verdict.person_id)
    if earlier.lead_id == verdict.lead_id:
        return replace(earlier, recent=earlier.recent or answered)
    if earlier.lead_id in verdict.supersedes:
        return replace(earlier, ended=earlier.ended or "superseded")
    return earlier


def _verdict(submission: Submission, known: Sequence[Earlier], fresh: int) -> NewLead | Join:
    same = [earlier for earlier in known if _is_of(submission, earlier.card)]
    joined = _joinable(same, submission)
    if joined is None:
        person_id = min((earlier.person_id for earlier in same), default=fresh)
        return NewLead(fresh, person_id, _superseded(same, by=fresh))
    cards_of_lead = [earlier.card for earlier in same if earlier.lead_id == joined.lead_id]
    return Join(
        submission_id=fresh,
        lead_id=joined.lead_id,
        person_id=joined.person_id,
        changed=_changed(submission.card, cards_of_lead),
        returned=not joined.recent and not submission.quiet,
        supersedes=_superseded(same, by=joined.lead_id),
        merges=tuple(sorted({earlier.person_id for earlier in same} - {joined.person_id})),
    )


def _joinable(same: Sequence[Earlier], submission: Submission) -> Earlier | None:
    """Returns the newest of the leads whose journey runs, else of those answered within a day.

    A quiet submission, which is not answered, joins the newest whenever that was answered. One that
    was sent before a stop is no new wish, and joins the lead that was stopped.
    """
    open_or_recent = [
        earlier
        for earlier in same
        if earlier.ended is None
        or _was_stopped_since(earlier, submission.sent_at)
        or ((earlier.recent or submission.quiet) and earlier.ended not in UNRECOGNISED)
    ]
    return max(
        open_or_recent, key=lambda earlier: (earlier.ended is None, earlier.lead_id), default=None
    )


def _was_stopped_since(earlier: Earlier, sent_at: datetime | None) -> bool:
    if earlier.ended != STOPPED or earlier.ended_at is None or sent_at is None:
        return False
    return sent_at < earlier.ended_at


def _superseded(same: Sequence[Earlier], *, by: int) -> tuple[int, ...]:
    """Returns the person's other leads whose follow-up may still run."""
    over = {*UNRECOGNISED, "superseded"}
    others = {
        earlier.lead_id for earlier in same if earlier.lead_id != by and earlier.ended not in over
    }
    return tuple(sorted(others))


def _is_of(submission: Submission, earlier: LeadCard) -> bool:
    """Returns whether a submission comes from the person of an earlier one.

    The number of a message is shown by its network, and typed by nobody: it says who they are.
    """
    card = submission.card
    if submission.door is Door.MESSAGE:
        return _compared(card.phone) == _compared(earlier.phone)
    return same_person(card, earlier)


def same_person(card: LeadCard, other: LeadCard) -> bool:
    """Returns whether two forms are one person's.

    They are where the phones agree, and the emails or the names, or one of the two has no name.
    They also are where the emails agree, unless both forms have a phone and neither these nor the
    names agree. One address alone proves nothing: a mother and her daughter share a phone, and a
    stranger may type anybody's.
    """
    same_phone = bool(card.phone) and _compared(card.phone) == _compared(other.phone)
    same_email = bool(card.email) and _compared(card.email) == _compared(other.email)
    name = folded(card.name)
    other_name = folded(other.name)
    same_name = name == other_name
    if same_phone:
        return same_email or same_name or not name or not other_name
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
