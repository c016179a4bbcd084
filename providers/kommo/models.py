"""Kommo's leads, contacts, notes, changes and tokens as plain values. Pure: no network."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Registered:
    """The lead and the contact that Kommo answered for one request id."""

    request_id: str
    lead_id: int
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    contact_id: int
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KommoLead:
    """A deal, which Kommo calls a lead."""

    lead_id: int
    name: str
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Note:
    lead_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """A lead's move to another stage.

    The pipeline is named too, because won and lost have the same ids in every pipeline.
    """

    lead_id: int
    status_id: int
    pipeline_id: int


@dataclass(frozen=True, slots=True)
class Change:
    """A lead that changed its stage or was deleted.

    `by` is the user who changed it, 0 for a robot of the account.
    """

    kommo_lead_id: int
    status_id: int | None
    pipeline_id: int | None
    deleted: bool
    by: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens. `expires_in` is the access token's, in seconds.

    The refresh token is valid for three months, and every use replaces it.
    """

    access: str
    refresh: str
    expires_in: int
