"""The dead letters that the console serves."""

from pauta.services import SERVICES as EVERY_SERVICE
from services.console.dead_letters import SERVICES


def test_every_service_that_has_work_has_its_letters_looked_after() -> None:
    assert set(SERVICES) == {service.name for service in EVERY_SERVICE if service.queues}
