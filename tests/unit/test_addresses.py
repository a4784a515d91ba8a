"""An address is public only if it and every IPv4 address inside it belong to the open internet.

Addresses and their meaning: IANA's registries of special-purpose addresses
(https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry).
"""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifestream.domain.addresses import is_public

METADATA = int(ipaddress.ip_address("169.254.169.254"))
NOT_PUBLIC = {
    "this network": ["0.0.0.0", "0.1.2.3"],  # noqa: S104  # nothing is bound to it
    "private": ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1"],
    "carrier's NAT": ["100.64.0.1", "100.127.255.254"],
    "loopback": ["127.0.0.1", "127.1.2.3", "::1"],
    "nobody's": ["::", "5f00::1", "100::1", "4000::1"],
    "link-local, with the metadata service": ["169.254.169.254", "169.254.170.2", "fe80::1"],
    "the metadata service's IPv6": ["fd00:ec2::254", "fe80::a9fe:a9fe%2"],
    "site-local": ["fec0::1", "feff::1"],
    "protocol assignments": ["192.0.0.1", "192.0.0.9", "192.0.0.170", "2001:1::1", "2001:20::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "multicast": ["224.0.0.251", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved, broadcast": ["240.0.0.1", "255.255.255.255"],
    "6to4's relays": ["192.88.99.1"],
    "6to4": ["2002:a9fe:a9fe::", "2002:7f00:1::1", "2002:0a00:0001::", "2002:5db8:d70e::"],
    "Teredo": ["2001::1", "2001:0:53aa:64c:0:0:5601:5601", "2001:0:a9fe:a9fe::"],
    "IPv4 in IPv6": ["::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:224.0.0.1"],
    "IPv4 in IPv6, without ffff": ["::127.0.0.1", "::169.254.169.254", "::8.8.8.8"],
    "IPv4, translated (SIIT)": ["::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"],
    "NAT64": ["64:ff9b::a9fe:a9fe", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::e000:1"],
    "NAT64 of a network's own": ["64:ff9b:1::", "64:ff9b:1::8.8.8.8", "64:ff9b:0:1::8.8.8.8"],
    "no address": ["", "example.com", "1.2.3", "1.2.3.4/8", "2606:4700::1%eth0"],
}
PUBLIC = [
    "8.8.8.8", "93.184.215.14", "52.94.236.248", "172.15.0.1", "172.32.0.1", "100.63.255.255",
    "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888",
    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize(
    "address", [address for addresses in NOT_PUBLIC.values() for address in addresses]
)
def test_addresses_outside_the_open_internet_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_address_is_public_that_python_calls_private(address: ipaddress.IPv4Address) -> None:
    """Our list is stricter than that of any Python version."""
    assert not is_public(str(address)) or address.is_global


@given(st.integers(min_value=0, max_value=2**96 - 1))
def test_no_prefix_makes_the_metadata_service_public(prefix: int) -> None:
    """The service's IPv4 address is in the last 32 bits; the prefix is random."""
    address = ipaddress.IPv6Address(prefix << 32 | METADATA)

    is_translated = address.ipv4_mapped or address.sixtofour or address.teredo
    assert not is_public(str(address)) or not is_translated


@pytest.mark.parametrize("prefix", ["::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"])
@given(inner=st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged(prefix: str, inner: ipaddress.IPv4Address) -> None:
    outer = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(inner))

    assert is_public(str(inner)) or not is_public(str(outer))


@given(inner=st.ip_addresses(v=4), rest=st.integers(min_value=0, max_value=2**80 - 1))
def test_no_tunnel_is_public(inner: ipaddress.IPv4Address, rest: int) -> None:
    six_to_four = ipaddress.IPv6Address(0x2002 << 112 | int(inner) << 80 | rest)
    teredo = ipaddress.IPv6Address(0x20010000 << 96 | int(inner) << 64 | rest % 2**64)

    assert not is_public(str(six_to_four))
    assert not is_public(str(teredo))
