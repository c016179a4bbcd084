"""Stores addresses in the form in which they are compared, and who is not interested."""

from kit.migrations import run_script

revision = "0004"
down_revision = "0003"

# the prefixes that some networks add to mobile numbers, as domain.phone has them
COMPARED = r"""regexp_replace(regexp_replace(regexp_replace({column},
  '^\+521(\d{{10}})$', '+52\1'),
  '^\+549(\d{{10}})$', '+54\1'),
  '^\+55(\d\d)9([6-9]\d{{7}})$', '+55\1\2')"""
COLUMNS = (
    ("leads", "phone"),
    ("submissions", "phone"),
    ("opt_outs", "address"),
    ("undeliverable_addresses", "address"),
    ("signs_of_life", "address"),
    ("sessions", "phone"),
)
KEYS = COLUMNS[2:]


def upgrade() -> None:
    run_script("alter table leads add column refused boolean not null default false;")
    for table, column in COLUMNS:
        compared = COMPARED.format(column=column)
        if (table, column) in KEYS:
            doubled = f"{compared} in (select {column} from {table})"  # noqa: S608
            run_script(f"delete from {table} where {column} <> {compared} and {doubled};")  # noqa: S608 - names of our own
        run_script(f"update {table} set {column} = {compared} where {column} <> {compared};")  # noqa: S608
