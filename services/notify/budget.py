"""What calls and messages cost, by the price list; above the cap nothing more leaves."""

from collections.abc import Mapping

from contracts.touch import Channel
from services.notify.store.ledger import Store


class Budget:
    """The last 24 hours' spending, in the currency of the prices: counted every second, and with each sending here."""

    def __init__(self, store: Store, *, cap: float, prices: Mapping[Channel, float]) -> None:
        self._store, self._cap, self._prices = store, cap, prices
        self._spent = 0.0

    async def count(self) -> None:
        """Asks the ledger what all replicas have sent."""
        sent = await self._store.sent_today()
        self._spent = sum(self._price(channel) * count for channel, count in sent.items())

    def allows(self, channel: Channel) -> bool:
        return not self._price(channel) or self._spent + self._price(channel) <= self._cap

    def spend(self, channel: Channel) -> None:
        self._spent += self._price(channel)

    def _price(self, channel: Channel) -> float:
        return self._prices.get(channel, 0.0)
