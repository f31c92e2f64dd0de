"""Cards of console pages, and the buttons on them."""

from collections.abc import Callable

from nicegui import ui

from visavis.errors import VisavisError
from visavis.server.console.fresh import Work
from visavis.server.console.texts import TEXTS, Language, say
from visavis.server.console.viewer import Viewer, send_away
from visavis.server.permissions import Permission


def card(name: str, title: str) -> ui.element:
    """A card with its heading."""
    found = ui.element("section").classes("card").props(f'data-testid="{name}"')
    with found:
        ui.label(title).classes("heading").props('role="heading" aria-level="2"')
    return found


def button(text: str, pressed: Callable[[], object], *, danger: bool = False) -> ui.button:
    """As flat as its text."""
    made = ui.button(text, on_click=pressed, color=None).props("flat no-caps dense")
    return made.classes("act danger" if danger else "act")


def act(
    key: str, work: Work, needed: Permission, *, viewer: Viewer, language: Language, after: Work, danger: bool = False
) -> ui.button:
    """A button that does something, while the viewer may; what goes wrong is said in words.

    Args:
        key: of its text.
        work: what it does.
        needed: for that.
        viewer: who presses it.
        language: of what is said.
        after: shows what came of it, also of what went wrong.
        danger: it ends something.
    """

    async def pressed() -> None:
        if not await viewer.still_may(needed, act=True):
            send_away()
            return
        try:
            try:
                await work()
            finally:
                await after()
        except VisavisError as error:
            known = f"problem.{error.code()}"
            ui.notify(say(known if known in TEXTS else "problem.other", language), type="negative")

    return button(say(key, language), pressed, danger=danger)
