"""The codes of short links."""

import pytest

from services.notify.short_links import CODE, new_code


def test_a_code_is_random_and_eight_characters_long() -> None:
    codes = {new_code() for _ in range(1_000)}

    assert len(codes) == 1_000
    assert all(CODE.fullmatch(code) and len(code) == 8 for code in codes)


@pytest.mark.parametrize("code", ["", "abcdefg", "abcdefghi", "abcdefg/", "abcdefgñ", "abcdefg0"])
def test_anything_else_is_no_code(code: str) -> None:
    assert not CODE.fullmatch(code)
