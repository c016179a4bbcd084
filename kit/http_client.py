"""HTTP clients that refuse answers of any length: a server may answer without end."""

import zlib
from collections.abc import AsyncIterable
from typing import Any

import httpx

MAX_ANSWER_BYTES = 4_000_000  # packed or not
PACKED = ("gzip", "x-gzip", "deflate")
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # https://docs.python.org/3/library/zlib.html#zlib.decompress
ACCEPTED = "gzip, deflate"


class AnswerTooLong(ValueError):
    """The answer is longer than MAX_ANSWER_BYTES, or cannot be unpacked."""


async def read_bounded(chunks: AsyncIterable[bytes], encoding: str | None) -> bytes:
    """Returns the body, unpacked. Raises AnswerTooLong as soon as it is too long."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise AnswerTooLong(f"longer than {MAX_ANSWER_BYTES} bytes")
    return unpacked(bytes(body), encoding)


def unpacked(body: bytes, encoding: str | None) -> bytes:
    """Returns the body without its Content-Encoding. Raises AnswerTooLong."""
    if (encoding or "").strip().lower() not in PACKED or not body:
        return body
    unpacker = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        content = unpacker.decompress(body, MAX_ANSWER_BYTES + 1)
    except zlib.error as error:
        raise AnswerTooLong("cannot be unpacked") from error
    if len(content) > MAX_ANSWER_BYTES:
        raise AnswerTooLong(f"longer than {MAX_ANSWER_BYTES} bytes when unpacked")
    return content


class BoundedClient(httpx.AsyncClient):
    """An httpx client that raises httpx.DecodingError for an answer that is too long.

    The connection is closed then, so that the rest is never received.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.headers["Accept-Encoding"] = ACCEPTED

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        response = await super().send(request, stream=True, **options)
        if stream:
            return response
        try:
            body = await read_bounded(
                response.aiter_raw(), response.headers.get("content-encoding")
            )
        except AnswerTooLong as error:
            raise httpx.DecodingError(str(error), request=request) from error
        finally:
            await response.aclose()
        headers = httpx.Headers(response.headers)
        for name in ("content-encoding", "content-length", "transfer-encoding"):
            headers.pop(name, None)
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=body,
            request=request,
            extensions=response.extensions,
            history=response.history,
        )
