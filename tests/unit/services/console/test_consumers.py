"""What console publishes is what RabbitMQ lets its user publish."""

import inspect
import re
from types import ModuleType

import pytest

from contracts.commands.base import Command
from kit.messaging.broker import COMMAND_EXCHANGE
from pauta.services import SERVICES
from pauta.setup import _writable_keys
from services.console import failed_work
from services.console.consumers import PUBLISHES
from services.console.http import api, commands, doors, doors_api

CONSOLE = next(service for service in SERVICES if service.name == "console")


@pytest.mark.parametrize(
    "module", [api, commands, doors, doors_api, failed_work], ids=lambda module: module.__name__
)
def test_every_command_of_a_button_or_of_the_api_is_published_by_console(
    module: ModuleType,
) -> None:
    used = {
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Command) and "topic" in found.model_fields and found is not Command
    }

    assert used <= set(PUBLISHES)
    assert used


@pytest.mark.parametrize(
    "command",
    [message for message in PUBLISHES if issubclass(message, Command)],
    ids=lambda command: command.topic_name(),
)
def test_the_broker_lets_console_publish_each_command_to_its_owner(command: type[Command]) -> None:
    owner = command.owner or "crm"  # failed work goes to the service that owns the row
    key = f"{owner}.{command.topic_name()}"

    assert re.search(_writable_keys(CONSOLE, COMMAND_EXCHANGE.name), key)
