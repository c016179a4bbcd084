"""Who counts as one visitor where requests are counted."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

IPV6_OF_ONE = 64  # a provider gives each customer at least so much


@lru_cache(maxsize=1_000)
def visitor(address: str) -> str:
    """Returns whom the address stands for: its /64 where it is IPv6, else itself, even where it is no address."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_OF_ONE), strict=False))
    return address if found is None else str(found)


def visitor_of(request: HTTPConnection) -> str:
    """Returns the visitor that a request comes from, as far as the proxy before us tells."""
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
