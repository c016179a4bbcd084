"""Signs links, so that nobody can guess the link of another person, and makes pseudonyms."""

import base64
import hashlib
import hmac


def sign(secret: str, purpose: str, lead_id: int) -> str:
    """Returns the signature for this purpose and this lead: 24 characters, safe in a URL."""
    digest = hmac.new(secret.encode(), f"{purpose}:{lead_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def signed(signature: str, secret: str, purpose: str, lead_id: int) -> bool:
    """Returns whether the signature is valid for this purpose and this lead."""
    return signature.isascii() and hmac.compare_digest(signature, sign(secret, purpose, lead_id))


def pseudonym(secret: str, purpose: str, text: str) -> str:
    """Returns a name for `text` that is always the same and does not reveal the text."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:16]
