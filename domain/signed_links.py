"""The signature in a link, so that nobody can guess another person's; and a name for what must not be known."""

import base64
import hashlib
import hmac


def sign(secret: str, purpose: str, lead_id: int) -> str:
    digest = hmac.new(secret.encode(), f"{purpose}:{lead_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def signed(signature: str, secret: str, purpose: str, lead_id: int) -> bool:
    """Whether the signature is ours, for this purpose and this lead."""
    return signature.isascii() and hmac.compare_digest(signature, sign(secret, purpose, lead_id))


def pseudonym(secret: str, purpose: str, text: str) -> str:
    """Returns a name for `text` that is always the same, and by which nobody finds it."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:16]
