"""Requests leave one after another, each at its turn."""

from hypothesis import given
from hypothesis import strategies as st

from kit.pace import FORGOTTEN_AFTER, Pace


def test_a_burst_leaves_one_a_second() -> None:
    pace = Pace(1)

    assert [pace.wait(key, 100) for key in "abc"] == [0, 1, 2]
    assert pace.wait("c", 101) == 1, "its turn is kept"
    assert pace.wait("b", 101) == 0
    assert pace.wait("c", 102) == 0


def test_a_turn_is_used_once() -> None:
    pace = Pace(1)

    assert pace.wait("a", 0) == 0
    assert pace.wait("a", 0) == 1


def test_turns_that_passed_unused_are_not_saved_up() -> None:
    pace = Pace(1)
    pace.wait("a", 0)

    assert [pace.wait(key, 60) for key in "bc"] == [0, 1]


def test_a_high_rate_lets_a_second_of_requests_go_at_once() -> None:
    pace = Pace(5)

    assert [pace.wait(key, 0) for key in range(5)] == [0] * 5
    assert round(pace.wait(5, 0), 6) == 0.2


def test_keys_that_never_come_back_are_forgotten() -> None:
    pace = Pace(1)
    for key in range(5):
        pace.wait(key, 0)
    for key in range(5, 7):
        pace.wait(key, FORGOTTEN_AFTER + 10)

    assert pace.wait(4, FORGOTTEN_AFTER + 10) > 0, "its turn is a new one"


@given(rate=st.sampled_from([1, 2, 5]), arrivals=st.lists(st.floats(0, 20), max_size=40))
def test_no_second_has_more_than_its_rate(rate: int, arrivals: list[float]) -> None:
    pace = Pace(rate)
    leaves = sorted(at + pace.wait(number, at) for number, at in enumerate(sorted(arrivals)))

    for first, last in zip(leaves, leaves[2 * rate :], strict=False):
        assert last - first >= 1 - 1e-6
