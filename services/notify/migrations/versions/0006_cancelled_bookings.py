"""Lets a meeting that was booked before the form came be cancelled before it too."""

from kit.migrations import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script("alter table unmatched_bookings alter column starts_at drop not null;")
