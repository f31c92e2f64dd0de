"""Devices and pairing codes in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from visavis.testing.signals import MemorySignals
from visavis.types import Device, PairingCode


class MemoryDevices:
    """Implements `ports.DeviceStore`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self._devices: dict[str, Device] = {}

    async def add(self, device: Device) -> bool:
        """Whether it was new; tells every node."""
        if device.id in self._devices or device.public_key in {d.public_key for d in self._devices.values()}:
            return False
        self._devices[device.id] = device
        await self._signals.publish("devices")
        return True

    async def revoke(self, device_id: str, at: datetime) -> bool:
        """Whether there was one to revoke; tells every node."""
        found = self._devices.get(device_id)
        if found is None or found.revoked_at is not None:
            return False
        self._devices[device_id] = replace(found, revoked_at=at)
        await self._signals.publish("devices")
        return True

    async def seen(self, device_id: str, at: datetime) -> None:
        """It got a token."""
        found = self._devices.get(device_id)
        if found is not None:
            self._devices[device_id] = replace(found, seen_at=max(found.seen_at, at))

    async def all(self) -> Sequence[Device]:
        """Oldest first, the revoked too."""
        return sorted(self._devices.values(), key=lambda device: (device.paired_at, device.id))


class MemoryPairings:
    """Implements `ports.PairingStore`."""

    def __init__(self) -> None:
        self._codes: dict[bytes, PairingCode] = {}

    async def offer(self, code: PairingCode) -> None:
        """Keep a code until it is used, expires, or was missed too often."""
        self._codes.setdefault(code.digest, code)

    async def use(self, digest: bytes, at: datetime) -> PairingCode | None:
        """The code, which is gone then; None when there is none, which counts against all."""
        self._clear(at)
        found = self._codes.pop(digest, None)
        if found is None:
            self._codes = {d: replace(code, tries_left=code.tries_left - 1) for d, code in self._codes.items()}
            self._clear(at)
        return found

    def _clear(self, at: datetime) -> None:
        self._codes = {d: code for d, code in self._codes.items() if code.expires_at > at and code.tries_left > 0}
