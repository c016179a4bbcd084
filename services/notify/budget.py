"""What calls and messages cost, by the price list, and the caps above which no more leaves by itself."""

from uuid import NAMESPACE_URL, uuid5

from contracts.outbound import SpendingReached
from contracts.touch import Channel
from kit.clock import now
from services.notify.decisions.spending import Caps, Prices, Spending, Where, alarm, price_of, reached_cap, spent
from services.notify.store.ledger import Store
from services.notify.touches import Touch

PREFIX = 7  # of +573001234567: the plus and six digits


class Budget:
    """The last 24 hours' spending, in the currency of the prices: counted every second, and with each sending here."""

    def __init__(self, store: Store, *, caps: Caps, prices: Prices, home: str) -> None:
        self._store, self._caps, self._prices, self._home = store, caps, prices, home
        self._spendings: dict[Where, Spending] = {}
        self._sources = 0
        self._alarmed: tuple[str, int] = ("", 0)

    async def count(self) -> None:
        """Asks the ledger what all replicas have sent."""
        self._spendings = {spending.where: spending for spending in await self._store.spendings()}
        await self._alarm()

    async def _alarm(self) -> None:
        """Publishes once a day that the cap comes near. Every replica does, with the same event id."""
        amount, day = spent(self._spendings.values(), self._prices), now().date().isoformat()
        percent = alarm(amount, self._caps.daily)
        if percent is None or (day, percent) <= self._alarmed:
            return
        name = uuid5(NAMESPACE_URL, f"spending/{day}/{percent}")
        await self._store.say(
            SpendingReached(event_id=name, percent=percent, spent=round(amount, 2), cap=self._caps.daily)
        )
        self._alarmed = (day, percent)

    async def count_sources(self) -> None:
        """Asks how many sources there are: they change seldom, and counting a week's leads takes long."""
        self._sources = await self._store.sources()

    def allows(self, channel: Channel, country: str) -> bool:
        price = price_of(self._prices, channel, country)
        return not price or spent(self._spendings.values(), self._prices) + price <= self._caps.daily

    def cap(self, touch: Touch, country: str, source: str) -> str | None:
        """The cap that this call or message would exceed; None where it would none."""
        if touch.channel is Channel.EMAIL or touch.address is None:
            return None
        return reached_cap(
            self._spendings.values(),
            self._caps,
            self._prices,
            country=country,
            prefix=touch.address[:PREFIX],
            source=source,
            sources=self._sources,
            home=self._home,
        )

    def spend(self, touch: Touch, country: str, source: str) -> None:
        """Notes a sending of this process."""
        if touch.channel is not Channel.EMAIL and touch.address is not None:
            answers = touch.kind == "first_contact"
            one = Spending(touch.channel, country, touch.address[:PREFIX], source, answers, 1, 1)
            before = self._spendings.get(one.where)
            self._spendings[one.where] = one if before is None else before.and_one()
