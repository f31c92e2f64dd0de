"""Addresses outside this site: checked, looked up once, and pinned, so that nothing here can be reached through them.

    found = outside("https://partner.example/hook")       # raises AddressRefused
    async with httpx.AsyncClient() as client:
        await client.post(found.pinned, headers=found.headers, extensions=found.extensions, follow_redirects=False)

A name that answers differently the second time (DNS rebinding) is asked only once: the request goes to the address that
was checked, and the certificate must still be that of the name. A redirect leads to an address that nobody checked, so
it is never followed.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit, urlunsplit

from visavis.errors import AddressRefused, SettingInvalid

MAX_ADDRESS = 2048
_NEVER = frozenset(' \\"<>^`{|}')  # RFC 3986: in no part of an address
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

# IANA IPv4 Special-Purpose Address Registry, and multicast: none of it is a server on the internet.
_CLOSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: the metadata service of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_OPEN_6 = IPv6Network("2000::/3")  # global unicast; all else is local, mapped, translated or reserved
_CLOSED_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)


def is_public(address: Address) -> bool:
    """Whether a server on the internet may have it; an IPv4 address that IPv6 carries counts as what it is."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)
    return not any(address in network for network in _CLOSED_4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """An address that may be called, with the one IP address that was checked for it."""

    url: str
    host: str
    port: int
    address: str

    @property
    def pinned(self) -> str:
        """The address to call: the IP address in place of the name."""
        parts = urlsplit(self.url)
        host = f"[{self.address}]" if ":" in self.address else self.address
        return urlunsplit((parts.scheme, f"{host}:{self.port}", parts.path or "/", parts.query, ""))

    @property
    def headers(self) -> dict[str, str]:
        """The name that the server is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"Host": host if self.port == 443 else f"{host}:{self.port}"}

    @property
    def extensions(self) -> dict[str, str]:
        """For httpx: the name that its certificate must bear."""
        return {"sni_hostname": self.host}


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks that a site has opened; raises SettingInvalid."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError:
        raise SettingInvalid('outside_allowed: a network is written like "10.20.0.0/16"') from None


def looked_up(host: str, port: int) -> Sequence[str]:
    """Every IP address of a name, as the system knows it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def outside(text: str, *, allowed: Sequence[Network] = (), resolve: Resolve = looked_up) -> Outside:
    """Check an address and pin it; what is refused is not repeated, for it may hold a secret.

    Args:
        text: `https://` with a host, and without user or password.
        allowed: private networks that this site has opened.
        resolve: name and port -> IP addresses.

    Raises:
        AddressRefused: of another kind, unknown, or one of its IP addresses is not on the internet.
    """
    parts = _split(text)
    host = parts.hostname
    if parts.scheme != "https" or not host:
        raise AddressRefused("it begins with https:// and has a host")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("user and password do not stand in an address")
    port = parts.port or 443
    found = addresses_of(host, port, resolve=resolve)
    for address in found:
        if not is_public(address) and not any(address in network for network in allowed):
            raise AddressRefused("its host is not on the internet; a site may open networks: VISAVIS_OUTSIDE_ALLOWED")
    return Outside(url=text, host=host, port=port, address=str(found[0]))


def addresses_of(host: str, port: int, *, resolve: Resolve = looked_up) -> tuple[Address, ...]:
    """All that a name stands for, at least one; raises AddressRefused."""
    try:
        found = tuple(ip_address(text.split("%", maxsplit=1)[0]) for text in resolve(host, port))
    except (OSError, ValueError):  # UnicodeError is a ValueError: labels that are too long, or empty
        found = ()
    if not found:
        raise AddressRefused("its host is not known")
    return tuple(_plain(address) for address in found)


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _split(text: str) -> SplitResult:
    if (
        not 0 < len(text) <= MAX_ADDRESS
        or not text.isascii()
        or not text.isprintable()
        or set(text) & set(' \\"<>^`{|}')
    ):
        raise AddressRefused(f"an address has 1 to {MAX_ADDRESS} printable ASCII characters")
    try:
        parts = urlsplit(text)
        _ = parts.hostname, parts.port  # read to be checked
    except ValueError:
        raise AddressRefused("the host or the port is none") from None
    return parts
