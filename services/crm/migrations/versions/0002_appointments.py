"""Gives each attendee of a booking an appointment of their own."""

from kit.migrations import run_script

revision = "0002"
down_revision = "0001"

CHANGES = """
alter table bookings rename to appointments;
alter index bookings_by_lead rename to appointments_by_lead;
alter index bookings_unmatched rename to appointments_unmatched;
alter table appointments
    add column attendee text not null default '',
    add column changed_at timestamptz,
    add column described_at timestamptz,
    add column seat text,
    add column guest boolean not null default false,
    add column seated boolean not null default false,
    add column ended_at timestamptz,
    add column attendance_at timestamptz,
    add column host_absent boolean not null default false,
    add column expired boolean not null default false,
    add column looked_at timestamptz;
-- a stage of its own, once, for a meeting that was held
update appointments
set attendee = coalesce(email, phones[1], ''),
    changed_at = reported_at,
    described_at = reported_at,
    ended_at = case
        when stage = 3 then coalesce((booking->>'ends_at')::timestamptz, reported_at)
    end,
    attendance_at = case when not attended then reported_at end,
    stage = case when stage = 3 then 2 else stage end;
alter table appointments
    alter column changed_at set not null,
    drop constraint bookings_pkey,
    add primary key (uid, attendee);
update registrations
set published_booking = published_booking || jsonb_build_object(
    'attendee', coalesce(
        published_booking->'booking'->>'email', published_booking->'booking'->>'phone', ''),
    'changed_at', published_booking->>'reported_at',
    'stage', case when published_booking->>'stage' = '3' then 2
                  else (published_booking->>'stage')::int end,
    'ended_at', case when published_booking->>'stage' = '3' then coalesce(
        published_booking->'booking'->>'ends_at', published_booking->>'reported_at') end)
where published_booking is not null;
create index appointments_legacy on appointments (hinted) where uid like 'legacy-%';
create index appointments_pending on appointments (stage) where stage = 1 and not expired;
"""


def upgrade() -> None:
    run_script(CHANGES)
