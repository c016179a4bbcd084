"""The console's users, as CONSOLE_USERS lists them."""

import pytest

from services.console.decisions.users import Role, User, read_users

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


def test_users_are_read_by_name() -> None:
    users = read_users(f"ana:operator:{HASH}\n luis:viewer:{HASH}")

    assert {name: user.acts for name, user in users.items()} == {"ana": True, "luis": False}
    assert users["luis"].role is Role.VIEWER
    assert read_users("") == {}


@pytest.mark.parametrize(
    "written", ["ana", f"ana:boss:{HASH}", "ana:operator:plain-text", f":operator:{HASH}"]
)
def test_an_invalid_user_is_refused_without_quoting_it(written: str) -> None:
    with pytest.raises(ValueError, match="CONSOLE_USERS") as refused:
        read_users(written)
    assert "plain-text" not in str(refused.value)


def test_a_user_has_name_role_and_hash_and_the_reason_says_how_to_make_one() -> None:
    assert read_users(f"ana:operator:{HASH}") == {"ana": User("ana", Role.OPERATOR, HASH)}
    with pytest.raises(ValueError, match="CONSOLE_USERS") as refused:
        read_users("ana")
    assert str(refused.value) == (
        "CONSOLE_USERS: each entry is name:viewer:hash or name:operator:hash,"
        " as `pauta console user` prints it"
    )


def test_a_hash_may_hold_a_colon() -> None:
    assert read_users(f"ana:viewer:{HASH}:x")["ana"].password_hash == f"{HASH}:x"
