"""Turns what is known into pages: Jinja templates, in the reader's language, with times in the business's zone."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from services.console.decisions.event_descriptions import describe_event
from services.console.decisions.outages import read_outage
from services.console.words import step_name, translate

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = {"es": "es_MX", "en": "en_US"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def language_of(request: Request) -> str:
    """Spanish, unless the reader has chosen English, or their browser asks for it and not for Spanish."""
    if (wanted := request.query_params.get("lang")) in LANGUAGES and wanted != request.session.get(
        "lang"
    ):
        request.session["lang"] = wanted
    if (chosen := request.session.get("lang")) in LANGUAGES:
        return str(chosen)
    return preferred(request.headers.get("accept-language", ""), tuple(LANGUAGES))


class Pages:
    """The templates in `pages/`, rendered for one business."""

    def __init__(self, *, zone: str, business: str) -> None:
        self._zone = ZoneInfo(zone)
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals |= {
            "business": business,
            "version": _version(),
            "describe_event": describe_event,
            "read_outage": read_outage,
        }
        self._jinja.filters |= {
            "t": jinja2.pass_context(lambda context, text: translate(str(text), context["lang"])),
            "step": jinja2.pass_context(lambda context, step: step_name(step, context["lang"])),
            "when": jinja2.pass_context(lambda context, at: self._time(at, context["lang"])),
            "exact": jinja2.pass_context(
                lambda context, at: self._time(at, context["lang"], "d MMM, HH:mm:ss")
            ),
            "week": jinja2.pass_context(
                lambda context, days: week_of(days, LANGUAGES[context["lang"]])
            ),
            "city": jinja2.pass_context(
                lambda context, zone: city_of(zone, LANGUAGES[context["lang"]])
            ),
            "span": jinja2.pass_context(
                lambda context, span: span_of(span, LANGUAGES[context["lang"]])
            ),
            "clock": lambda at: at.astimezone(self._zone).strftime("%H:%M:%S") if at else "",
            "lasting": lasting,
            "phone": lambda number: readable(number) if number else "",
            "number": jinja2.pass_context(
                lambda context, n: format_decimal(n, locale=LANGUAGES[context["lang"]])
            ),
            "share": jinja2.pass_context(
                lambda context, n: format_percent(n, "#,##0.#%", locale=LANGUAGES[context["lang"]])
            ),
            "moment": moment,
        }

    def page(self, name: str, request: Request, status: int = 200, **facts: Any) -> HTMLResponse:
        """The page `name`, under a policy that lets nothing of anybody else's in."""
        html = self._jinja.get_template(f"{name}.html").render(
            lang=language_of(request), request=request, **facts
        )
        headers = {
            "Content-Security-Policy": CSP,
            "Cache-Control": "no-store",
            "X-Frame-Options": "DENY",
        }
        return HTMLResponse(html, status_code=status, headers=headers)

    def _time(self, at: datetime | None, lang: str, pattern: str = "d MMM, HH:mm") -> Markup:
        """`24 nov, 15:04`, with how long ago or in how long as its title."""
        if at is None:
            return Markup("—")
        try:
            local = at.astimezone(self._zone)
        except OverflowError:  # the last hours of the year 9999
            return escape(at.isoformat())
        near = format_timedelta(at - now(), add_direction=True, locale=LANGUAGES[lang])
        text = format_datetime(local, pattern, locale=LANGUAGES[lang])
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), near, text)


def moment(said: str | datetime) -> datetime | None:
    """The time in an event, as it was said; None for what does not read as one."""
    if isinstance(said, datetime):
        return said
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def lasting(seconds: float | None) -> str:
    """`12 ms`, `3.4 s`, `5 min`, `2.5 h`, `3 d`: as exact as anybody cares."""
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
    """`lun–vie 9:00–19:00, sáb 10:00–14:00`, from the spans of each day, Monday first; closed days are left out."""
    names = get_day_names("abbreviated", locale=locale)
    parts = []
    for spans, some in groupby(range(7), key=lambda day: list(days[day])):
        if not spans:
            continue
        alike = list(some)
        first, last = names[alike[0]], names[alike[-1]]
        hours = " + ".join(
            "–".join(time.removeprefix("0") for time in span.split("-")) for span in spans
        )
        parts.append(f"{first if len(alike) == 1 else f'{first}–{last}'} {hours}")
    return ", ".join(parts)


def city_of(zone: str, locale: str) -> str:
    """`Monterrey`, of America/Monterrey; a zone that has no city stays as it is."""
    try:
        return get_timezone_location(zone, locale=locale, return_city=True)
    except LookupError:
        return zone


def span_of(span: timedelta, locale: str) -> str:
    """`1 día 12 horas`, by as many units as it takes."""
    left, words = int(span.total_seconds()), []
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, size)
        if number:
            words.append(format_unit(number, f"duration-{unit}", locale=locale))
    return " ".join(words)


def _version() -> Mapping[str, str]:
    """What names the present state of each static file, so that browsers may keep it for ever."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()
    }
