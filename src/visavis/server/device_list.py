"""The console's devices page, read from the edge."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from visavis.server.site import Site
from visavis.types import Device


class SiteDevices:
    """Implements `console.devices.DeviceSource`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.placements: Mapping[str, Mapping[str, str]] = {
            placement.id: placement.name for placement in site.scenario.placements.values()
        }

    async def required(self) -> bool:
        """Whether kiosks and screens must be paired here."""
        return await self._site.devices.required()

    async def read(self) -> Sequence[Device]:
        """Every device that was ever paired."""
        return await self._site.storage.devices.all()

    async def offer(self, placement: str, *, by: str) -> tuple[str, datetime]:
        """A code for one device."""
        made = await self._site.devices.offer(placement, by=by)
        return made.code, made.expires_at

    async def revoke(self, device_id: str, *, by: str) -> None:
        """Known no more from now on."""
        await self._site.devices.revoke(device_id, by=by)
