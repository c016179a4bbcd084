"""The console's users and their roles."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A viewer reads the pages; an operator also uses their buttons."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class User:
    """A user. `password_hash` is in Argon2's encoded form."""

    name: str
    role: Role
    password_hash: str = ""

    @property
    def acts(self) -> bool:
        return self.role is Role.OPERATOR


DEMO_USER = User("demo", Role.OPERATOR)


def read_users(written: str) -> dict[str, User]:
    """Returns the users in `name:role:hash name:role:hash`, by name.

    Raises ValueError for a malformed list, without quoting a hash.
    """
    users = {}
    for entry in written.split():
        name, _, rest = entry.partition(":")
        role, _, password_hash = rest.partition(":")
        if not name or role not in list(Role) or not password_hash.startswith("$argon2"):
            raise ValueError(
                "CONSOLE_USERS: each entry is name:viewer:hash or name:operator:hash,"
                " as `pauta console user` prints it"
            )
        users[name] = User(name, Role(role), password_hash)
    return users
