"""The login's door: passwords by their hashes, and lock-out for who guesses."""

import secrets
from collections.abc import Mapping

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.console.decisions.users import User
from services.console.repositories.logins import Logins

_hasher = PasswordHasher()
_nobody = _hasher.hash(
    secrets.token_hex()
)  # so that an unknown name takes as long as a wrong password


class Door:
    """Lets in whoever knows a password."""

    def __init__(self, users: Mapping[str, User], logins: Logins) -> None:
        self.users, self._logins = users, logins
        self._at_once = CapacityLimiter(2)  # each look takes 64 MB

    async def enter(self, name: str, password: str, address: str) -> User | None:
        """The user, or None for a wrong name or password. Raises LockedOut."""
        await self._logins.begin(name, address)
        user = self.users.get(name)
        known = user.password_hash if user else _nobody
        if not await run_sync(_fits, known, password, limiter=self._at_once) or user is None:
            return None
        await self._logins.worked(name, address)
        return user


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def hashed(password: str) -> str:
    """The hash to keep in place of a password."""
    return _hasher.hash(password)
