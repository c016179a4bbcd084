"""Who counts as one visitor where requests are counted."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

Network = IPv4Network | IPv6Network

PRIVATE_RANGES = "private_ranges"  # Caddy's word, and these are the networks that it means by it
PRIVATE = ("192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::1/128")
IPV6_OF_ONE = 64  # a provider gives each customer at least so much


def proxies(written: str) -> list[Network]:
    """Returns the networks that TRUSTED_PROXIES names. Raises ValueError for what is no network."""
    words = [
        word
        for name in written.split()
        for word in (PRIVATE if name == PRIVATE_RANGES else (name,))
    ]
    return [ip_network(word) for word in words]


def believe_gateway(scope: Scope, trusted: Sequence[Network]) -> None:
    """Puts the visitor's address and scheme in place of the gateway's: nobody else reaches a service.

    Each proxy appends who it was asked by, so the visitor is the last one that is none of the `trusted`.
    """
    headers = Headers(scope=scope)
    if chain := ",".join(headers.getlist("x-forwarded-for")):
        addresses = [address.strip() for address in chain.split(",")]
        visitors = (address for address in reversed(addresses) if not _trusts(trusted, address))
        scope["client"] = (next(visitors, addresses[0]), 0)
    if (scheme := headers.get("x-forwarded-proto")) in ("http", "https"):
        scope["scheme"] = scheme


def _trusts(trusted: Sequence[Network], address: str) -> bool:
    found = _read(address)
    return found is not None and any(found in network for network in trusted)


@lru_cache(maxsize=1_000)
def visitor(address: str) -> str:
    """Returns whom the address stands for: its /64 where it is IPv6, else itself, even where it is no address."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_OF_ONE), strict=False))
    return address if found is None else str(found)


def visitor_of(request: HTTPConnection) -> str:
    """Returns the visitor that a request comes from, as far as the proxies before us tell."""
    return visitor(request.client.host) if request.client else "unknown"


@lru_cache(maxsize=1_000)
def is_anybodys(address: str) -> bool:
    """Returns whether the address tells visitors apart: one of a private network is a proxy's, or our own."""
    found = _read(address)
    return found is not None and found.is_global


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """The address, and the IPv4 one that an IPv6 address stands for; None where it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
