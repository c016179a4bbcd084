"""The documents under docs/ match the code."""

import json

import pytest

from contracts.events.backup import BackupStarted
from contracts.registry import ALL_EVENTS
from devtools.documents import every_document
from pauta.running.compose_file import PROJECT
from pauta.services import SERVICES

DOCUMENTS = every_document()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_current(name: str) -> None:
    """`make documents` brings it up to date."""
    assert json.loads((PROJECT / "docs" / name).read_text()) == DOCUMENTS[name]


def test_every_event_has_a_publisher_and_a_line_in_the_overview() -> None:
    overview = (PROJECT / "docs" / "events.md").read_text()

    for event in ALL_EVENTS:
        publishers = [service.name for service in SERVICES if event in service.publishes]
        # the command line publishes BackupStarted
        assert publishers or event is BackupStarted, event.topic_name()
        assert f"`{event.topic_name()}`" in overview, event.topic_name()


def test_every_queue_and_every_event_is_in_the_asyncapi_documents() -> None:
    for service in SERVICES:
        text = json.dumps(DOCUMENTS[f"asyncapi/{service.name}.json"])
        assert all(queue.name in text for queue in service.queues)
        assert all(event.topic_name() in text for event in service.publishes)
