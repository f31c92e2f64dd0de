"""Pages that are drawn anew while somebody looks, and say so when the database does not answer."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from visavis.errors import StorageError
from visavis.server.console.texts import Language, say
from visavis.server.console.viewer import Viewer, send_away
from visavis.server.permissions import Permission

Work = Callable[[], Awaitable[None]]
REFRESH_S = 1.0


async def kept_fresh(
    draw: Work, permission: Permission, *, viewer: Viewer, health: ui.label, language: Language
) -> Work:
    """Draw now and every second, for as long as the viewer may see it; what draws it at once."""

    async def refresh() -> None:
        try:
            if not await viewer.still_may(permission):
                send_away()
                return
            await draw()
        except StorageError:
            health.set_text(say("health.down", language))
            health.classes(replace="health down")
            return
        health.set_text(say("health.ok", language))
        health.classes(replace="health")

    await refresh()
    ui.timer(REFRESH_S, refresh)
    return refresh
