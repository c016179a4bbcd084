"""Short links; how much a touch was charged by the unit, and what it really cost."""

from kit.migrations import run_script

revision = "0003"
down_revision = "0002"

CHANGES = """
create table links (
    code text primary key,
    touch_id uuid not null,
    lead_id bigint not null,
    target text not null,
    created_at timestamptz not null default now(),
    opened_at timestamptz,
    scanned_at timestamptz,
    unique (touch_id, target)
);
create index links_by_lead on links (lead_id);
alter table touches
    add column units int not null default 1,
    add column price double precision,
    add column price_checked_at timestamptz;
create index touches_unpriced on touches (first_claimed_at)
    where channel <> 'email' and price is null and provider_ref is not null;
"""


def upgrade() -> None:
    run_script(CHANGES)
