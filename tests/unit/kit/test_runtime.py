"""A bug in one request does not affect another."""

import httpx
import pytest

from kit.runtime import Service


@pytest.fixture
def app() -> Service:
    app = Service()

    @app.get("/breaks")
    async def breaks() -> None:
        raise KeyError("a bug")

    @app.get("/works")
    async def works() -> str:
        return "well"

    return app


async def test_a_bug_is_answered_and_not_raised_to_the_server(app: Service) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        broken = await http.get("/breaks")
        well = await http.get("/works")

    assert (broken.status_code, well.status_code) == (500, 200)
    assert "a bug" not in broken.text
