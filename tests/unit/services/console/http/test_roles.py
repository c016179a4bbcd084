"""Only an operator changes anything: with a session's token, or by the API with its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.console.http import api, commands, doors, doors_api
from services.console.http.api import operators_only
from services.console.session import require_operator


def calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    """Yields what a route calls before it, and what these call in their turn."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


def routes_of(*routers: APIRouter) -> list[APIRoute]:
    found: list[APIRoute] = []
    for router in routers:
        found += [route for route in router.routes if isinstance(route, APIRoute)]
    return found


@pytest.mark.parametrize(
    "route", routes_of(commands.routes, doors.routes), ids=lambda route: str(route.path)
)
def test_every_button_is_an_operator_s(route: APIRoute) -> None:
    assert route.methods == {"POST"}
    assert require_operator in calls(route.dependant)


@pytest.mark.parametrize(
    "route", routes_of(api.routes, doors_api.routes), ids=lambda route: str(route.path)
)
def test_every_route_of_the_api_asks_for_its_token(route: APIRoute) -> None:
    assert operators_only in calls(route.dependant)
