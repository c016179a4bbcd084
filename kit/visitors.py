"""Who counts as one visitor where requests are counted."""

import ipaddress
from functools import lru_cache

from starlette.requests import HTTPConnection

IPV6_OF_ONE = 64  # a provider gives each customer at least so much


@lru_cache(maxsize=1_000)
def visitor(address: str) -> str:
    """Returns whom the address stands for: its /64 where it is IPv6, else itself, even where it is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, ipaddress.IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_OF_ONE), strict=False))


def visitor_of(request: HTTPConnection) -> str:
    """Returns the visitor that a request comes from, as far as the proxy before us tells."""
    return visitor(request.client.host) if request.client else "unknown"


@lru_cache(maxsize=1_000)
def is_anybodys(address: str) -> bool:
    """Returns whether the address tells visitors apart: one of a private network is a proxy's, or our own."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global
