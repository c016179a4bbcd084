"""Writes RabbitMQ's administrator into a file that the broker reads at each start.

The file holds a hash, so a password may have any characters. A changed password takes effect at
the next start.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

NAME = "pauta"


def write_broker_user(file: Path, password: str) -> None:
    """Writes the default virtual host and its administrator, as RabbitMQ imports them."""
    permissions = {"user": NAME, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    user = {
        "name": NAME,
        "tags": ["administrator"],
        "hashing_algorithm": "rabbit_password_hashing_sha256",
    }
    definitions = {
        "vhosts": [{"name": "/"}],
        "users": [user | {"password_hash": _hash(password)}],
        "permissions": [permissions],
    }
    fresh = file.with_name(f".{file.name}")
    fresh.write_text(json.dumps(definitions, indent=2) + "\n")
    fresh.replace(file)


def _hash(password: str) -> str:
    """Returns four random bytes and the SHA-256 of them and the password, in base64.

    Source: rabbitmq.com/docs/passwords.
    """
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
