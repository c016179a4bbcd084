"""Checks passwords against their hashes, with a lock-out after repeated failures."""

import secrets
from collections.abc import Mapping

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.console.decisions.users import User
from services.console.repositories.logins import Logins

_hasher = PasswordHasher()
# verified for an unknown name, which so takes as long as a wrong password
_unknown_user_hash = _hasher.hash(secrets.token_hex())


class Authenticator:
    """Verifies names and passwords."""

    def __init__(self, users: Mapping[str, User], logins: Logins) -> None:
        self.users = users
        self._logins = logins
        self._limiter = CapacityLimiter(2)  # each verification takes 64 MB

    async def verify(self, name: str, password: str, address: str) -> User | None:
        """Returns the user, or None for a wrong name or password. Raises LockedOut."""
        await self._logins.begin(name, address)
        user = self.users.get(name)
        password_hash = user.password_hash if user else _unknown_user_hash
        matches = await run_sync(_matches, password_hash, password, limiter=self._limiter)
        if not matches or user is None:
            return None
        await self._logins.succeeded(name, address)
        return user


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def hashed(password: str) -> str:
    """Returns the hash to store instead of a password."""
    return _hasher.hash(password)
