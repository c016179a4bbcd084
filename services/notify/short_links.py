"""Short links: random codes, and the pages that they lead to."""

import re
import secrets
import string
from enum import StrEnum

MISREAD = "01IOl"
ALPHABET = "".join(sign for sign in string.digits + string.ascii_letters if sign not in MISREAD)
CODE_LENGTH = 8
CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")


class Target(StrEnum):
    """The page that a short link leads to."""

    BOOKING = "booking"
    RESOURCE = "resource"
    SURVEY = "survey"
    MATERIAL = "material"
    MEETING = "meeting"

    @property
    def fact(self) -> str:
        """The name under which texts have the link."""
        return f"{self}_url"


def new_code() -> str:
    """Returns a random code, of 1e14 that there are."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def short_link(public_url: str, code: str) -> str:
    return f"{public_url}/a/{code}"
