"""Who may use a route. Every route declares exactly one of PUBLIC, VISIT, `device(…)` and `needs(…)`."""

from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from visavis.errors import AccessRefused, DeviceRefused, NotAllowed, SignInRequired, StaffOnly
from visavis.privacy.device_identity import Token
from visavis.server.limits import DEVICE, KEY, MEMBER, is_here
from visavis.server.permissions import OF_DEVICES, Permission
from visavis.server.principal import Kind, Principal, person
from visavis.server.site import Site, site_of
from visavis.types import Role

PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")  # a proxy on this machine also comes from loopback
COOKIE, SECURE_COOKIE = "visavis-staff", "__Host-visavis-staff"
FOUND, TOKENS = "visavis.principal", "visavis.devices"
READS = ("GET", "HEAD", "OPTIONS")


class Access:
    """What a route declares; a dependency that refuses everybody else."""


class Public(Access):
    """Anybody: nothing here is anybody's secret."""

    async def __call__(self) -> None:
        """Nobody is refused."""


class ForMember(Access):
    """Whoever holds the session of a member's visit."""

    async def __call__(
        self, connection: HTTPConnection, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
    ) -> None:
        """Raises CredentialRefused, TooManyRequests."""
        site = site_of(connection)
        session = site.sessions.get(authorization)
        site.limits.take(MEMBER, f"member {session.member_id}")


class ForDevice(Access):
    """A kiosk, a screen or a terminal; or whoever may act in its place."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Raises DeviceRefused where devices must be paired and this is none; a socket's route does that itself."""
        found = await principal_of(connection)
        site = site_of(connection)
        if _acts(found, self.permission) or not await site.devices.required():
            return found
        tokens = shown(connection)
        if not tokens:
            if found.kind in (Kind.STAFF, Kind.KEY):
                raise NotAllowed(self.permission.value)
            if connection.scope["type"] == "websocket":
                return found  # its page must be able to read why, after the socket has been accepted
            raise DeviceRefused
        connection.state.caller = f"device {tokens[0].device_id}"
        site.limits.take(DEVICE, connection.state.caller)
        connection.scope[FOUND] = Principal(
            kind=Kind.DEVICE, site=found.site, id=tokens[0].device_id, permissions=OF_DEVICES
        )
        return principal_in(connection)


class Needs(Access):
    """Staff, or a program, with this permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Raises StaffOnly, SignInRequired or NotAllowed."""
        principal = await principal_of(connection)
        if not principal.may(self.permission):
            raise await refusal(site_of(connection), principal, self.permission)
        return principal


PUBLIC: Any = Depends(Public())
VISIT: Any = Depends(ForMember())


def device(permission: Permission) -> Any:
    """For devices, and for whoever has this permission."""
    return Depends(ForDevice(permission))


def needs(permission: Permission) -> Any:
    """For staff and programs. A route that wants to know who asks takes it as `Annotated[Principal, …]`."""
    return Depends(Needs(permission))


def _acts(principal: Principal, permission: Permission) -> bool:
    """Whether somebody may act in the place of a device; sitting at the machine is not enough."""
    return principal.kind in (Kind.STAFF, Kind.KEY) and principal.may(permission)


async def allowed_at(connection: HTTPConnection, placement: str) -> bool:
    """Whether whoever asks may be the kiosk or the screen of this placement: a device only of its own."""
    site = site_of(connection)
    if not await site.devices.required():
        return True
    principal = await principal_of(connection)
    if principal.kind in (Kind.STAFF, Kind.KEY):  # of whom the route has asked whether they may
        return principal.may(Permission.RUN_KIOSK) or principal.may(Permission.PLAY)
    return any(token.placement == placement and site.devices.stands(token) for token in shown(connection))


def shown(connection: HTTPConnection) -> tuple[Token, ...]:
    """The device's tokens of this request or socket, as they were when it began."""
    if TOKENS not in connection.scope:
        connection.scope[TOKENS] = site_of(connection).devices.shown(connection)
    found: tuple[Token, ...] = connection.scope[TOKENS]
    return found


async def check_place(connection: HTTPConnection, placement: str) -> None:
    """Raises PlacementUnknown, and DeviceRefused for another device's placement."""
    site_of(connection).edge.check_placement(placement)
    if not await allowed_at(connection, placement):
        raise DeviceRefused


async def refusal(site: Site, principal: Principal, permission: Permission) -> AccessRefused:
    """Why somebody may not."""
    if principal.kind is not Kind.ANONYMOUS:
        return NotAllowed(permission.value)
    return SignInRequired() if await site.accounts.people.closed() else StaffOnly()


# ------ who it is


async def principal_of(connection: HTTPConnection) -> Principal:
    """Whoever asks; found once a request."""
    if FOUND not in connection.scope:
        connection.scope[FOUND] = await _found(site_of(connection), connection)
    return principal_in(connection)


def principal_in(connection: HTTPConnection) -> Principal:
    """As it was found before."""
    found: Principal = connection.scope[FOUND]
    return found


async def _found(site: Site, connection: HTTPConnection) -> Principal:
    scheme, _, text = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.startswith("vv_"):
        program = await site.accounts.keys.principal(text)
        if program is not None:
            connection.state.caller = f"key {program.id}"  # for whom requests are counted
            if not is_here(connection.client.host if connection.client else ""):
                site.limits.take(KEY, connection.state.caller)
        return program or nobody(site)
    if cookie := staff_cookie(connection):
        signed_in = await site.accounts.sign_ins.find(cookie)
        if signed_in is not None and signed_in.session.complete and from_own_page(connection):
            return person(Kind.STAFF, signed_in.staff.role, site=site.settings.site, id=signed_in.staff.id)
    if at_machine(connection) and not await site.accounts.people.closed():
        return owner(site)
    return nobody(site)


def owner(site: Site) -> Principal:
    """Whoever sits at the machine, while nobody else can come in: the command line lets them do everything anyway."""
    everything = frozenset(Permission)
    return Principal(kind=Kind.MACHINE, site=site.settings.site, role=Role.ADMINISTRATOR, permissions=everything)


def nobody(site: Site) -> Principal:
    """Somebody who has shown nothing."""
    return Principal(kind=Kind.ANONYMOUS, site=site.settings.site)


def staff_cookie(connection: HTTPConnection) -> str | None:
    """The cookie of a session. Over TLS only the one that no other host and no plain page can have set."""
    return connection.cookies.get(SECURE_COOKIE if over_tls(connection) else COOKIE)


def over_tls(connection: HTTPConnection) -> bool:
    """Whether the browser spoke TLS, to this server or to the proxy before it."""
    return connection.url.scheme in ("https", "wss")


def from_own_page(connection: HTTPConnection) -> bool:
    """Whether a request that may change something says that it comes from a page of this server.

    A cookie is sent along by the browser whoever made it ask. SameSite=Strict keeps it from other sites; this also
    keeps out other ports and other names of the same site, and a browser that says nothing.
    """
    if connection.scope["type"] == "http" and connection.scope["method"] in READS:
        return True
    origin = connection.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == connection.headers.get("host")
    return connection.headers.get("sec-fetch-site") == "same-origin"


def at_machine(connection: HTTPConnection) -> bool:
    """Whether the request comes from this machine, without a proxy between."""
    host = connection.client.host if connection.client else ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "testclient"
    return local and not any(name in connection.headers for name in PROXIED)
