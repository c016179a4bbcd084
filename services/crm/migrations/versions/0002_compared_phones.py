"""Stores phones in the form in which they are compared."""

from kit.migrations import run_script

revision = "0002"
down_revision = "0001"

# the prefixes that some networks add to mobile numbers, as domain.phone has them
COMPARED = r"""regexp_replace(regexp_replace(regexp_replace(phone,
  '^\+521(\d{10})$', '+52\1'),
  '^\+549(\d{10})$', '+54\1'),
  '^\+55(\d\d)9([6-9]\d{7})$', '+55\1\2')"""


def upgrade() -> None:
    for table in ("submissions", "registrations"):
        run_script(f"update {table} set phone = {COMPARED} where phone <> {COMPARED};")  # noqa: S608
    phones = f"array(select {COMPARED} from unnest(phones) as t (phone))"  # noqa: S608 - our names
    run_script(f"update bookings set phones = {phones} where lead_id is null;")  # noqa: S608
