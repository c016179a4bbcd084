"""How often one address may send."""

import os
from unittest.mock import patch

import httpx

from pauta.running.compose_file import read_recipes
from services.intake.app import create_app
from services.intake.decisions import NewLead, Verdict
from services.intake.repositories import Received


class Accepts:
    def __init__(self) -> None:
        self.visitors: list[str | None] = []

    async def accept(self, received: Received) -> Verdict:
        self.visitors.append(received.submission.card.visitor)
        return NewLead(1, 1)


async def test_one_address_is_limited_with_a_retry_after_and_another_is_not() -> None:
    with patch.dict(os.environ, read_recipes({"LEAD_RATE_LIMIT": "3/hour"})["intake"].environment):
        app = create_app(accept=Accepts().accept)
    form = {"nombre": "Ana", "email": "ana@example.com"}
    async with app.router.lifespan_context(app):
        answers = {}
        for address in ("192.0.2.1", "192.0.2.2"):
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                answers[address] = [await client.post("/api/lead", json=form) for _ in range(4)]

    for of_one in answers.values():
        assert [answer.status_code for answer in of_one] == [202, 202, 202, 429]
        assert of_one[3].headers["retry-after"] == "60"
        assert of_one[3].json()["errors"][0]["message"].startswith("Recibimos demasiados")


async def test_a_form_identifies_its_visitor_without_storing_the_address() -> None:
    accepts = Accepts()
    with patch.dict(os.environ, read_recipes({})["intake"].environment):
        app = create_app(accept=accepts.accept)
    addresses = ("9.9.9.9", "9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9", "172.18.0.1")
    async with app.router.lifespan_context(app):
        for address in addresses:
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                await client.post("/api/lead", json={"nombre": "Ana", "email": "ana@example.com"})

    one, same, other, six, of_its_network, behind_a_proxy = accepts.visitors
    assert one == same
    assert six == of_its_network
    assert len({one, other, six}) == 3
    assert behind_a_proxy is None
    assert not any(address in str(accepts.visitors) for address in addresses)
