"""The columns of an exported lead."""

from services.console.decisions.lead_export import LEAD_COLUMNS, exported
from services.console.decisions.leads import Lead


def test_a_lead_has_every_column() -> None:
    assert set(exported(Lead(lead_id=1), "America/Mexico_City")) == set(LEAD_COLUMNS)
