"""Kommo's leads, contacts, notes, changes and tokens as plain values. Pure: no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# the same in every pipeline
WON = 142
LOST = 143
# the type of the stage that takes leads of Kommo's own sources only; any other is an ordinary one
INCOMING = 1


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why Kommo refuses one item: the place in the item, dotted, and Kommo's own words."""

    code: str
    path: str
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.code, self.path, self.detail) if part)


@dataclass(frozen=True, slots=True)
class Registered:
    """The lead and the contact that Kommo answered for one request id.

    A `merged` lead existed already: the account's duplicate control recognised it.
    """

    request_id: str
    lead_id: int
    contact_id: int | None
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact. `values` has the phones and emails as Kommo lists them, by PHONE and EMAIL."""

    contact_id: int
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    name: str = ""
    values: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict, compare=False)
    lead_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KommoLead:
    """A deal, which Kommo calls a lead."""

    lead_id: int
    name: str
    contact_id: int | None
    pipeline_id: int | None = None
    status_id: int = 0
    updated_by: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status_id not in (WON, LOST)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline, which Kommo calls a status."""

    status_id: int
    name: str
    is_incoming: bool = False

    @property
    def takes_leads(self) -> bool:
        """Returns whether a lead may be made in it by the API, and is still open there.

        https://github.com/Krukov/amocrm_api/issues/69
        """
        return not self.is_incoming and self.status_id not in (WON, LOST)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field, its type in Kommo's words, and the choices of a list by id."""

    field_id: int
    name: str
    type: str = "text"
    choices: Mapping[int, str] = field(default_factory=dict)


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
