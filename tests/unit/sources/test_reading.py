"""The body of a form, in every encoding that comes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sources.model import Unreadable
from sources.reading import MAX_FIELDS, read_body, read_object
from tests.unit.sources.examples import example

MARIA = {"nombre": "María Peña", "email": "maria@example.com"}
TEXT = json.dumps(MARIA, ensure_ascii=False)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PLAIN = "text/plain"
MULTIPART = "multipart/form-data; boundary=x1"


def multipart(fields: Mapping[str, str], charset: str = "utf-8", boundary: str = "x1") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return f"{''.join(parts)}--{boundary}--\r\n".encode(charset)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(JSON, TEXT.encode(), id="JSON"),
        pytest.param(JSON, json.dumps(MARIA).encode(), id="JSON with escapes"),
        pytest.param(JSON, b"\xef\xbb\xbf" + TEXT.encode(), id="JSON with a byte order mark"),
        pytest.param(JSON, b" \r\n" + TEXT.encode(), id="JSON after blanks"),
        pytest.param(JSON, TEXT.encode("utf-16"), id="JSON in UTF-16"),
        pytest.param(JSON, TEXT.encode("utf-16-le"), id="JSON in UTF-16 without a mark"),
        pytest.param(JSON, TEXT.encode("utf-16-be"), id="JSON in UTF-16, big endian"),
        pytest.param(JSON, TEXT.encode("utf-32"), id="JSON in UTF-32"),
        pytest.param(JSON, TEXT.encode("cp1252"), id="JSON in windows-1252"),
        pytest.param(f"{JSON}; charset=latin1", TEXT.encode("cp1252"), id="JSON, declared"),
        pytest.param(JSON, f"[{TEXT}]".encode(), id="JSON in a list"),
        pytest.param(JSON, json.dumps(TEXT).encode(), id="JSON in JSON"),
        pytest.param(
            JSON,
            json.dumps([{"name": name, "value": value} for name, value in MARIA.items()]).encode(),
            id="a list of names and values",
        ),
        pytest.param("application/vnd.api+json", TEXT.encode(), id="another JSON"),
        pytest.param("text/plain;charset=UTF-8", TEXT.encode(), id="a beacon"),
        pytest.param(FORM, TEXT.encode(), id="JSON called a form"),
        pytest.param("", TEXT.encode(), id="JSON without a type"),
        pytest.param("nonsense; ;=", TEXT.encode(), id="JSON with a type that is none"),
        pytest.param(FORM, b"nombre=Mar%C3%ADa+Pe%C3%B1a&email=maria%40example.com", id="form"),
        pytest.param(FORM, b"nombre=Mar%EDa+Pe%F1a&email=maria@example.com", id="windows-1252"),
        pytest.param(FORM, "nombre=María+Peña&email=maria@example.com".encode(), id="not escaped"),
        pytest.param(
            FORM, "nombre=María+Peña&email=maria@example.com".encode("cp1252"), id="neither"
        ),
        pytest.param(
            f"{FORM}; charset=windows-1252",
            b"nombre=Mar%EDa+Pe%F1a&email=maria@example.com",
            id="windows-1252, declared",
        ),
        pytest.param(
            f"{FORM}; charset=utf-8",
            b"nombre=Mar%EDa+Pe%F1a&email=maria@example.com",
            id="windows-1252, declared as UTF-8",
        ),
        pytest.param(
            FORM, "nombre=María+Peña&email=maria@example.com".encode("utf-16"), id="form in UTF-16"
        ),
        pytest.param(JSON, b"nombre=Mar%C3%ADa+Pe%C3%B1a&email=maria@example.com", id="no JSON"),
        pytest.param(
            PLAIN, "nombre=María Peña\r\nemail=maria@example.com\r\n".encode(), id="a form in lines"
        ),
        pytest.param(MULTIPART, multipart(MARIA), id="multipart"),
        pytest.param(MULTIPART, multipart(MARIA, "cp1252"), id="multipart in windows-1252"),
        pytest.param(MULTIPART.replace("x1", '"x1"'), multipart(MARIA), id="multipart, quoted"),
        pytest.param("multipart/form-data", multipart(MARIA), id="multipart without a boundary"),
        pytest.param("", multipart(MARIA, boundary="----WebKit7"), id="multipart without a type"),
        pytest.param("multipart/mixed; boundary=x1", multipart(MARIA), id="another multipart"),
    ],
)
def test_the_same_fields_in_every_encoding(content_type: str, body: bytes) -> None:
    assert read_body(content_type, body) == MARIA


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param(b"a=1&a=1&a=", {"a": "1"}, id="one value, twice"),
        pytest.param(b"a=1&a=2", {"a": ["1", "2"]}, id="two values"),
        pytest.param(b"a=&a=", {"a": ""}, id="no value, twice"),
        pytest.param(b"a", {}, id="no fields"),
        pytest.param(b"a=%E1&_charset_=iso-8859-15&b=%A4", {"a": "á", "b": "€"}, id="_charset_"),
        pytest.param(b"[0]=a", {"[0]": "a"}, id="what begins like JSON"),
    ],
)
def test_the_fields_of_a_form(body: bytes, fields: dict[str, Any]) -> None:
    if not fields:
        with pytest.raises(Unreadable):
            read_body(FORM, body)
        return
    read = dict(read_body(FORM, body))
    read.pop("_charset_", None)

    assert read == fields


@pytest.mark.parametrize("content_type", [FORM, PLAIN, ""])
def test_an_empty_body_has_no_fields(content_type: str) -> None:
    assert read_body(content_type, b"") == {}
    assert read_body(content_type, b" \r\n") == {}


def test_of_a_file_its_name_is_kept() -> None:
    body = (
        b'--x1\r\nContent-Disposition: form-data; name="foto"; filename="yo.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\x00\xff\r\n--x1--\r\n"
    )

    assert read_body(MULTIPART, body) == {"foto": "yo.png"}


def test_json_that_a_template_broke_with_a_line_break_is_read() -> None:
    assert read_body(JSON, b'{"mensaje": "uno\r\ndos"}') == {"mensaje": "uno\r\ndos"}


def test_json_with_half_an_emoji_is_read() -> None:
    assert read_body(JSON, b'{"nombre": "Ana \\ud83d"}') == {"nombre": "Ana \ud83d"}


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        (JSON, b"", "bad_json"),
        (JSON, b"{", "bad_json"),
        (JSON, b'{"a": 1', "bad_json"),
        (JSON, b"[1, 2]", "not_object"),
        (JSON, b"[]", "not_object"),
        (JSON, b"null", "not_object"),
        (JSON, b'"texto"', "bad_json"),
        ("text/plain; charset=UTF-8", example("cf7-broken.txt"), "bad_json"),
        (PLAIN, b"hola", "bad_form"),
        ("application/xml", b"<a>1</a>", "bad_form"),
        (FORM, b"&".join([b"a=1"] * (MAX_FIELDS + 1)), "bad_form"),
        (PLAIN, b"\n".join([b"a=1"] * (MAX_FIELDS + 1)), "bad_form"),
        (MULTIPART, multipart({f"a{n}": "" for n in range(MAX_FIELDS + 1)}), "bad_form"),
        (MULTIPART, b"--x1\r\nContent-Disposition\r\n\r\n", "bad_form"),
        (MULTIPART, b"nonsense", "bad_form"),
        (JSON, b'{"a":' * 250 + b"1" + b"}" * 250, "bad_json"),
        (JSON, b'{"a":' * 50_000, "bad_json"),
        (JSON, b'{"\\ud83d":' * 150 + b"1" + b"}" * 150, "bad_json"),
    ],
)
def test_what_cannot_be_read(content_type: str, body: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_body(content_type, body)

    assert raised.value.code == code


@pytest.mark.parametrize(
    "charset", ["rot13", "punycode", "idna", "unicode_escape", "\u00e9", "zlib"]
)
def test_a_charset_that_no_form_has_is_ignored(charset: str) -> None:
    assert read_body(f"{FORM}; charset={charset}", b"a=%C3%A9") == {"a": "é"}


def test_an_object() -> None:
    assert read_object(TEXT.encode("utf-16")) == MARIA
