"""Who counts as one visitor where requests are counted."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

# whoever reaches a service directly stands in the containers' own network, or on this machine
NEIGHBOURS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)
PRIVATE_RANGES = "private_ranges"  # Caddy's word for much the same
IPV6_OF_ONE = 64  # a provider gives each customer at least so much


def proxies(written: str) -> list[str]:
    """Returns the networks in TRUSTED_PROXIES, and our neighbours'. Raises ValueError for what is no network."""
    named = [word for word in written.split() if word != PRIVATE_RANGES]
    return [*NEIGHBOURS, *(str(ip_network(word)) for word in named)]


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
