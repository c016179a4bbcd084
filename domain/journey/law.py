"""The hours that each country's law allows for unrequested calls and messages.

A lawyer should check them.
"""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from contracts.events.touch import Channel
from domain.journey.model import Window


@dataclass(frozen=True, slots=True)
class Law:
    """One country's hours, in the person's time. `as_of` is when the source was last checked.

    `one_channel_a_week`: after the first contact no second channel within a week, and one touch a
    day.
    """

    name: str
    calls: Window
    messages: Window
    source: str
    as_of: date
    one_channel_a_week: bool = False

    def hours(self, channel: Channel) -> Window | None:
        """Returns the hours of that channel; None where the law allows every hour."""
        match channel:
            case Channel.CALL:
                return self.calls
            case Channel.WHATSAPP | Channel.SMS:
                return self.messages
            case Channel.EMAIL:
                return None
            case _:
                assert_never(channel)


def law_of(country: str) -> Law:
    """Returns the country's law, or our own default."""
    return LAWS.get(country, DEFAULT)


def _window(**written: str) -> Window:
    """Returns a window from hours as in the journey file: `mon_fri="09:00-19:00"`.

    It is closed on public holidays unless `holidays="open"`.
    """
    return Window.model_validate({days.replace("_", "-"): hours for days, hours in written.items()})


# No call or message that can wait goes out outside these hours, on any day, whatever the journey
# file says.
WAKING = _window(mon_sun="08:00-21:00", holidays="open")

_CHECKED_ON = date(2026, 11, 1)
_OFFICE = _window(mon_sat="09:00-19:00")
_COLOMBIA = _window(mon_fri="07:00-19:00", sat="08:00-15:00")
_CHILE = _window(mon_fri="09:00-19:00", sat="10:00-13:00")
_BRAZIL = _window(mon_fri="09:00-18:00", sat="10:00-13:00")
_UNITED_STATES = _window(mon_sun="08:00-20:00", holidays="open")

DEFAULT = Law(
    name="Sin regla conocida",
    calls=_OFFICE,
    messages=_OFFICE,
    source="none, our default",
    as_of=_CHECKED_ON,
)
LAWS: dict[str, Law] = {
    "MX": Law(
        name="Horario prudente en México",
        calls=_window(mon_fri="09:00-19:00", sat="10:00-14:00"),
        messages=_window(mon_sat="09:00-20:00"),
        source="no federal law on hours could be confirmed; calls within the Senate's bill of "
        "2019, Saturdays apart",
        as_of=_CHECKED_ON,
    ),
    "CO": Law(
        name="Ley 2300 de 2023",
        calls=_COLOMBIA,
        messages=_COLOMBIA,
        source="Ley 2300 de 2023, in force since 10 October 2023; written for collection, applied "
        "to commerce too",
        as_of=_CHECKED_ON,
        one_channel_a_week=True,
    ),
    "CL": Law(
        name="Horario prudente en Chile",
        calls=_CHILE,
        messages=_CHILE,
        source="no law on hours could be confirmed; SERNAC's guidance on collection, the strictest "
        "reading",
        as_of=_CHECKED_ON,
    ),
    "BR": Law(
        name="Horario prudente en Brasil",
        calls=_BRAZIL,
        messages=_BRAZIL,
        source="no national law on hours could be confirmed; Rio de Janeiro's Lei 7853 has Monday "
        "to Friday, 8 to 18",
        as_of=_CHECKED_ON,
    ),
    "US": Law(
        name="TCPA y leyes estatales",
        calls=_UNITED_STATES,
        messages=_UNITED_STATES,
        source="47 CFR 64.1200: 8 to 21; until 20 in the strictest states (Florida, Oklahoma, "
        "Washington)",
        as_of=_CHECKED_ON,
    ),
}
