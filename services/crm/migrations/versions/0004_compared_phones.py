"""Stores addresses in the form in which they are compared, beside the original."""

from kit.migrations import create_index, run_script

revision = "0004"
down_revision = "0003"

# the prefixes that some networks add to mobile numbers, as domain.phone has them
COMPARED = r"""regexp_replace(regexp_replace(regexp_replace(phone,
  '^\+521(\d{10})$', '+52\1'),
  '^\+549(\d{10})$', '+54\1'),
  '^\+55(\d\d)9([6-9]\d{7})$', '+55\1\2')"""
PHONES = f"array(select {COMPARED} from unnest(phones) as t (phone))"  # noqa: S608 - our own names


def upgrade() -> None:
    run_script(f"""
alter table submissions
    add column if not exists compared_phone text,
    add column if not exists compared_email text;
alter table appointments
    add column if not exists compared_phones text[] not null default '{{}}';
update submissions set compared_phone = {COMPARED}, compared_email = email;
update appointments set compared_phones = {PHONES} where lead_id is null;
drop index if exists submissions_by_phone;
drop index if exists submissions_by_email;
""")  # noqa: S608 - names of our own
    create_index("submissions_by_compared_phone", "submissions (compared_phone)")
    create_index("submissions_by_compared_email", "submissions (compared_email)")
