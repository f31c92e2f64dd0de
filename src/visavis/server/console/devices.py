"""What the devices page shows, and where it comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from visavis.types import Device


class DeviceSource(Protocol):
    """Kiosks and screens of one site, for staff."""

    placements: Mapping[str, Mapping[str, str]]  # id -> name in each language

    async def required(self) -> bool:
        """Whether they must be paired here."""
        ...

    async def read(self) -> Sequence[Device]:
        """Every device that was ever paired, oldest first; raises StorageError."""
        ...

    async def offer(self, placement: str, *, by: str) -> tuple[str, datetime]:
        """A code for one device, and until when it holds."""
        ...

    async def revoke(self, device_id: str, *, by: str) -> None:
        """Raises DeviceUnknown."""
        ...
