"""Renders the Jinja templates in the reader's language, with times in the business's zone."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime, format_timedelta, get_day_names, get_timezone_location
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from domain.phone import readable
from kit.clock import now
from kit.languages import preferred
from services.console.decisions import labels
from services.console.decisions.doors import read_outcomes
from services.console.decisions.event_descriptions import describe_event
from services.console.decisions.labels import step_name
from services.console.decisions.outages import read_outage
from services.console.decisions.source_problems import read_problems
from services.console.translations import LOCALES, load_translations

HERE = Path(__file__).parent
STATIC = HERE / "static"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def language_of(request: Request) -> str:
    """Returns the reader's language.

    Spanish, unless the reader has chosen English, or the browser prefers English to Spanish.
    """
    requested = request.query_params.get("lang")
    if requested in LOCALES and requested != request.session.get("lang"):
        request.session["lang"] = requested
    chosen = request.session.get("lang")
    if chosen in LOCALES:
        return str(chosen)
    return preferred(request.headers.get("accept-language", ""), tuple(LOCALES))


class Pages:
    """The templates in `pages/`, rendered for one business."""

    def __init__(self, *, zone: str, business: str) -> None:
        self._zone = ZoneInfo(zone)
        self._environments = {
            language: self._environment(language, business) for language in LOCALES
        }

    def page(self, name: str, request: Request, status: int = 200, **facts: Any) -> HTMLResponse:
        """Returns the page `name`, with a policy that allows only content of our own."""
        language = language_of(request)
        template = self._environments[language].get_template(f"{name}.html")
        html = template.render(lang=language, request=request, **facts)
        headers = {
            "Content-Security-Policy": CSP,
            "Cache-Control": "no-store",
            "X-Frame-Options": "DENY",
        }
        return HTMLResponse(html, status_code=status, headers=headers)

    def _environment(self, language: str, business: str) -> jinja2.Environment:
        translations = load_translations(language)
        locale = LOCALES[language]
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "pages"),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # Not in the extension's new style, which marks translations as safe HTML: a text that is
        # no msgid, as an unknown reason is, must be escaped.
        environment.globals |= {
            "gettext": translations.gettext,
            "ngettext": translations.ngettext,
            "labels": labels,
            "business": business,
            "version": _version(),
            "describe_event": describe_event,
            "read_outage": read_outage,
            "read_outcomes": read_outcomes,
            "read_problems": read_problems,
        }
        environment.filters |= {
            "step": partial(step_name, gettext=translations.gettext),
            "when": partial(self._time, locale=locale),
            "exact": partial(self._time, locale=locale, pattern="d MMM, HH:mm:ss"),
            "clock": self._clock,
            "moment": moment,
            "lasting": lasting,
            "week": partial(week_of, locale=locale),
            "city": partial(city_of, locale=locale),
            "span": partial(span_of, locale=locale),
            "phone": lambda number: readable(number) if number else "",
            "number": partial(format_decimal, locale=locale),
            "share": partial(format_percent, format="#,##0.#%", locale=locale),
        }
        return environment

    def _clock(self, at: datetime | None) -> str:
        return at.astimezone(self._zone).strftime("%H:%M:%S") if at else ""

    def _time(self, at: datetime | None, *, locale: str, pattern: str = "d MMM, HH:mm") -> Markup:
        """Returns `24 nov, 15:04`, whose title is the time since then or until then."""
        if at is None:
            return Markup("—")
        try:
            local = at.astimezone(self._zone)
        except OverflowError:  # the last hours of the year 9999
            return escape(at.isoformat())
        distance = format_timedelta(at - now(), add_direction=True, locale=locale)
        text = format_datetime(local, pattern, locale=locale)
        html = Markup('<time datetime="{}" title="{}">{}</time>')
        return html.format(at.isoformat(), distance, text)


def moment(at: str | datetime) -> datetime | None:
    """Returns the time in an event; None for a text that is no time."""
    if isinstance(at, datetime):
        return at
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        return None


def lasting(seconds: float | None) -> str:
    """Returns `12 ms`, `3.4 s`, `5 min`, `2.5 h` or `3 d`, with three digits at most."""
    if seconds is None:
        return "—"
    for limit, unit, size in (
        (1, "ms", 0.001),
        (120, "s", 1),
        (7200, "min", 60),
        (172_800, "h", 3600),
    ):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86_400:.0f} d"


def week_of(days: Sequence[Sequence[str]], locale: str) -> str:
    """Returns `lun–vie 9:00–19:00, sáb 10:00–14:00`, from the spans of each day, Monday first.

    Closed days are left out.
    """
    names = get_day_names("abbreviated", locale=locale)
    parts = []
    for spans, group in groupby(range(7), key=lambda day: list(days[day])):
        if not spans:
            continue
        alike = list(group)
        first = names[alike[0]]
        last = names[alike[-1]]
        hours = " + ".join(_span_of_hours(span) for span in spans)
        parts.append(f"{first if len(alike) == 1 else f'{first}–{last}'} {hours}")
    return ", ".join(parts)


def _span_of_hours(span: str) -> str:
    return "–".join(time.removeprefix("0") for time in span.split("-"))


def city_of(zone: str, locale: str) -> str:
    """Returns `Monterrey` for America/Monterrey, and a zone without a city as it is."""
    try:
        return get_timezone_location(zone, locale=locale, return_city=True)
    except LookupError:
        return zone


def span_of(span: timedelta, locale: str) -> str:
    """Returns `1 día 12 horas`, in as many units as are needed."""
    seconds = int(span.total_seconds())
    words = []
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            words.append(format_unit(number, f"duration-{unit}", locale=locale))
    return " ".join(words)


def _version() -> Mapping[str, str]:
    """Returns a hash of each static file, so that browsers may cache it for ever."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()
    }
