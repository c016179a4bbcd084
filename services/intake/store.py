"""Intake's SQL: many submissions in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.event import Event
from contracts.lead import LeadCreated, LeadReturned
from kit import outbox, tracing
from kit.database import Database
from services.intake.decisions import Conflict, Known, Quarantine, Replay, Return, Submission, Verdict, Welcome, settle
from services.intake.decisions import addresses as addresses_of

SAYS = (LeadCreated, LeadReturned)

LOCK = "select pg_advisory_xact_lock(1)"
FRESH_IDS = "select nextval('lead_ids') from generate_series(1, $1)"
KEYS = "select key, fingerprint, lead_id from idempotency_keys where key = any($1)"
PEOPLE = """select phone, email, lead_id from leads
            where (phone = any($1) or email = any($1)) and not suspect and created_at > now() - interval '1 day'
            order by lead_id"""
ADD_LEADS = """insert into leads (lead_id, phone, email, suspect, card)
               select * from unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[]::jsonb[])"""
ADD_SUBMISSIONS = """insert into submissions (lead_id, card, remote_address, user_agent)
                     select * from unnest($1::bigint[], $2::text[]::jsonb[], $3::text[], $4::text[])"""
ADD_KEYS = """insert into idempotency_keys (key, fingerprint, lead_id)
              select * from unnest($1::text[], $2::bytea[], $3::bigint[])"""
FORGET_KEYS = "delete from idempotency_keys where created_at < now() - make_interval(days => 7)"


@dataclass(frozen=True, slots=True)
class Received:
    """A submission with where it came from, which is the evidence of its consent."""

    submission: Submission
    remote_address: str
    user_agent: str
    trace: str = field(default_factory=tracing.current)


class Store:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, batch: Sequence[Received]) -> list[Verdict]:
        """Stores the batch and its events in one commit, and says what became of each.

        One batch at a time, however many replicas run: so two forms of one person, in two replicas, are one lead.
        Raises Unavailable when nothing was stored.
        """
        submissions = [received.submission for received in batch]
        async with self._database.transaction() as connection:
            await connection.execute(LOCK)
            people = await connection.fetch(PEOPLE, [a for one in submissions for a in addresses_of(one.card)])
            keys = [one.key for one in submissions if one.key is not None]
            known_keys = await connection.fetch(KEYS, keys) if keys else []
            fresh = [row[0] for row in await connection.fetch(FRESH_IDS, len(batch))]
            known = Known(
                keys={row["key"]: (row["fingerprint"], row["lead_id"]) for row in known_keys},
                people={a: row["lead_id"] for row in people for a in (row["phone"], row["email"]) if a},
            )
            verdicts = settle(submissions, known, fresh)
            stored = [
                (received, verdict)
                for received, verdict in zip(batch, verdicts, strict=True)
                if not isinstance(verdict, Replay | Conflict)
            ]
            cards = {id(received): received.submission.card.model_dump_json() for received, _ in stored}
            leads = [(received, verdict) for received, verdict in stored if isinstance(verdict, Welcome | Quarantine)]
            if leads:
                await connection.execute(
                    ADD_LEADS,
                    [verdict.lead_id for _, verdict in leads],
                    [received.submission.card.phone for received, _ in leads],
                    [received.submission.card.email for received, _ in leads],
                    [isinstance(verdict, Quarantine) for _, verdict in leads],
                    [cards[id(received)] for received, _ in leads],
                )
            if stored:
                await connection.execute(
                    ADD_SUBMISSIONS,
                    [verdict.lead_id for _, verdict in stored],
                    [cards[id(received)] for received, _ in stored],
                    [received.remote_address for received, _ in stored],
                    [received.user_agent for received, _ in stored],
                )
            keyed = [(received.submission, verdict) for received, verdict in stored if received.submission.key]
            if keyed:
                await connection.execute(
                    ADD_KEYS,
                    [submission.key for submission, _ in keyed],
                    [submission.fingerprint for submission, _ in keyed],
                    [verdict.lead_id for _, verdict in keyed],
                )
            said = [(event, received.trace) for received, verdict in stored if (event := _event(received, verdict))]
            await outbox.add(connection, [event for event, _ in said], [trace for _, trace in said])
        return verdicts

    async def forget_old_keys(self) -> None:
        """Idempotency keys count for a week."""
        async with self._database.transaction() as connection:
            await connection.execute(FORGET_KEYS)


def _event(received: Received, verdict: Verdict) -> Event | None:
    match verdict:
        case Welcome(lead_id):
            return LeadCreated(lead_id=lead_id, card=received.submission.card)
        case Return(lead_id):
            return LeadReturned(lead_id=lead_id, card=received.submission.card)
        case _:
            return None
