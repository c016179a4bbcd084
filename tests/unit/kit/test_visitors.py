"""The visitor's address counts, whatever proxies are between, and never a forged one."""

import pytest
from starlette.types import Scope

from kit.visitors import believe_gateway, proxies

GATEWAY = "172.18.0.5"
LAN_PROXY = "192.168.1.10"
CDN = "173.245.48.0/20 2400:cb00::/32"
CDN_6 = "2400:cb00::7"
VISITOR = "203.0.113.9"
VISITOR_6 = "2001:db8:1::9"
FORGED = "198.51.100.1"


def address_of(chain: list[str], trusted: str) -> str:
    """Returns the address that a service sees, by the gateway's X-Forwarded-For."""
    headers = [(b"x-forwarded-for", ", ".join(chain).encode())] if chain else []
    scope: Scope = {"type": "http", "client": (GATEWAY, 1), "headers": headers}
    believe_gateway(scope, proxies(trusted))
    return str(scope["client"][0])


@pytest.mark.parametrize(
    ("chain", "trusted", "address"),
    [
        pytest.param([VISITOR], "", VISITOR, id="nothing between"),
        pytest.param([VISITOR_6], "", VISITOR_6, id="by IPv6"),
        pytest.param([VISITOR, LAN_PROXY], "private_ranges", VISITOR, id="a proxy on this machine"),
        pytest.param([VISITOR, CDN_6], CDN, VISITOR, id="a CDN by IPv6"),
        pytest.param(
            [FORGED, VISITOR, "173.245.48.3"], CDN, VISITOR, id="a forged address before a CDN"
        ),
        pytest.param(
            [VISITOR, "173.245.48.3", LAN_PROXY],
            f"{CDN} private_ranges",
            VISITOR,
            id="a CDN and a proxy",
        ),
        pytest.param(
            [FORGED, VISITOR, "173.245.48.3"], "", "173.245.48.3", id="a CDN that is not trusted"
        ),
        pytest.param([LAN_PROXY], "private_ranges", LAN_PROXY, id="a visitor in the same network"),
        pytest.param([], "private_ranges", GATEWAY, id="another service"),
        pytest.param(
            ["nonsense", VISITOR, "unknown"], "private_ranges", "unknown", id="no address"
        ),
    ],
)
def test_the_visitors_address(chain: list[str], trusted: str, address: str) -> None:
    assert address_of(chain, trusted) == address


@pytest.mark.parametrize("written", ["cloudflare", "10.0.0.0/8, 172.16.0.0/12", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        proxies(written)
