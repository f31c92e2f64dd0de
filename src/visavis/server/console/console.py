"""The console: a live board in NiceGUI, with everything it needs from its own wheel."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from typing import cast

from fastapi import FastAPI, Request
from nicegui import ui
from starlette.types import ASGIApp, Receive, Scope, Send

from visavis.server.console.board import BoardSource
from visavis.server.console.devices import DeviceSource
from visavis.server.console.devices_page import show_devices
from visavis.server.console.page import show_board
from visavis.server.console.privacy import PrivacySource
from visavis.server.console.privacy_page import show_privacy
from visavis.server.console.recognition import RecognitionSource
from visavis.server.console.recognition_page import show_recognition
from visavis.server.console.texts import language_of

BOARD = "visavis.board"
RECOGNITION = "visavis.recognition"
PRIVACY = "visavis.privacy"
DEVICES = "visavis.console-devices"
LANGUAGE = "visavis-language"


class WithBoard:
    """NiceGUI has one app a process; each site's requests carry their own board to it."""

    def __init__(
        self,
        app: ASGIApp,
        board: BoardSource,
        recognition: RecognitionSource,
        privacy: PrivacySource,
        devices: DeviceSource,
    ) -> None:
        self._app = app
        self._sources = {BOARD: board, RECOGNITION: recognition, PRIVACY: privacy, DEVICES: devices}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the board in the scope."""
        await self._app({**scope, **self._sources}, receive, send)


def mount_console(
    app: FastAPI,
    board: BoardSource,
    recognition: RecognitionSource,
    privacy: PrivacySource,
    devices: DeviceSource,
    *,
    guard: Callable[[ASGIApp], ASGIApp],
) -> None:
    """Serve the pages at /console/, to whom the guard lets pass; they start and stop with `app`."""
    shell = _shell()
    app.mount("/console", guard(WithBoard(shell, board, recognition, privacy, devices)))
    before = app.router.lifespan_context

    @asynccontextmanager
    async def with_console(outer: FastAPI) -> AsyncIterator[object]:
        async with shell.router.lifespan_context(shell), before(outer) as state:
            yield state

    app.router.lifespan_context = with_console  # type: ignore[assignment]  # as NiceGUI itself wraps it


@cache
def _shell() -> FastAPI:
    """NiceGUI's app, configured once a process."""
    shell = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        shell,
        title="visavis",
        favicon=str(files("visavis.server") / "static" / "logo.svg"),
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=5.0,
    )

    @ui.page("/")
    async def board_page(request: Request, lang: str | None = None) -> None:
        await show_board(cast("BoardSource", request.scope[BOARD]), language_of(request, lang))

    @ui.page("/recognition")
    async def recognition_page(request: Request, lang: str | None = None) -> None:
        board = cast("BoardSource", request.scope[BOARD])
        recognition = cast("RecognitionSource", request.scope[RECOGNITION])
        await show_recognition(board, recognition, language_of(request, lang))

    @ui.page("/privacy")
    async def privacy_page(request: Request, lang: str | None = None) -> None:
        board = cast("BoardSource", request.scope[BOARD])
        await show_privacy(board, cast("PrivacySource", request.scope[PRIVACY]), language_of(request, lang))

    @ui.page("/devices")
    async def devices_page(request: Request, lang: str | None = None) -> None:
        board = cast("BoardSource", request.scope[BOARD])
        devices = cast("DeviceSource", request.scope[DEVICES])
        await show_devices(board, devices, language_of(request, lang))

    return shell
