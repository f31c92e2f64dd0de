"""Who looks at a console page, and whether they still may."""

from typing import Protocol, cast

from nicegui import ui

from visavis.server.permissions import Permission
from visavis.types import Role

VIEWER = "visavis.viewer"
SIGN_IN = "/sign-in"  # below the console's own path


class Viewer(Protocol):
    """Somebody of the staff, or who sits at the machine."""

    name: str  # empty at the machine
    role: Role

    @property
    def actor(self) -> str:
        """For the audit log."""
        ...

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        ...

    async def still_may(self, permission: Permission, *, act: bool = False) -> bool:
        """Whether they are still signed in and allowed; `act`: they do something, so they are not idle."""
        ...


def current_viewer() -> Viewer:
    """Whoever the page is built for."""
    return cast("Viewer", ui.context.client.request.scope[VIEWER])


def send_away() -> None:
    """To the sign-in page; from there to what they may see."""
    ui.navigate.to(SIGN_IN)
