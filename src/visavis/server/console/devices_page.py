"""The devices page: pair a kiosk or a screen, see when each was there, revoke it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from nicegui import ui

from visavis.server.console.board import BoardSource
from visavis.server.console.cards import act, card
from visavis.server.console.devices import DeviceSource
from visavis.server.console.fresh import Work, kept_fresh
from visavis.server.console.page import CSS, header
from visavis.server.console.texts import Language, say
from visavis.server.console.viewer import Viewer, current_viewer
from visavis.server.permissions import Permission
from visavis.types import Device

MANAGE = Permission.MANAGE_DEVICES


async def show_devices(board: BoardSource, source: DeviceSource, language: Language) -> None:
    """Build the page and keep it fresh while somebody looks."""
    ui.add_css(CSS)
    ui.query("html").props(f'lang="{language}"')
    viewer, health = current_viewer(), header(board, language, at="devices")
    page = _Page(source, language, viewer)
    with ui.element("main").classes("board even"):
        await page.build()

    async def draw() -> None:
        page.update(await source.read())

    page.refresh = await kept_fresh(draw, MANAGE, viewer=viewer, health=health, language=language)


class _Page:
    """Two cards: a code to pair with, and the devices."""

    def __init__(self, source: DeviceSource, language: Language, viewer: Viewer) -> None:
        self._source, self._language, self._viewer = source, language, viewer
        self._drawn: Sequence[Device] | None = None
        self.refresh: Work  # set once it is drawn

    async def build(self) -> None:
        """The card to pair with stays as it is; the list is drawn by `update`."""
        with self._lines("pair", "devices.pair"):
            required = await self._source.required()
            ui.label(self._say("devices.required" if required else "devices.off")).classes("soft note")
            options = {key: names[self._language] for key, names in self._source.placements.items()}
            chosen = ui.select(options, value=next(iter(options)), label=self._say("placement"))
            chosen.props("outlined dense")
            code = ui.element("div")

            async def offer() -> None:
                made, until = await self._source.offer(chosen.value, by=self._viewer.actor)
                code.clear()
                with code:
                    self._code(made, options[chosen.value], until)

            self._button("devices.make", offer).props('data-testid="make-code"')
        self._list = self._lines("devices", "devices")

    def update(self, devices: Sequence[Device]) -> None:
        """Draw the list anew when it has changed."""
        if devices == self._drawn:
            return
        self._drawn = devices
        self._list.clear()
        with self._list:
            if not devices:
                ui.label(self._say("devices.empty")).classes("empty small")
            for device in sorted(devices, key=lambda one: one.revoked_at is not None):
                self._device(device)

    def _code(self, code: str, placement: str, until: datetime) -> None:
        with ui.element("div").classes("pairing-code").props('role="status"'):
            ui.label(f"{code[:4]} {code[4:]}").classes("big").props('data-testid="code"')
            ui.label(self._say("devices.code", placement=placement, time=f"{until.astimezone():%H:%M}"))

    def _device(self, device: Device) -> None:
        gone = device.revoked_at
        with ui.element("div").classes("line").props('data-testid="device"'):
            ui.element("span").classes("dot" if gone else "dot good").props('aria-hidden="true"')
            with ui.element("div").classes("words"):
                name = self._source.placements.get(device.placement, {}).get(self._language, device.placement)
                ui.label(f"{name} · {device.id[:8]}").classes("strong")
                paired, seen = _moment(device.paired_at), _moment(device.seen_at)
                ui.label(self._say("devices.paired", at=paired, seen=seen)).classes("soft")
                if gone:
                    ui.label(self._say("devices.revoked", at=_moment(gone))).classes("soft")
            if not gone:
                with ui.element("div").classes("acts"):
                    revoke = partial(self._source.revoke, device.id, by=self._viewer.actor)
                    self._button("devices.revoke", revoke, danger=True).props('data-testid="revoke"')

    def _lines(self, name: str, title: str) -> ui.element:
        with card(name, self._say(title)):
            return ui.element("div").classes("lines")

    async def _after(self) -> None:
        await self.refresh()

    def _button(self, key: str, work: Work, *, danger: bool = False) -> ui.button:
        return act(key, work, MANAGE, viewer=self._viewer, language=self._language, after=self._after, danger=danger)

    def _say(self, key: str, **values: str) -> str:
        return say(key, self._language, **values)


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
