"""RabbitMQ's administrator, in a file that the broker reads at each start.

The file holds a hash, so a password may be made of any characters, and a changed one counts from the next start on.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

NAME = "pauta"


def write_broker_user(file: Path, password: str) -> None:
    """Definitions of the default virtual host and its administrator, as RabbitMQ imports them."""
    whole = {"user": NAME, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    user = {
        "name": NAME,
        "tags": ["administrator"],
        "hashing_algorithm": "rabbit_password_hashing_sha256",
    }
    definitions = {
        "vhosts": [{"name": "/"}],
        "users": [user | {"password_hash": _hash(password)}],
        "permissions": [whole],
    }
    fresh = file.with_name(f".{file.name}")
    fresh.write_text(json.dumps(definitions, indent=2) + "\n")
    fresh.replace(file)


def _hash(password: str) -> str:
    """Four random bytes, and SHA-256 over them and the password. Source: rabbitmq.com/docs/passwords."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
