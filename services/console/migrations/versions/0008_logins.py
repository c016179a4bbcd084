"""Who tried to log in: counted for all replicas together."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        create table logins (
          id bigint generated always as identity primary key,
          name text not null,
          address text not null,
          worked boolean not null default false,
          at timestamptz not null default now())
    """)
    op.execute("create index logins_at on logins (at)")
