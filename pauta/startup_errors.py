"""What keeps a system from starting that only the machine itself can tell."""

from enum import StrEnum


class Obstacle(StrEnum):
    """One line each, by which `pauta up` recognises it in a log."""

    OTHER_ORIGIN = (
        "PostgreSQL's data was made with another POSTGRES_PASSWORD, such as the demonstration's"
    )
    DEMONSTRATION = (
        "these databases hold the demonstration's people, whom real accounts must never contact"
    )
    REAL_LEADS = "these databases hold real leads, and the simulator contacts nobody"
    ANOTHER_COPY = "a project of this name was started in another folder"
