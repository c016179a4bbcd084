"""Counts the cost of calls and messages, and applies the caps on spending."""

from uuid import NAMESPACE_URL, uuid5

import structlog

from contracts.events.lead import LeadCard
from contracts.events.outbound import SpendingReached
from contracts.events.touch import Channel, Kind
from domain.channels import facts_of
from kit.clock import now
from kit.database import Database
from kit.messaging import outbox
from services.notify.decisions.spending import (
    DAY,
    HOUR,
    NAMES_WITHIN,
    PREFIX_LENGTH,
    PRICES_WITHIN,
    SOURCES_WITHIN,
    Caps,
    Prices,
    Spending,
    Tally,
    alarm,
    dearer,
    price_of,
    reached_cap,
    usual_units,
)
from services.notify.repositories import spending
from services.notify.touches import Touch

log = structlog.get_logger()


class Budget:
    """The spending of the last 24 hours, in the currency of the prices.

    It is counted every second, and with each sending of this process.
    """

    def __init__(self, database: Database, *, caps: Caps, prices: Prices, home: str) -> None:
        self._database = database
        self._caps = caps
        self._listed = prices
        self._prices = prices
        self._home = home
        self._tally = Tally(prices)
        self._names: dict[str, set[str]] = {}
        self._sources = 0
        self._alarmed: tuple[str, int] = ("", 0)

    async def count(self) -> None:
        """Reads the sendings of all replicas from the ledger."""
        rows = await spending.spendings(
            self._database, prefix_length=PREFIX_LENGTH, day=DAY, hour=HOUR
        )
        self._tally = Tally.of([Spending(**row) for row in rows], self._prices)
        self._names = await spending.names_by_visitor(self._database, within=NAMES_WITHIN)
        await self._alarm()

    async def _alarm(self) -> None:
        """Publishes once a day that the cap comes near. All replicas use the same event id."""
        amount = self._tally.spent
        day = now().date().isoformat()
        percent = alarm(amount, self._caps.daily)
        if percent is None or (day, percent) <= self._alarmed:
            return
        event_id = uuid5(NAMESPACE_URL, f"spending/{day}/{percent}")
        event = SpendingReached(
            event_id=event_id,
            percent=percent,
            spent=round(amount, 2),
            cap=self._caps.daily,
        )
        await outbox.publish(self._database, event)
        self._alarmed = (day, percent)

    async def count_prices(self) -> None:
        """Reads what a segment and a minute really cost lately."""
        rows = await spending.prices_paid(self._database, within=PRICES_WITHIN)
        paid = {f"{row['channel']}.{row['country']}": row["price"] for row in rows}
        prices = dearer(self._listed, paid)
        if prices != self._prices:
            log.warning("spending.prices_above_settings", prices=prices)
        self._prices = prices

    async def count_sources(self) -> None:
        """Reads how many sources there are.

        They change seldom, and counting a week's leads takes long.
        """
        self._sources = await spending.count_sources(self._database, within=SOURCES_WITHIN)

    def allows(self, channel: Channel, country: str) -> bool:
        """Returns whether one more touch stays within the day's cap."""
        price = price_of(self._prices, channel, country) * usual_units(channel)
        return not price or self._tally.spent + price <= self._caps.daily

    def cap(self, touch: Touch, country: str, card: LeadCard) -> str | None:
        """Returns the cap that this call or message would exceed; None where it exceeds none."""
        if not facts_of(touch.channel).is_paid or touch.address is None:
            return None
        return reached_cap(
            self._tally,
            self._caps,
            country=country,
            prefix=touch.address[:PREFIX_LENGTH],
            source=card.source or "",
            visitor=card.visitor or "",
            names=self._name_count(touch, card),
            sources=self._sources,
            home=self._home,
        )

    def _name_count(self, touch: Touch, card: LeadCard) -> int:
        """Returns how many names the visitor gave lately in answered forms, this one included."""
        if touch.kind is not Kind.FIRST_CONTACT or card.visitor is None:
            return 0
        names = self._names.setdefault(card.visitor, set())
        names.add(card.name.lower())
        return len(names)

    def spend(self, touch: Touch, country: str, card: LeadCard, *, units: int = 1) -> None:
        """Adds a sending of this process, charged as so many units."""
        if not facts_of(touch.channel).is_paid or touch.address is None:
            return
        sent = Spending(
            channel=touch.channel,
            country=country,
            prefix=touch.address[:PREFIX_LENGTH],
            source=card.source or "",
            visitor=card.visitor or "",
            answers_form=touch.kind is Kind.FIRST_CONTACT,
            day=1,
            hour=1,
            units=units,
        )
        self._tally.add(sent)
