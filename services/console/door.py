"""The login's door: passwords by their hashes, and lock-out for who guesses."""

import secrets
from collections.abc import Mapping

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from services.console.decisions.users import User

TRIES = parse("5/15minutes")  # wrong passwords for one name from one address
TRIES_OF_ADDRESS = parse("20/15minutes")  # and from one address under any name

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_hex())  # so that an unknown name takes as long as a wrong password


class LockedOut(Exception):
    """Too many wrong passwords: nobody is asked for one for a while."""


class Door:
    """Lets in whoever knows a password. Wrong ones are counted in this process."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self.users = users
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._at_once = CapacityLimiter(2)  # each look takes 64 MB

    async def enter(self, name: str, password: str, address: str) -> User | None:
        """The user, or None for a wrong name or password. Raises LockedOut."""
        counts = ((TRIES, f"{name}/{address}"), (TRIES_OF_ADDRESS, address))
        for limit, key in counts:  # counted before it is looked at: a thousand guesses at once are no way in
            if not await self._limiter.hit(limit, key):
                raise LockedOut
        user = self.users.get(name)
        known = user.password_hash if user else _nobody
        if not await run_sync(_fits, known, password, limiter=self._at_once) or user is None:
            return None
        for limit, key in counts:
            await self._limiter.clear(limit, key)
        return user


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def hashed(password: str) -> str:
    """The hash to keep in place of a password."""
    return _hasher.hash(password)
