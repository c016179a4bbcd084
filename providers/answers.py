"""How a provider's answer can fail to be a yes."""

from contracts.touch import FailureKind
from kit.failures import Refused


class Unclear(Exception):
    """The request may or may not have been carried out: ask before doing anything again."""


class RefusedTouch(Refused):
    """The provider will not carry it out; `kind` decides what else may be tried."""

    def __init__(self, kind: FailureKind, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason
