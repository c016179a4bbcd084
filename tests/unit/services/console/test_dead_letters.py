"""The dead letters that the console serves."""

from pauta.services import SERVICES as EVERY_SERVICE
from services.console.dead_letters import SERVICES


def test_every_service_with_queues_has_its_dead_letters_served() -> None:
    assert set(SERVICES) == {service.name for service in EVERY_SERVICE if service.queues}
