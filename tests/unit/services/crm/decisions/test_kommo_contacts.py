"""Which phones and emails a contact in Kommo lacks."""

from providers.kommo.models import Contact
from services.crm.decisions.kommo_contacts import missing_addresses, with_added

OLD = {"value": "81 1234 5678", "enum_id": 3}
CONTACT = Contact(1, ("81 1234 5678",), ("Ana@Example.com ",), values={"PHONE": [OLD]})


def test_what_is_there_in_another_spelling_is_not_missing() -> None:
    assert missing_addresses(CONTACT, ["+528112345678"], ["ana@example.com"], "MX") == {}
    twice = ["+525511112222", "+525511112222"]
    assert missing_addresses(CONTACT, twice, ["otra@example.com"], "MX") == {
        "PHONE": ["+525511112222"],
        "EMAIL": ["otra@example.com"],
    }


def test_the_old_values_stay_because_kommo_replaces_the_list() -> None:
    changed = with_added(CONTACT, {"PHONE": ["+525511112222"], "EMAIL": ["otra@example.com"]})

    assert changed == {
        "PHONE": [OLD, {"value": "+525511112222", "enum_code": "WORK"}],
        "EMAIL": [{"value": "otra@example.com", "enum_code": "WORK"}],
    }
