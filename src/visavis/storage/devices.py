"""Kiosks and screens that are paired, and the codes that pair them."""

from collections.abc import Sequence
from datetime import datetime

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Device, PairingCode


class PostgresDevices:
    """Implements `ports.DeviceStore`; topic `devices`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("devices")

    async def add(self, device: Device) -> bool:
        """Whether it was new; tells every node."""
        row = {
            "id": device.id,
            "public_key": device.public_key,
            "placement": device.placement,
            "paired_at": device.paired_at,
            "paired_by": device.paired_by,
            "seen_at": device.seen_at,
            "revoked_at": device.revoked_at,
        }
        return bool(await self._half.fetch(self._sql["add"], row))

    async def revoke(self, device_id: str, at: datetime) -> bool:
        """Whether there was one to revoke; tells every node."""
        return bool(await self._half.fetch(self._sql["revoke"], {"id": device_id, "at": at}))

    async def seen(self, device_id: str, at: datetime) -> None:
        """It got a token."""
        await self._half.fetch(self._sql["seen"], {"id": device_id, "at": at})

    async def all(self) -> Sequence[Device]:
        """Oldest first, the revoked too."""
        return [
            Device(id=i, public_key=key, placement=p, paired_at=paired, paired_by=by, seen_at=seen, revoked_at=revoked)
            for i, key, p, paired, by, seen, revoked in await self._half.fetch(self._sql["all"])
        ]


class PostgresPairings:
    """Implements `ports.PairingStore`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("devices")

    async def offer(self, code: PairingCode) -> None:
        """Keep a code until it is used, expires, or was missed too often."""
        row = {
            "digest": code.digest,
            "placement": code.placement,
            "made_by": code.made_by,
            "expires_at": code.expires_at,
            "tries_left": code.tries_left,
        }
        await self._half.fetch(self._sql["offer"], row)

    async def use(self, digest: bytes, at: datetime) -> PairingCode | None:
        """The code, which is gone then; None when there is none, which counts against all."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["use"], {"digest": digest, "at": at})
            row = await cursor.fetchone()
            if row is None:
                await cursor.execute(self._sql["missed"])
            await cursor.execute(self._sql["clear"], {"at": at})
        if row is None:
            return None
        found, placement, made_by, expires_at, tries_left = row
        return PairingCode(
            digest=found, placement=placement, made_by=made_by, expires_at=expires_at, tries_left=tries_left
        )
