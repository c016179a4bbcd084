"""Empty caches: `make mutants` breaks the code after earlier tests have filled them."""

import pytest

from domain.journey import contact_hours, time_zones


@pytest.fixture(scope="session", autouse=True)
def _cold_caches() -> None:
    for cached in (
        contact_hours._open_on,
        contact_hours._day,
        time_zones.whereabouts,
        time_zones._within,
        time_zones._sharing_an_hour,
        time_zones._canonical,
        time_zones._by_content,
    ):
        cached.cache_clear()
