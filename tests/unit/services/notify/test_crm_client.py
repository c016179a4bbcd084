"""What notify makes of crm's permit."""

import time

import pytest

from services.notify.crm_client import MARGIN_SECONDS, CrmClient, CrmUnavailable
from tests.wire import Wire


async def test_a_permit_is_good_until_some_seconds_before_crm_ends_it() -> None:
    async with Wire() as wire:
        wire.answers(200, {"seconds": 60, "booked_elsewhere": True})
        crm = CrmClient(wire.url)
        before = time.monotonic()
        async with crm.permission(7, 5) as permission:
            after = time.monotonic()
            asked = [request.method for request in wire.requests]
        await crm.close()

    assert before + 60 - MARGIN_SECONDS <= permission.good_until <= after + 60 - MARGIN_SECONDS
    assert permission.good
    assert permission.eligibility.booked_elsewhere
    assert asked == ["PUT"], "it is open while the touch is sent"
    assert wire.requests[0].query == {"lead_id": "7", "person_id": "5"}
    assert [request.method for request in wire.requests] == ["PUT", "DELETE"]
    assert wire.requests[1].path == wire.requests[0].path


async def test_a_permit_that_ends_within_the_margin_is_not_good() -> None:
    async with Wire() as wire:
        wire.answers(200, {"seconds": MARGIN_SECONDS})
        crm = CrmClient(wire.url)
        async with crm.permission(7) as permission:
            assert not permission.good
        await crm.close()

    assert wire.requests[0].query == {"lead_id": "7"}


@pytest.mark.parametrize(("status", "body"), [(503, {"seconds": 60}), (200, {"second": 60})])
async def test_without_an_answer_nobody_is_contacted_and_the_permit_is_ended(
    status: int, body: object
) -> None:
    async with Wire() as wire:
        wire.answers(status, body)
        crm = CrmClient(wire.url)
        with pytest.raises(CrmUnavailable):
            async with crm.permission(7):
                pytest.fail("the lead was contacted")
        await crm.close()

    assert [request.method for request in wire.requests] == ["PUT", "DELETE"]
