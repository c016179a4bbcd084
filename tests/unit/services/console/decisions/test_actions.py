"""How an event is shown in the audit log."""

from contracts.events.journey import JourneyPublished
from services.console.decisions.actions import action
from tests.builders import a_lead_created


def test_people_are_recognisable_and_not_usable() -> None:
    event = a_lead_created(extra={"mensaje": "Llámame al 8187654321 o a otro@example.com"})
    shown = action(1, event.model_dump(mode="json"), "t")

    assert shown["action"] == "lead.created"
    assert shown["detail"]["card"]["name"] == "Ana T."
    assert shown["detail"]["card"]["phone"] == "+52******5678"
    assert shown["detail"]["card"]["email"] == "a***@example.com"
    assert (
        shown["detail"]["card"]["extra"]["mensaje"]
        == "Llámame al 81******4321 o a o***@example.com"
    )


def test_machine_made_values_stay_whole() -> None:
    shown = action(
        1,
        {
            "topic": "touch.sent",
            "touch_id": "0198c5f0-7d2e-7c3a-9b1e-112345678901",
            "provider_ref": "CA8112345678",  # pragma: allowlist secret
        },
        None,
    )

    assert shown["detail"] == {
        "touch_id": "0198c5f0-7d2e-7c3a-9b1e-112345678901",
        "provider_ref": "CA8112345678",  # pragma: allowlist secret
    }


def test_a_journey_s_version_is_shown_without_its_content() -> None:
    shown = action(
        1, JourneyPublished(version="3f" * 32, content="steps: []").model_dump(mode="json"), None
    )

    assert shown["detail"] == {"version": "3f" * 32}
