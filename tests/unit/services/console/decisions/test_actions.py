"""How an event is shown in the audit log."""

from contracts.events.journey import JourneyPublished
from services.console.decisions.actions import action, without_personal_data
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


def test_a_line_has_the_header_of_the_event() -> None:
    event = {
        "topic": "lead.paused",
        "schema_version": 1,
        "event_id": "e",
        "at": "then",
        "lead_id": 7,
        "by": "ana",
    }

    assert action(3, event, "t") == {
        "id": 3,
        "at": "then",
        "lead_id": 7,
        "action": "lead.paused",
        "detail": {"by": "ana"},
        "event_id": "e",
        "trace": "t",
    }


def test_people_are_masked_however_deep_they_stand() -> None:
    masked = without_personal_data(
        {
            "guests": [{"name": "Ana Torres Ruiz", "email": "ana@example.com"}, "otra@example.com"],
            "booking": {"title": "Ana y Javier", "name": "Ana"},
            "name": "",
            "count": 8112345678,
            "version": "8112345678",
        }
    )

    assert masked == {
        "guests": [{"name": "Ana T.", "email": "a***@example.com"}, "o***@example.com"],
        "booking": {"title": "…", "name": "Ana"},
        "name": "",
        "count": 8112345678,
        "version": "8112345678",
    }


def test_names_in_a_list_are_cut_too() -> None:
    assert without_personal_data({"name": ["Ana Torres"]}) == {"name": ["Ana T."]}
