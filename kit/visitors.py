"""Identifies visitors by address, so that requests can be counted for each visitor."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

Network = IPv4Network | IPv6Network

PRIVATE_RANGES = "private_ranges"  # Caddy's name for the networks in PRIVATE
PRIVATE = ("192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::1/128")
IPV6_PREFIX_LENGTH = 64  # an Internet provider gives each customer a /64 or a larger network


def proxies(written: str) -> list[Network]:
    """Returns the networks that TRUSTED_PROXIES names. Raises ValueError for any other word."""
    names: list[str] = []
    for name in written.split():
        if name == PRIVATE_RANGES:
            names.extend(PRIVATE)
        else:
            names.append(name)
    return [ip_network(name) for name in names]


def believe_gateway(scope: Scope, trusted: Sequence[Network]) -> None:
    """Replaces the gateway's address and scheme in the scope by the visitor's.

    Only the gateway reaches a service, so its headers can be believed. Each proxy appends the
    address of its client, so the visitor is the last address outside the `trusted` networks.
    """
    headers = Headers(scope=scope)
    if chain := ",".join(headers.getlist("x-forwarded-for")):
        addresses = [address.strip() for address in chain.split(",")]
        untrusted = (address for address in reversed(addresses) if not _trusts(trusted, address))
        scope["client"] = (next(untrusted, addresses[0]), 0)
    if (scheme := headers.get("x-forwarded-proto")) in ("http", "https"):
        scope["scheme"] = scheme


def _trusts(trusted: Sequence[Network], address: str) -> bool:
    found = _read(address)
    return found is not None and any(found in network for network in trusted)


@lru_cache(maxsize=1_000)
def visitor(address: str) -> str:
    """Returns the visitor that an address counts as: the /64 of an IPv6 address, else the address.

    A text that is no address is returned unchanged.
    """
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX_LENGTH), strict=False))
    if found is None:
        return address
    return str(found)


def visitor_of(request: HTTPConnection) -> str:
    """Returns the visitor that a request comes from, as the trusted proxies report it."""
    return visitor(request.client.host) if request.client else "unknown"


@lru_cache(maxsize=1_000)
def is_anybodys(address: str) -> bool:
    """Returns whether the address distinguishes visitors.

    An address of a private network does not: it is that of a proxy, or our own.
    """
    found = _read(address)
    return found is not None and found.is_global


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """Returns the address, an IPv4-mapped one as IPv4; None where the text is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
