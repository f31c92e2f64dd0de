"""Cameras that the site watches by itself."""

from collections.abc import Sequence

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Monitor


class PostgresMonitors:
    """Implements `ports.MonitorStore`; topic `monitors`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("monitors")

    async def save(self, monitor: Monitor) -> None:
        """Add or replace by name; tells every node."""
        row = {
            "name": monitor.name,
            "sealed_address": monitor.sealed_address,
            "placement": monitor.placement,
            "max_fps": monitor.max_fps,
            "enabled": monitor.enabled,
            "created_at": monitor.created_at,
        }
        await self._half.fetch(self._sql["save"], row)

    async def remove(self, name: str) -> bool:
        """Whether there was one; tells every node."""
        return bool(await self._half.fetch(self._sql["remove"], {"name": name}))

    async def all(self) -> Sequence[Monitor]:
        """By name."""
        return [
            Monitor(name=n, sealed_address=sealed, placement=p, max_fps=fps, enabled=enabled, created_at=at)
            for n, sealed, p, fps, enabled, at in await self._half.fetch(self._sql["all"])
        ]
