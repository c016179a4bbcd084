"""The base of every command."""

from typing import ClassVar
from uuid import UUID, uuid5

from contracts.message import Message


class Command(Message):
    """A wish, named in the imperative. `owner` carries it out and publishes the fact.

    `by` is the operator.

    It is routed as `<owner>.<topic>`, so the routing key is its address.
    """

    exchange: ClassVar[str] = "commands"
    owner: ClassVar[str]

    by: str

    @property
    def addressee(self) -> str:
        """The service that carries this command out."""
        return self.owner

    @property
    def routing_key(self) -> str:
        return f"{self.addressee}.{self.topic}"

    @classmethod
    def binding_for(cls, service: str) -> str:
        return f"{service}.{cls.topic_name()}"

    @property
    def fact_id(self) -> UUID:
        """The id of the event that answers this command, so that a redelivery publishes it once."""
        return uuid5(self.event_id, self.topic)
