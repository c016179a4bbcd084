"""What the generator can do and does not yet, because the product does not keep the promise yet."""

LATER: dict[str, str] = {}
