"""Tell public IP addresses from all others.

Python's own `is_global` differs between versions, counts multicast as global, and misses some of
the ways to write an IPv4 address inside an IPv6 one. So the networks are listed here, from IANA's
registries of special-purpose addresses:

https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
GLOBAL_V6 = IPv6Network("2000::/3")
"""All routed addresses. Loopback, private, link-local, site-local, multicast, IPv4-compatible and
translated addresses are not in it."""
SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, with Teredo
            "2001:db8::/32",
            "2002::/16",  # 6to4: no receiver needs it, and it leads to an IPv4 address
            "3fff::/20",
        ),
    )
)
LEADS_TO_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4-mapped addresses, and those that DNS64 gives to names that have IPv4 addresses only."""


def is_public(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in SPECIAL_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if any(address in network for network in LEADS_TO_V4):
        return _is_public_v4(IPv4Address(int(address) % 2**32))
    return address in GLOBAL_V6 and not any(address in network for network in SPECIAL_V6)
