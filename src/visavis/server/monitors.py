"""Cameras that the site watches by itself: kept sealed in the database, resumed at every start, one process each."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from visavis.errors import CameraRefused, CameraUnknown, VisavisError
from visavis.perception.address import camera_address
from visavis.pipeline.camera import Seen
from visavis.pipeline.watch import CameraSpec, CameraState
from visavis.privacy.vault import address_binding
from visavis.server.cameras import REPORT_EVERY_S, check_host, pace_of
from visavis.server.happenings import Happenings, Kind
from visavis.server.reviews import PSEUDONYM
from visavis.types import Monitor

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()


class Monitors:
    """What operators add and remove while the site runs; one process of a site watches them, any may edit them."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._running: dict[str, Monitor] = {}
        self._trouble: dict[str, str] = {}  # monitors that cannot be started, with the code of the reason
        self._watches = False  # whether this process is the one
        self._turn = asyncio.Lock()
        self.happenings = Happenings(site.clock)

    async def follow(self) -> None:
        """Be the one that watches, now or after the other process has gone."""
        async with self._site.storage.only_one("monitors"):
            self._watches = True
            try:
                async for _topic, _payload in self._site.storage.edge_signals.subscribe("monitors"):
                    await self._align()
            finally:
                self._watches = False
                for name in list(self._running):
                    await self._stop(name)

    def saw(self, name: str, seen: Seen) -> None:
        """Write down what a frame of a monitor held."""
        if name not in self._running:
            return
        if seen.arrived:
            self.happenings.add(name, Kind.ARRIVED, faces=seen.arrived)
        for welcome in seen.welcomes:
            decision = welcome.decision
            self.happenings.add(
                name,
                Kind.RECOGNISED,
                member=welcome.sighting.token[:PSEUDONYM],
                decision_id=decision.id if decision else None,
            )

    async def report(self) -> None:
        """Write down which monitors come and go."""
        before: dict[str, bool] = {}
        while True:
            states = self.states()
            for name in self._running.keys() & states.keys():
                connected = states[name].connected
                if connected != before.get(name, False):
                    kind, trouble = (Kind.CONNECTED, None) if connected else (Kind.LOST, states[name].last_error)
                    self.happenings.add(name, kind, trouble=trouble)
                before[name] = connected
            await asyncio.sleep(REPORT_EVERY_S)

    # ------ what operators do

    async def add(
        self, *, name: str, address: str, placement: str, max_fps: float, enabled: bool, actor: str
    ) -> Monitor:
        """Keep a new one; raises CameraRefused, FacesOff or PlacementUnknown."""
        self._site.edge.check_faces()
        if await self._find(name) is not None or self._taken(name):
            raise CameraRefused(f"{name}: the name is taken")
        monitor = Monitor(
            name=name,
            sealed_address=b"",
            placement=placement,
            max_fps=max_fps,
            enabled=enabled,
            created_at=self._site.clock.now(),
        )
        return await self._save(monitor, address, actor)

    async def change(
        self,
        name: str,
        *,
        address: str | None,
        placement: str | None,
        max_fps: float | None,
        enabled: bool | None,
        actor: str,
    ) -> Monitor:
        """Change what is given; raises CameraUnknown, CameraRefused or PlacementUnknown."""
        before = await self.get(name)
        monitor = replace(
            before,
            placement=before.placement if placement is None else placement,
            max_fps=before.max_fps if max_fps is None else max_fps,
            enabled=before.enabled if enabled is None else enabled,
        )
        return await self._save(monitor, address, actor)

    async def remove(self, name: str, *, actor: str) -> None:
        """Stop and forget one; raises CameraUnknown."""
        if not await self._site.storage.monitors.remove(name):
            raise CameraUnknown(repr(name[:32]))
        self.happenings.forget(name)
        await self._noted("monitor_removed", name, actor)
        await self._told()

    async def get(self, name: str) -> Monitor:
        """Raises CameraUnknown."""
        monitor = await self._find(name)
        if monitor is None:
            raise CameraUnknown(repr(name[:32]))
        return monitor

    async def all(self) -> tuple[Monitor, ...]:
        """By name."""
        return tuple(await self._site.storage.monitors.all())

    def label(self, monitor: Monitor) -> str:
        """Scheme and host, or the device's or file's name; empty when the address cannot be opened."""
        try:
            return self._spec(monitor).address.label
        except VisavisError:
            return ""

    def states(self) -> Mapping[str, CameraState]:
        """Of those that run here."""
        return {state.name: state for state in self._site.watch.states()}

    def trouble(self, name: str) -> str | None:
        """Why one does not run here."""
        return self._trouble.get(name)

    # ------ inside

    async def _find(self, name: str) -> Monitor | None:
        return next((m for m in await self._site.storage.monitors.all() if m.name == name), None)

    def _taken(self, name: str) -> bool:
        """By a camera of the command line."""
        return name not in self._running and name in self.states()

    async def _save(self, monitor: Monitor, address: str | None, actor: str) -> Monitor:
        self._site.edge.check_placement(monitor.placement)
        if address is not None:
            await asyncio.to_thread(check_host, camera_address(address), self._site.settings.camera_hosts)
            sealed = self._site.edge.keys.wrap(address.encode(), aad=address_binding(monitor.name))
            monitor = replace(monitor, sealed_address=sealed)
        self._spec(monitor)
        await self._site.storage.monitors.save(monitor)
        await self._noted("monitor_saved", monitor.name, actor)
        await self._told()
        return monitor

    async def _noted(self, action: str, name: str, actor: str) -> None:
        """In the audit log: which cameras look on is part of what was done to whom."""
        now = self._site.clock.now()
        await self._site.edge.audit.append(actor=actor, action=action, subject="", detail={"monitor": name}, at=now)

    async def _told(self) -> None:
        """The one that watches hears of it by a signal; when that is this process, it need not wait."""
        if self._watches:
            await self._align()

    def _spec(self, monitor: Monitor) -> CameraSpec:
        address = self._site.edge.keys.unwrap(monitor.sealed_address, aad=address_binding(monitor.name)).decode()
        pace = replace(pace_of(self._site.settings), max_fps=monitor.max_fps)
        return CameraSpec(name=monitor.name, address=camera_address(address), placement=monitor.placement, pace=pace)

    async def _align(self) -> None:
        """Stop those that are gone or changed, start those that are new."""
        async with self._turn:
            wanted = {m.name: m for m in await self._site.storage.monitors.all() if m.enabled}
            for name, monitor in list(self._running.items()):
                if wanted.get(name) != monitor:
                    await self._stop(name)
            self._trouble = {}
            for name, monitor in wanted.items():
                if name not in self._running:
                    self._start(monitor)

    def _start(self, monitor: Monitor) -> None:
        try:
            self._site.watch.start(self._spec(monitor))
            self._running[monitor.name] = monitor
        except VisavisError as error:  # one that cannot run must not stop the others
            self._trouble[monitor.name] = error.code()
            log.warning("monitor_not_started", monitor=monitor.name, error=error.code())

    async def _stop(self, name: str) -> None:
        self._running.pop(name, None)
        with suppress(CameraUnknown):  # at the end the watch has stopped them all
            await self._site.watch.stop(name)
