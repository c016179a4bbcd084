"""Stops calling a provider after repeated failures, and probes it one request at a time."""

from dataclasses import dataclass

SHORTEST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
REJECTED_PAUSE = 60.0  # each attempt costs a request that fails in the end


@dataclass
class CircuitBreaker:
    """The state of one provider under one credential, as this process knows it.

    All times are seconds of one monotonic clock. The breaker opens after `failure_threshold`
    failures in a row, and closes with the first answer.

    A provider may accept requests and report afterwards that it could not carry them out, because
    of our sender or template. So many such rejections in a row open the breaker too. An accepted
    request does not close it then, only a receipt that confirms one.
    """

    provider: str
    failure_threshold: int = 5
    reason: str | None = None
    _failures: int = 0
    _pause: float = SHORTEST_PAUSE
    _closed_until: float = 0.0
    _rejections: int = 0
    _awaits_receipt: bool = False

    @property
    def open(self) -> bool:
        """Returns whether requests wait; `reason` says why."""
        return self.reason is not None

    def is_allowed(self, now: float) -> bool:
        """Returns whether a request may be made now, without claiming the attempt.

        While the breaker is open, one request may be made each time its pause is over.
        """
        return not self.open or now >= self._closed_until

    def acquire(self, now: float) -> bool:
        """Returns whether the caller may make its request now, and claims the attempt.

        While the breaker is open, each claimed attempt lengthens the pause before the next one.
        """
        if not self.is_allowed(now):
            return False
        if self.open:
            if not self._awaits_receipt:
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._closed_until = now + self._pause
        return True

    def record_failure(
        self, reason: str, now: float, *, wait: float = 0.0, hopeless: bool = False
    ) -> bool:
        """Records a failure, and returns True when it opened the breaker.

        The breaker opens at once where the provider asked us to `wait` so many seconds, or where
        the failure is `hopeless`: the provider does not accept our credential.
        """
        if self.open:
            if wait:  # the provider answers, and names the time of the next attempt
                self._pause = SHORTEST_PAUSE
                self._closed_until = now + max(wait, SHORTEST_PAUSE)
            return False
        self._failures += 1
        if self._failures < self.failure_threshold and not wait and not hopeless:
            return False
        self.reason = reason
        self._pause = LONGEST_PAUSE if hopeless else SHORTEST_PAUSE
        self._closed_until = now + max(wait, self._pause)
        return True

    def record_success(self) -> bool:
        """Records an answer, and returns True when it closed the breaker."""
        self._failures = 0
        if self._awaits_receipt:
            return False
        was_open = self.open
        self.reason = None
        return was_open

    def record_rejection(self, reason: str, now: float) -> bool:
        """Records that our own fault failed a request.

        Returns True when it opened the breaker, and whenever it shows that it must stay open.
        """
        self._rejections += 1
        if self._awaits_receipt:
            return True
        if self.open or self._rejections < self.failure_threshold:
            return False
        self.reason = reason
        self._awaits_receipt = True
        self._pause = REJECTED_PAUSE
        self._closed_until = now + self._pause
        return True

    def record_receipt(self) -> bool:
        """Records that a request was carried out; returns True when that closed the breaker."""
        self._rejections = 0
        if not self._awaits_receipt:
            return False
        self._awaits_receipt = False
        self.reason = None
        return True
