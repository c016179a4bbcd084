"""A circuit breaker: who fails again and again is left in peace, and tried with one request at a time."""

from dataclasses import dataclass

SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 30.0


@dataclass
class CircuitBreaker:
    """One company under one credential, as this process knows it. All times are seconds of one monotonic clock.

    It opens after `failure_threshold` failures in a row, and closes with the first answer.
    """

    provider: str
    failure_threshold: int = 5
    reason: str | None = None
    _failures: int = 0
    _pause: float = SHORTEST_PAUSE
    _closed_until: float = 0.0

    @property
    def open(self) -> bool:
        """Whether requests wait; `reason` says why."""
        return self.reason is not None

    def is_allowed(self, now: float) -> bool:
        """Whether a request may be made now. While open, one may each time the pause is over; asking takes nothing."""
        return not self.open or now >= self._closed_until

    def acquire(self, now: float) -> bool:
        """As `is_allowed`, by whoever makes the request: while open, the next one waits longer."""
        if not self.is_allowed(now):
            return False
        if self.open:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._closed_until = now + self._pause
        return True

    def record_failure(
        self, reason: str, now: float, *, wait: float = 0.0, hopeless: bool = False
    ) -> bool:
        """Notes a failure; True when it opened the breaker.

        It opens at once where the company said how long to `wait`, or where it is `hopeless`: a credential that is
        not accepted, which nobody should insist on.
        """
        if self.open:
            if wait:  # it answers, and says when
                self._pause = SHORTEST_PAUSE
                self._closed_until = now + max(wait, SHORTEST_PAUSE)
            return False
        self._failures += 1
        if self._failures < self.failure_threshold and not wait and not hopeless:
            return False
        self.reason, self._pause = reason, LONGEST_PAUSE if hopeless else SHORTEST_PAUSE
        self._closed_until = now + max(wait, self._pause)
        return True

    def record_success(self) -> bool:
        """Notes an answer; True when it closed the breaker."""
        closed, self.reason, self._failures = self.open, None, 0
        return closed
