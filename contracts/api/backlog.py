"""scheduler's answer to console and the command line: how much is overdue."""

from contracts.api.model import ApiModel


class BacklogStatus(ApiModel):
    """How many touches are overdue, and whether they wait until an operator releases them."""

    overdue: int
    held: bool
