"""Kiosks and screens of this site: paired once by a code, known by tokens of ten minutes, revoked at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from starlette.requests import HTTPConnection

from visavis.errors import DeviceRefused, DeviceUnknown, PairingRefused, PlacementUnknown
from visavis.ports import KeyProvider
from visavis.privacy.device_identity import (
    CODE_FOR,
    Token,
    challenge,
    check_challenge,
    check_pairing,
    code_digest,
    new_code,
    pairing_text,
    public_keys,
    read_token,
    sign_token,
    signed_by,
    token_text,
)
from visavis.types import Device, PairingCode, Scenario

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

COOKIE = "visavis-device-"  # and the placement: one browser may show several
TRIES = 10  # wrong codes, whoever types them, until an open code is gone
MAX_NONCES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A code to type at the device."""

    code: str
    placement: str
    expires_at: datetime


class Devices:
    """What one process knows of them; the database has the truth, and tells when it changes."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._paired: Mapping[str, Device] = {}  # those that were not revoked
        self._challenges, self._tokens = public_keys(site.edge.keys)
        self._used: dict[str, datetime] = {}  # nonces of challenges, until they would have expired anyway

    async def required(self) -> bool:
        """Whether kiosks and screens must be paired: as set; else once others than this machine may come in."""
        match self._site.settings.pairing:
            case "off":
                return False
            case "required":
                return True
        return not on_loopback(self._site.settings.host) or await self._site.accounts.people.closed()

    async def follow(self) -> None:
        """Hear of devices that other processes pair and revoke."""
        async for _topic, _payload in self._site.storage.edge_signals.subscribe("devices"):
            await self.load()

    async def load(self) -> None:
        """Take the database's word; streams of a revoked device end."""
        devices = await self._site.storage.devices.all()
        before, self._paired = self._paired, {device.id: device for device in devices if device.revoked_at is None}
        for device_id in before.keys() - self._paired.keys():
            self._site.screens.end(before[device_id].placement)

    # ------ what staff does

    async def offer(self, placement: str, *, by: str) -> Offered:
        """A code for one device at one placement; raises PlacementUnknown."""
        code = new_code()
        made = offered(
            self._site.scenario, self._site.edge.keys, code, placement=placement, by=by, now=self._site.clock.now()
        )
        await self._site.storage.pairings.offer(made)
        await self._note(by, "pairing_code_made", {"placement": placement})
        return Offered(code=code, placement=placement, expires_at=made.expires_at)

    async def revoke(self, device_id: str, *, by: str) -> None:
        """Known no more from now on; raises DeviceUnknown."""
        if not await self._site.storage.devices.revoke(device_id, self._site.clock.now()):
            raise DeviceUnknown
        await self.load()
        await self._note(by, "device_revoked", {"device": device_id})

    # ------ what devices do

    async def pair(self, code: str, *, public_key: bytes, sent_key: str, signature: bytes) -> Device:
        """Bind a key to the placement of a code, once; raises PairingRefused, the same for every reason."""
        check_pairing(public_key, signature, pairing_text(code, sent_key))
        now = self._site.clock.now()
        found = await self._site.storage.pairings.use(code_digest(self._site.edge.keys, code), now)
        if found is None or found.placement not in self._site.scenario.placements:
            raise PairingRefused
        device = Device(
            id=str(uuid4()),
            public_key=public_key,
            placement=found.placement,
            paired_at=now,
            paired_by=found.made_by,
            seen_at=now,
        )
        if not await self._site.storage.devices.add(device):
            raise PairingRefused("this key was paired before; clear the page's data and try again")
        await self.load()
        await self._note(found.made_by, "device_paired", {"device": device.id, "placement": device.placement})
        return device

    def challenge(self, device_id: str) -> str:
        """What the device signs next; for a device that is none, too."""
        site = self._site
        return challenge(site.edge.keys, device_id, site=site.settings.site, now=site.clock.now())

    async def token(self, device_id: str, *, challenge: str, signature: bytes) -> tuple[Device, str]:
        """The device, and its token; raises DeviceRefused, the same for every reason."""
        site, now = self._site, self._site.clock.now()
        nonce = check_challenge(challenge, self._challenges, device_id, site=site.settings.site, now=now)
        await self.load()
        device = self._paired.get(device_id)
        if device is None or not signed_by(device.public_key, signature, token_text(challenge)):
            raise DeviceRefused
        self._use(nonce, now)
        await site.storage.devices.seen(device_id, now)
        token = sign_token(site.edge.keys, device_id, site=site.settings.site, placement=device.placement, now=now)
        return device, token

    def _use(self, nonce: str, now: datetime) -> None:
        if nonce in self._used:
            raise DeviceRefused("the challenge was used")
        while len(self._used) >= MAX_NONCES or (self._used and next(iter(self._used.values())) <= now):
            del self._used[next(iter(self._used))]
        self._used[nonce] = now + timedelta(minutes=2)

    # ------ what routes ask

    def shown(self, connection: HTTPConnection) -> tuple[Token, ...]:
        """The tokens of a request that hold: in cookies of this site's pages, or as `Authorization: Bearer`."""
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        texts = [text for name, text in connection.cookies.items() if name.startswith(COOKIE)]
        if scheme.lower() == "bearer" and bearer.count(".") == 2:
            texts.append(bearer)
        return tuple(token for text in texts[:8] if (token := self._read(text)) is not None)

    def _read(self, text: str) -> Token | None:
        try:
            token = read_token(text, self._tokens, site=self._site.settings.site, now=self._site.clock.now())
        except DeviceRefused:
            return None
        return token if self.stands(token) else None

    def stands(self, token: Token) -> bool:
        """Whether its device is still paired with its placement, however old a connection is."""
        device = self._paired.get(token.device_id)
        return device is not None and device.placement == token.placement

    async def _note(self, by: str, action: str, detail: Mapping[str, str]) -> None:
        now = self._site.clock.now()
        await self._site.edge.audit.append(actor=by, action=action, subject="", detail=detail, at=now)


def offered(scenario: Scenario, keys: KeyProvider, code: str, *, placement: str, by: str, now: datetime) -> PairingCode:
    """A code as it is kept; raises PlacementUnknown."""
    if placement not in scenario.placements:
        raise PlacementUnknown(repr(placement[:64]))
    return PairingCode(
        digest=code_digest(keys, code), placement=placement, made_by=by, expires_at=now + CODE_FOR, tries_left=TRIES
    )


def on_loopback(host: str) -> bool:
    """Whether a site that listens here can be reached from this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
