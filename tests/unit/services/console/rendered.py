"""Renders pages without a server, with the least data that each needs."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from contracts.api.submissions import HeldList, SourceStatus
from services.console.decisions.disk import Disk
from services.console.decisions.doors import is_keyed, tests_apart
from services.console.decisions.provider_health import PROVIDERS
from services.console.decisions.users import DEMO_USER
from services.console.rendering import Pages
from services.console.repositories.projections import Progress

PAGES = Pages(zone="America/Mexico_City", business="Demo")
TOP: dict[str, Any] = {
    "user": DEMO_USER,
    "open": True,
    "token": "t",
    "at": "now",
    "seen": 0,
    "switch": {"paused": False, "pending": None},
    "flash": None,
    "periods": (1, 7),
}


def a_request(query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/console",
        "query_string": query.encode(),
        "headers": raw,
    }
    return Request({**scope, "session": {}})


def rendered(name: str, request: Request, **facts: Any) -> str:
    return bytes(PAGES.page(name, request, **(TOP | facts)).body).decode()


def now_page(language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {
        "funnels": {"Today": dict.fromkeys(("received", "reached", "booked", "met"), 0)},
        "actions": [],
        "names": {},
        "providers": [
            {"name": name, "unavailable": None, "succeeded_at": None} for name in PROVIDERS
        ],
        "queues": [],
        "waiting": {"work": 0, "retry": 0, "dead": 0},
        "backlog": None,
        "progress": Progress(0, 0, None),
        "unknown": 0,
        "attention": 0,
        "failed": 0,
        "unmatched": 0,
        "held": [],
        "spending": None,
        "disk": Disk(full=False, free=50e9),
        "in_review": 0,
        "troubled": [],
    }
    return rendered("now", a_request(f"lang={language}"), **(facts | changes))


def feed_line(body: dict[str, Any], language: str = "es") -> str:
    """Returns the only line of the feed on the page Ahora."""
    action = {
        "at": datetime(2026, 3, 2, 16, tzinfo=UTC),
        "lead_id": body.get("lead_id", 0),
        "body": body,
    }
    page = now_page(language, actions=[action])
    return page.split('id="feed"')[1].split("</ol>")[0]


def letters_page(language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {
        "groups": [],
        "unknown": [],
        "unmatched": [],
        "attention": [],
        "replies": [],
        "failed": [],
        "names": {},
    }
    return rendered("letters", a_request(f"lang={language}"), **(facts | changes))


def addresses_page(language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {"addresses": [], "names": {}}
    return rendered("addresses", a_request(f"lang={language}"), **(facts | changes))


def submissions_page(held: HeldList | None, language: str = "es", **changes: Any) -> str:
    waiting, tests = tests_apart(held.submissions if held is not None else [])
    facts: dict[str, Any] = {"held": held, "waiting": waiting, "tests": tests, "shown": 100}
    return rendered("submissions", a_request(f"lang={language}"), **(facts | changes))


def sources_page(sources: list[SourceStatus] | None, language: str = "es") -> str:
    facts: dict[str, Any] = {
        "days": 7,
        "by": "fuente",
        "groups": ("fuente",),
        "rows": [],
        "sources": sources,
    }
    return rendered("sources", a_request(f"lang={language}"), **facts)


def source_page(source: SourceStatus, language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {
        "source": source,
        "keyed": is_keyed(source.name),
        "base_url": "https://leads.ejemplo.mx",
        "deliveries": [],
    }
    return rendered("source", a_request(f"lang={language}"), **(facts | changes))


def imports_page(language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {
        "journey": "current",
        "plan": None,
        "problem": "",
        "lines": [],
        "imports": [],
    }
    return rendered("imports", a_request(f"lang={language}"), **(facts | changes))


def lead_page(language: str = "es", **changes: Any) -> str:
    facts: dict[str, Any] = {
        "lead_id": 7,
        "lead": None,
        "events": [],
        "plan": None,
        "texts": None,
        "timeline": [],
        "kommo_url": None,
        "kommo_unavailable": None,
    }
    return rendered("lead", a_request(f"lang={language}"), **(facts | changes))
