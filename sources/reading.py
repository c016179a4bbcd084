"""Reads the body of a form in whatever encoding it comes. Pure."""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from email.message import Message
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import python_multipart
from pydantic_core import from_json
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File

from sources.model import Unreadable

MAX_FIELDS = 1000
MAX_DEPTH = 100
MAX_FILES = 20
JSON = "application/json"
MULTIPART = "multipart/form-data"
# what browsers read a declared charset as: https://encoding.spec.whatwg.org/#names-and-labels
_CHARSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "cp1252": "cp1252",
    "iso8859-15": "iso8859-15",
    "mac-roman": "mac-roman",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32": "utf-32",
}
_BOUNDARY = re.compile(rb"\A\s*--([^\s\"]{1,70})\r?\n")
_CHARSET_FIELD = "_charset_"  # a browser fills a hidden field of this name with the charset


def read_body(content_type: str, body: bytes) -> Mapping[str, object]:
    """Returns the fields of a form. Raises Unreadable.

    What the body is shows itself: many tools declare another type than they send. Its charset is
    the declared one, else UTF-8, else windows-1252.
    """
    declared = Message()
    declared["content-type"] = content_type
    charset = _charset(str(declared.get_param("charset") or ""))
    body = _as_bytes_of_ascii(body, charset)
    media_type = declared.get_content_type() if content_type else ""
    boundary = _boundary(media_type, str(declared.get_param("boundary") or ""), body)
    if boundary:
        return _multipart(boundary, body, charset)
    if _begins_json(body) or media_type == JSON or media_type.endswith("+json"):
        try:
            return _fields_of(read_json(_decoded(body, charset)))
        except Unreadable:
            # `[0]=a` is a form
            if b"=" not in body or body.lstrip()[:1] in (b"{", b'"'):
                raise
    return _pairs(body, charset, media_type)


def read_object(body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a body. Raises Unreadable."""
    value = read_json(_decoded(_as_bytes_of_ascii(body, ""), ""))
    if not isinstance(value, dict):
        raise Unreadable("not_object")
    return value


def read_json(text: str) -> Any:
    """Returns the JSON value of a text. Raises Unreadable.

    Line breaks in texts and halves of emoji, which JSON forbids, are read as they were meant.
    """
    try:
        return from_json(text)
    except ValueError:
        pass
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise Unreadable("bad_json") from None
    if _deeper_than(value, MAX_DEPTH):
        raise Unreadable("bad_json")
    return value


def _deeper_than(value: object, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        inner: list[object] = []
        for item in layer:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        if not inner:
            return False
        layer = inner
    return True


def _fields_of(value: object) -> Mapping[str, object]:
    """Returns the fields of a form in JSON.

    It is an object, a list of names and values, or such JSON as a text in JSON.
    """
    if isinstance(value, str):
        value = read_json(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]
    if isinstance(value, list) and value and all(map(_is_pair, value)):
        return _joined((str(item["name"]), str(item["value"])) for item in value)
    if not isinstance(value, dict):
        raise Unreadable("not_object")
    return value


def _is_pair(item: object) -> bool:
    return isinstance(item, dict) and item.keys() == {"name", "value"}


def _begins_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[", b'"')


def _boundary(media_type: str, declared: str, body: bytes) -> bytes:
    """Returns the boundary of a multipart body; empty where it is none.

    Some tools declare none, or forget the whole header.
    """
    if declared and media_type.startswith("multipart/"):
        return declared.encode("utf-8", "replace")
    found = _BOUNDARY.match(body)
    return found[1] if found else b""


def _multipart(boundary: bytes, body: bytes, charset: str) -> Mapping[str, object]:
    pairs: list[tuple[bytes, bytes]] = []

    def on_field(field: Field) -> None:
        pairs.append((field.field_name or b"", field.value or b""))

    def on_file(file: File) -> None:
        # of a file, only its name is kept
        pairs.append((file.field_name or b"", file.file_name or b""))

    headers = {"Content-Type": b"multipart/form-data; boundary=" + boundary}
    try:
        python_multipart.parse_form(headers, BytesIO(body), on_field, on_file)
    except (FormParserError, ValueError, KeyError):
        raise Unreadable("bad_form") from None
    if len(pairs) > MAX_FIELDS:
        raise Unreadable("bad_form")
    return _joined_bytes(pairs, charset)


def _pairs(body: bytes, charset: str, media_type: str) -> Mapping[str, object]:
    text = body.strip(b"\r\n\t ").decode("latin-1")
    if media_type == "text/plain" and "\n" in text:
        lines = [line.rstrip("\r").partition("=") for line in text.split("\n")]
        pairs = [(name, value) for name, equals, value in lines if equals]
        if len(pairs) > MAX_FIELDS:
            raise Unreadable("bad_form")
    else:
        try:
            # bytes as characters, which are decoded when their charset is known
            pairs = parse_qsl(
                text, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_FIELDS
            )
        except ValueError:
            raise Unreadable("bad_form") from None
    if text and not ("=" in text and pairs):
        raise Unreadable("bad_form")
    return _joined_bytes(
        [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs], charset
    )


def _joined_bytes(pairs: list[tuple[bytes, bytes]], charset: str) -> dict[str, object]:
    if not charset:
        declared = dict(pairs).get(_CHARSET_FIELD.encode(), b"")
        charset = _charset(declared.decode("latin-1"))
    return _joined((_decoded(name, charset), _decoded(value, charset)) for name, value in pairs)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Returns each field once. Several values are a list; the same value twice is one value."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        known = values.setdefault(name, [])
        if value not in known:
            known.append(value)
    return {name: _only(texts) for name, texts in values.items()}


def _only(texts: list[str]) -> object:
    filled = [text for text in texts if text] or texts[:1]
    return filled[0] if len(filled) == 1 else filled


@lru_cache(maxsize=64)
def _charset(declared: str) -> str:
    """Returns Python's name of a declared charset; empty for UTF-8, and for one unknown to us."""
    try:
        return _CHARSETS.get(codecs.lookup(declared[:20].strip("\"' ")).name, "")
    except (LookupError, ValueError):
        return ""


def _as_bytes_of_ascii(body: bytes, charset: str) -> bytes:
    """Returns the body in UTF-8 where its charset takes more than a byte for ASCII."""
    wide = charset if charset.startswith(("utf-16", "utf-32")) else _detected(body)
    if wide:
        body = body.decode(wide, "replace").encode("utf-8", "replace")
    return body.removeprefix(codecs.BOM_UTF8)


def _detected(body: bytes) -> str:
    found = json.detect_encoding(body)
    return found if found.startswith(("utf-16", "utf-32")) else ""


def _decoded(text: bytes, charset: str) -> str:
    try:
        return text.decode(charset or "utf-8")
    except ValueError:
        return text.decode("cp1252", "replace")
