"""What calls and messages cost, by the price list, and the caps above which no more leaves by itself."""

from uuid import NAMESPACE_URL, uuid5

from contracts.events.lead import LeadCard
from contracts.events.outbound import SpendingReached
from contracts.events.touch import Channel, Kind
from kit.clock import now
from services.notify.decisions.spending import (
    Caps,
    Prices,
    Spending,
    Tally,
    alarm,
    price_of,
    reached_cap,
)
from services.notify.repositories.ledger import Store
from services.notify.touches import Touch

PREFIX = 7  # of +573001234567: the plus and six digits


class Budget:
    """The last 24 hours' spending, in the currency of the prices: counted every second, and with each sending here."""

    def __init__(self, store: Store, *, caps: Caps, prices: Prices, home: str) -> None:
        self._store, self._caps, self._prices, self._home = store, caps, prices, home
        self._tally = Tally(prices)
        self._names: dict[str, set[str]] = {}
        self._sources = 0
        self._alarmed: tuple[str, int] = ("", 0)

    async def count(self) -> None:
        """Asks the ledger what all replicas have sent."""
        self._tally = Tally.of(await self._store.spendings(), self._prices)
        self._names = await self._store.names()
        await self._alarm()

    async def _alarm(self) -> None:
        """Publishes once a day that the cap comes near. Every replica does, with the same event id."""
        amount, day = self._tally.spent, now().date().isoformat()
        percent = alarm(amount, self._caps.daily)
        if percent is None or (day, percent) <= self._alarmed:
            return
        name = uuid5(NAMESPACE_URL, f"spending/{day}/{percent}")
        await self._store.publish(
            SpendingReached(
                event_id=name, percent=percent, spent=round(amount, 2), cap=self._caps.daily
            )
        )
        self._alarmed = (day, percent)

    async def count_sources(self) -> None:
        """Asks how many sources there are: they change seldom, and counting a week's leads takes long."""
        self._sources = await self._store.sources()

    def allows(self, channel: Channel, country: str) -> bool:
        price = price_of(self._prices, channel, country)
        return not price or self._tally.spent + price <= self._caps.daily

    def cap(self, touch: Touch, country: str, card: LeadCard) -> str | None:
        """The cap that this call or message would exceed; None where it would none."""
        if touch.channel is Channel.EMAIL or touch.address is None:
            return None
        return reached_cap(
            self._tally,
            self._caps,
            country=country,
            prefix=touch.address[:PREFIX],
            source=card.source or "",
            visitor=card.visitor or "",
            names=self._named(touch, card),
            sources=self._sources,
            home=self._home,
        )

    def _named(self, touch: Touch, card: LeadCard) -> int:
        """How many names the visitor gave lately with forms that are answered, this one included."""
        if touch.kind is not Kind.FIRST_CONTACT or card.visitor is None:
            return 0
        names = self._names.setdefault(card.visitor, set())
        names.add(card.name.lower())
        return len(names)

    def spend(self, touch: Touch, country: str, card: LeadCard) -> None:
        """Notes a sending of this process."""
        if touch.channel is Channel.EMAIL or touch.address is None:
            return
        answers = touch.kind is Kind.FIRST_CONTACT
        prefix, source, visitor = touch.address[:PREFIX], card.source or "", card.visitor or ""
        self._tally.add(Spending(touch.channel, country, prefix, source, visitor, answers, 1, 1))
