"""The obstacles to starting that show only once the servers run."""

from enum import StrEnum


class Obstacle(StrEnum):
    """Names an obstacle by the line with which `pauta up` recognises it in a log."""

    OTHER_ORIGIN = (
        "PostgreSQL's data was created with another POSTGRES_PASSWORD, such as the demo's"
    )
    DEMONSTRATION = "these databases hold the demo's people, whom real accounts must never contact"
    REAL_LEADS = "these databases hold real leads, and the simulator contacts nobody"
    ANOTHER_COPY = "a project of this name was started in another folder"
