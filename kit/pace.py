"""Spreads requests over time, so that a provider does not queue them on its side."""

from collections.abc import Hashable

FORGOTTEN_AFTER = 3600.0  # seconds after its turn that a key did not come back


class Pace:
    """Gives each key its turn: at most `per_second` of them in any second.

    All times are seconds of one monotonic clock.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._burst = max(1 - self._interval, 0.0)  # seconds' worth of turns that may come at once
        self._next = 0.0
        self._turns: dict[Hashable, float] = {}

    def wait(self, key: Hashable, now: float) -> float:
        """Returns the seconds until the key's turn, which is kept for it; 0 uses the turn up."""
        turn = self._turns.pop(key, None)
        if turn is None:
            turn = max(now, self._next - self._burst)
            self._next = max(now, self._next) + self._interval
        if turn <= now:
            return 0.0
        self._forget_old(now)
        self._turns[key] = turn
        return turn - now

    def _forget_old(self, now: float) -> None:
        while self._turns:
            key = next(iter(self._turns))
            if self._turns[key] > now - FORGOTTEN_AFTER:
                return
            del self._turns[key]
