"""Nothing of this machine, its network or its cloud is reached through an address from outside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from visavis.errors import AddressRefused, SettingInvalid
from visavis.privacy.outside import MAX_ADDRESS, is_public, networks, outside

INSIDE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48",
    "2001::/32", "2001:db8::/32", "2002::/16", "100::/64",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
           "2606:4700::1111", "2a00:1450::1"]  # fmt: skip


def resolving(*addresses: str):  # noqa: ANN201 - a resolver
    return lambda _host, _port: addresses


@st.composite
def inside(draw: st.DrawFn) -> str:
    network = draw(st.sampled_from(INSIDE))
    found = IPv6Network(network) if ":" in network else IPv4Network(network)
    return str(found[draw(st.integers(0, found.num_addresses - 1))])


@given(inside())
@example("169.254.169.254")
@example("255.255.255.255")
@example("fd00:ec2::254")
def test_no_address_inside_is_ever_called(address: str) -> None:
    """Whichever closed network a name stands for, also as one address of several, also as IPv6 carries it."""
    carried = f"::ffff:{address}" if "." in address else address
    for found in ((address,), ("8.8.8.8", address), (address, "8.8.8.8"), (carried,)):
        with pytest.raises(AddressRefused):
            outside("https://partner.example/", resolve=resolving(*found))


@given(st.integers(0, 2**32 - 1))
def test_ipv4_is_judged_alike_in_every_disguise(number: int) -> None:
    """IPv4-mapped as the address that it is; what Python calls private or reserved is never public here."""
    address = IPv4Address(number)
    assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)
    if (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    ):
        assert not is_public(address)
    assert not is_public(IPv6Address((0x2002 << 112) | (number << 80)))  # 6to4
    assert not is_public(IPv6Address((0x64FF9B << 96) | number))  # NAT64


@given(st.integers(0, 2**128 - 1))
def test_ipv6_that_python_calls_local_is_closed(number: int) -> None:
    """And nothing outside of global unicast is open."""
    address = IPv6Address(number)
    if address.ipv4_mapped is None and (address.is_private or address.is_link_local or address.is_multicast):
        assert not is_public(address)
    if is_public(address) and address.ipv4_mapped is None:
        assert number >> 125 == 1


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_on_the_internet_is_pinned(address: str) -> None:
    """The request goes to the checked address, under the name that its certificate must bear."""
    found = outside("https://partner.example:8443/hook?x=1#part", resolve=resolving(address))
    host = f"[{address}]" if ":" in address else address
    assert found.pinned == f"https://{host}:8443/hook?x=1"
    assert found.headers == {"Host": "partner.example:8443"}
    assert found.extensions == {"sni_hostname": "partner.example"}
    assert outside("https://partner.example", resolve=resolving(address)).headers == {"Host": "partner.example"}


def test_a_name_is_asked_once() -> None:
    """DNS rebinding: the second answer of the name is never heard."""
    answers = iter([("8.8.8.8",), ("127.0.0.1",)])
    found = outside("https://partner.example/", resolve=lambda _host, _port: next(answers))
    assert "8.8.8.8" in found.pinned
    assert "partner.example" not in found.pinned


@pytest.mark.parametrize(
    "address",
    [
        "", "http://partner.example/",
        "ftp://partner.example/", "file:///etc/passwd", "https://", "https:///x", "//x.example",
        "https://user@partner.example/", "https://user:secret@partner.example/", "https://partner.example:99999/",
        "https://partner.example:x/", "https://[::1/", "https://a b.example/", "https://a\\b.example/",
        "https://x\r\ny/",
        "https://bücher.example/", "https://partner.example/" + "x" * MAX_ADDRESS,
    ],
)  # fmt: skip
def test_other_addresses_are_refused_and_not_repeated(address: str) -> None:
    """Whatever they hold."""
    with pytest.raises(AddressRefused) as refused:
        outside(address, resolve=resolving("8.8.8.8"))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "localhost", "127.1", "0"]
)
def test_this_machine_has_many_names(host: str) -> None:
    """As the system's own resolver reads them."""
    with pytest.raises(AddressRefused):
        outside(f"https://{host}/")


@pytest.mark.parametrize("failure", [OSError("no such host"), UnicodeError("label too long")])
def test_a_name_that_nobody_knows_is_refused(failure: Exception) -> None:
    def resolve(_host: str, _port: int) -> tuple[str, ...]:
        raise failure

    with pytest.raises(AddressRefused, match="not known"):
        outside("https://partner.example/", resolve=resolve)


def test_a_site_opens_its_own_networks() -> None:
    """And no other."""
    own = networks(["10.20.0.0/16", "fd12::/32"])
    assert outside("https://intern.example/", allowed=own, resolve=resolving("10.20.1.1")).address == "10.20.1.1"
    assert outside("https://intern.example/", allowed=own, resolve=resolving("fd12::1")).address == "fd12::1"
    for address in ("10.21.0.1", "127.0.0.1"):
        with pytest.raises(AddressRefused):
            outside("https://intern.example/", allowed=own, resolve=resolving(address))
    with pytest.raises(SettingInvalid):
        networks(["10.20.0.0/33"])
    assert ip_address("10.20.1.1") in own[0]
