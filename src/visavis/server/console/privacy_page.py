"""The privacy page: what members ask for at the desk, and where data rests."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from visavis.privacy.consent import State
from visavis.privacy.register import Place
from visavis.server.console.board import BoardSource
from visavis.server.console.cards import act, card
from visavis.server.console.page import CSS, header
from visavis.server.console.privacy import AtTheDesk, Form, PrivacySource, Standing
from visavis.server.console.texts import Language, say
from visavis.server.console.viewer import Viewer, current_viewer
from visavis.server.permissions import Permission

Work = Callable[[], Awaitable[None]]
EXPORT, CHANGE, REMOVE = Permission.EXPORT_MEMBERS, Permission.CHANGE_MEMBERS, Permission.ERASE_MEMBERS


async def show_privacy(board: BoardSource, source: PrivacySource, language: Language) -> None:
    """Build the page; nothing about anybody is on it until somebody is asked for."""
    ui.add_css(CSS)
    ui.query("html").props(f'lang="{language}"')
    viewer, health = current_viewer(), header(board, language, at="privacy")
    health.set_text(say("health.ok", language))
    with ui.element("main").classes("board even"):
        await _Page(source, language, viewer).build()


class _Page:
    """Three cards: the member who is at the desk, what was done lately, and the register of places."""

    def __init__(self, source: PrivacySource, language: Language, viewer: Viewer) -> None:
        self._source, self._language, self._viewer = source, language, viewer

    async def build(self) -> None:
        with card("desk", self._say("desk")):
            ui.label(self._say("desk.note")).classes("soft note")
            if any(self._viewer.may(one) for one in (EXPORT, CHANGE, REMOVE)):
                self._asking()
            else:
                ui.label(self._say("desk.officer")).classes("note").props('data-testid="desk-officer"')
            self._member = ui.element("div").classes("lines").props('data-testid="member"')
        with card("requests", self._say("requests")):
            self._lately = ui.element("div").classes("lines")
        with card("places", self._say("places")).classes("decisions"):
            self._places()
        await self._requests()

    # ------ who is at the desk

    def _asking(self) -> None:
        code = ui.input(self._say("desk.code")).props('outlined dense type=password data-testid="desk-code"')

        async def find() -> None:
            found = await self._source.find(code.value.strip(), actor=self._viewer.actor)
            code.set_value("")
            self._show(found)

        self._button("desk.find", find, Permission.READ_MEMBERS).props('data-testid="desk-find"')

    def _show(self, found: AtTheDesk) -> None:
        self._member.clear()
        with self._member:
            known = self._say("desk.face" if found.templates else "desk.noface")
            since = self._say("desk.since", date=f"{found.since:%Y-%m-%d}")
            ui.label(f"{found.pseudonym[:8]} · {since} · {known}").classes("strong").props('data-testid="whom"')
            for consent in found.consents:
                self._consent(found, consent)
            with ui.element("div").classes("acts"):
                if self._viewer.may(EXPORT):
                    for form in ("html", "json"):
                        work = partial(self._export, found.pseudonym, form)
                        self._button(f"desk.{form}", work, EXPORT).props(f'data-testid="export-{form}"')
                if self._viewer.may(REMOVE):
                    self._forgetting(found.pseudonym)

    def _consent(self, found: AtTheDesk, consent: Standing) -> None:
        with ui.element("div").classes("line"):
            with ui.element("div").classes("words"):
                ui.label(consent.title[self._language])
                state = self._say(f"consent.{consent.state.value}", date=f"{consent.until:%Y-%m-%d}")
                ui.label(state).classes("soft")
            if self._viewer.may(CHANGE) and consent.state not in (State.WITHDRAWN, State.EXPIRED):
                work = partial(self._withdraw, found.pseudonym, consent)
                testid = f'data-testid="withdraw-{consent.purpose.value}"'
                with ui.element("div").classes("acts"):
                    self._button("desk.withdraw", work, CHANGE, danger=True).props(testid)

    async def _export(self, pseudonym: str, form: Form) -> None:
        content = await self._source.export(pseudonym, form, actor=self._viewer.actor)
        ui.download.content(content, f"member-data.{form}")

    async def _withdraw(self, pseudonym: str, consent: Standing) -> None:
        await self._source.withdraw(pseudonym, consent.purpose, actor=self._viewer.actor)
        self._show(await self._source.find(pseudonym, actor=self._viewer.actor))

    def _forgetting(self, pseudonym: str) -> None:
        """Asked once more: nobody can bring a member back."""
        with ui.dialog() as dialog, ui.card().classes("card"):
            ui.label(self._say("desk.sure")).classes("heading")
            ui.label(self._say("desk.sure.note")).classes("soft note")

            async def forget() -> None:
                dialog.close()
                receipt = await self._source.forget(pseudonym, actor=self._viewer.actor)
                self._member.clear()
                with self._member:
                    ui.label(self._say("desk.forgotten")).classes("strong").props('data-testid="forgotten"')
                    ui.label(receipt).classes("soft receipt")

            with ui.element("div").classes("acts"):
                keep = ui.button(self._say("desk.keep"), on_click=dialog.close, color=None)
                keep.props("flat no-caps dense").classes("act")
                self._button("desk.erase", forget, REMOVE, danger=True).props('data-testid="erase"')
        opener = ui.button(self._say("desk.forget"), on_click=dialog.open, color=None)
        opener.props('flat no-caps dense data-testid="forget"').classes("act danger")

    # ------ what was done, and where data rests

    async def _requests(self) -> None:
        self._lately.clear()
        with self._lately:
            found = await self._source.requests(actor=self._viewer.actor)
            if not found:
                ui.label(self._say("requests.empty")).classes("empty small")
            for one in found:
                with ui.element("div").classes("line").props('data-testid="request"'):
                    ui.label(f"{one.at:%Y-%m-%d %H:%M} UTC").classes("soft")
                    ui.label(f"{self._say(f'request.{one.action}')} · {one.pseudonym[:8]}").classes("words")
                    ui.label(one.actor).classes("soft")

    def _places(self) -> None:
        """Closed at first: it is long, and the same every day."""
        with ui.element("details").classes("adding"):
            with ui.element("summary").props('data-testid="show-places"'):
                ui.label(self._say("places.show", count=str(len(self._source.places))))
            for place in self._source.places:
                self._place(place)

    def _place(self, place: Place) -> None:
        with ui.element("div").classes("line"):
            with ui.element("div").classes("words"):
                ui.label(place.what[self._language]).classes("strong")
                ui.label(place.address or place.where[self._language]).classes("soft")
            with ui.element("div").classes("words"):
                ui.label(place.form[self._language])
                ui.label(place.kept[self._language]).classes("soft")

    # ------ parts

    def _button(self, key: str, work: Work, needed: Permission, *, danger: bool = False) -> ui.button:
        return act(key, work, needed, viewer=self._viewer, language=self._language, after=self._requests, danger=danger)

    def _say(self, key: str, **values: str) -> str:
        return say(key, self._language, **values)
