"""SQL of the rows that have failed: how an operator retries or discards each kind."""

from kit.failed_work import OUTBOX_ROWS, FailedRows

LEADS = FailedRows(
    kind="kommo lead",
    retry="""
    update registrations
    set state = 'waiting', attempts = 0, reason = null, refused_with = null, updated_at = now()
    where lead_id = $1 and state = 'failed'""",
    discard="""
    update registrations set state = 'discarded', updated_at = now()
    where lead_id = $1 and state = 'failed'""",
)
MOVES = FailedRows(
    kind="kommo move",
    retry="update registrations set move_reason = null where lead_id = $1",
    discard="""
    update registrations set stage = stage_wanted, move_reason = null
    where lead_id = $1 and move_reason is not null""",
)
NOTES = FailedRows(
    kind="kommo note",
    retry="""
    update notes set state = 'waiting', attempts = 0, reason = null
    where id = $1 and state = 'failed'""",
    discard="update notes set state = 'discarded' where id = $1 and state = 'failed'",
)
WEBHOOKS = FailedRows(
    kind="webhook",
    retry="""
    update webhooks set state = 'new', attempts = 0, next_attempt_at = now()
    where id = $1 and state = 'failed'""",
    discard="update webhooks set state = 'done' where id = $1 and state = 'failed'",
)
ROWS = (OUTBOX_ROWS, LEADS, MOVES, NOTES, WEBHOOKS)
