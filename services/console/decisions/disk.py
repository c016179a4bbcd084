"""Whether the disk has room for new leads, as an operator sees it."""

from dataclasses import dataclass

from kit.disk import LEAST_FREE, LITTLE_FREE


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk. `full`: PostgreSQL had no room for a write a moment ago. `free` is in bytes."""

    full: bool
    free: float

    @property
    def bad(self) -> bool:
        """Whether leads are refused, or soon will be."""
        return self.full or self.free < LEAST_FREE

    @property
    def little(self) -> bool:
        """Whether an operator should free some space."""
        return self.free < LITTLE_FREE

    @property
    def gigabytes(self) -> float:
        return round(self.free / 1e9, 1)
