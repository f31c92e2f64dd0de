"""The recognition page: matches that wait, cameras, model and gallery, threshold."""

from collections.abc import Callable, Mapping
from functools import partial

from nicegui import ui

from visavis.server.console.board import BoardSource
from visavis.server.console.cards import act, card
from visavis.server.console.fresh import Work, kept_fresh
from visavis.server.console.page import CSS, header, link
from visavis.server.console.recognition import Recognition, RecognitionSource, Waiting, Watched
from visavis.server.console.texts import TEXTS, Language, say
from visavis.server.console.viewer import Viewer, current_viewer
from visavis.server.permissions import Permission

ANSWER, MANAGE = Permission.ANSWER_REVIEWS, Permission.MANAGE_CAMERAS


async def show_recognition(board: BoardSource, source: RecognitionSource, language: Language) -> None:
    """Build the page and keep it fresh while somebody looks."""
    ui.add_css(CSS)
    ui.query("html").props(f'lang="{language}"')
    viewer, health = current_viewer(), header(board, language, at="recognition")
    page = _Page(source, language, viewer)
    with ui.element("main").classes("board even"):
        page.build()

    async def draw() -> None:
        page.update(await source.read(by=viewer.actor))

    page.refresh = await kept_fresh(draw, Permission.READ_CAMERAS, viewer=viewer, health=health, language=language)


class _Page:
    """Four cards; lists are drawn anew only when what they show has changed."""

    def __init__(self, source: RecognitionSource, language: Language, viewer: Viewer) -> None:
        self._source, self._language, self._viewer = source, language, viewer
        self._drawn: dict[str, object] = {}
        self._figures: dict[str, ui.label] = {}  # of each monitor, so that its buttons stay while its figures change
        self.refresh: Work  # set once it is drawn

    def build(self) -> None:
        self._queue = self._lines("queue", "reviews")
        with self._lines("monitors", "monitors"):
            self._cameras = ui.element("div").classes("lines")
            if self._viewer.may(MANAGE):
                self._adding()
        self._model = self._lines("model", "model")
        self._sure = self._lines("sure", "threshold")

    def update(self, now: Recognition) -> None:
        self._redraw("reviews", (now.mode, now.waiting), self._queue, lambda: self._reviews(now))
        shown = [(w.monitor, w.address, _health(w)) for w in now.monitors]
        self._redraw("monitors", shown, self._cameras, lambda: self._monitors(now))
        for watched in now.monitors:
            self._figures[watched.monitor.name].set_text(_figures(watched, self._language))
        self._redraw("model", now.model + str(_model_facts(now)), self._model, lambda: self._facts(_model_facts(now)))
        self._redraw("sure", str(_sure_facts(now)), self._sure, lambda: self._facts(_sure_facts(now)))

    # ------ reviews

    def _reviews(self, now: Recognition) -> None:
        ui.label(self._say(f"review.mode.{now.mode}")).classes("soft note")
        if not now.waiting:
            ui.label(self._say("review.empty")).classes("empty small")
        for waiting in now.waiting:
            self._review(waiting)

    def _review(self, waiting: Waiting) -> None:
        review = waiting.review
        with ui.element("div").classes("line").props('data-testid="review"'):
            with ui.element("div").classes("words"):
                ui.label(f"{waiting.member} · {self._placement(review.placement)}").classes("strong")
                asked = f"{review.asked_at.astimezone():%H:%M:%S}"
                ui.label(
                    self._say(
                        f"review.{review.reason}", score=f"{review.score:.3f}", threshold=f"{review.threshold:.3f}"
                    )
                    + f" · {asked}"
                ).classes("soft")
            answer = partial(self._source.answer, review.id, by=self._viewer.actor)
            confirm, reject = partial(answer, confirm=True), partial(answer, confirm=False)
            if not self._viewer.may(ANSWER):
                return
            with ui.element("div").classes("acts"):
                self._button("review.confirm", confirm, ANSWER).props('data-testid="confirm"')
                self._button("review.reject", reject, ANSWER, danger=True).props('data-testid="reject"')

    # ------ monitors

    def _monitors(self, now: Recognition) -> None:
        if not now.monitors:
            ui.label(self._say("monitors.empty")).classes("empty small")
        for watched in now.monitors:
            self._monitor(watched)

    def _monitor(self, watched: Watched) -> None:
        monitor = watched.monitor
        with ui.element("div").classes("line").props('data-testid="monitor"'):
            ui.element("span").classes(f"dot {_health(watched)}").props('aria-hidden="true"')
            with ui.element("div").classes("words"):
                ui.label(f"{monitor.name} · {self._placement(monitor.placement)}").classes("strong")
                ui.label(watched.address).classes("soft")
                self._figures[monitor.name] = ui.label("").classes("soft")
            on = not monitor.enabled
            with ui.element("div").classes("acts"):
                if (
                    self._viewer.may(Permission.PREVIEW_CAMERAS)
                    and watched.state is not None
                    and watched.state.connected
                ):
                    self._preview(monitor.name)
                if self._viewer.may(MANAGE):
                    switch = partial(self._source.switch, monitor.name, on=on, by=self._viewer.actor)
                    self._button("monitors.on" if on else "monitors.off", switch, MANAGE)
                    remove = partial(self._source.remove, monitor.name, by=self._viewer.actor)
                    self._button("monitors.remove", remove, MANAGE, danger=True)

    def _preview(self, name: str) -> None:
        path = f"/v1/edge/monitors/{name}/preview"
        link(self._say("monitors.preview"), path, new_tab=True).classes("quiet")

    def _adding(self) -> None:
        with ui.element("details").classes("adding"):
            with ui.element("summary").props('data-testid="add-monitor"'):
                ui.label(self._say("monitors.add"))
            name = self._input("monitors.name", "door")
            address = self._input("monitors.address", "rtsp://user:password@10.0.0.7/live").props("type=password")
            options = {key: names[self._language] for key, names in self._source.placements.items()}
            placement = ui.select(options, value=next(iter(options)), label=self._say("placement")).props(
                "outlined dense"
            )

            async def add() -> None:
                await self._source.add(
                    name=name.value.strip(),
                    address=address.value.strip(),
                    placement=placement.value,
                    by=self._viewer.actor,
                )
                name.set_value("")
                address.set_value("")

            self._button("monitors.watch", add, MANAGE).props('data-testid="watch"')

    def _input(self, key: str, placeholder: str) -> ui.input:
        return ui.input(self._say(key), placeholder=placeholder).props(f'outlined dense data-testid="{key}"')

    # ------ facts

    def _facts(self, facts: Mapping[str, str]) -> None:
        with ui.element("dl").classes("facts"):
            for key, value in facts.items():
                with ui.element("dt"):
                    ui.label(self._say(key)).classes("soft")
                with ui.element("dd"):
                    ui.label(value)

    # ------ parts

    def _lines(self, name: str, title: str) -> ui.element:
        with card(name, self._say(title)):
            return ui.element("div").classes("lines")

    async def _after(self) -> None:
        await self.refresh()

    def _button(self, key: str, work: Work, needed: Permission, *, danger: bool = False) -> ui.button:
        return act(key, work, needed, viewer=self._viewer, language=self._language, after=self._after, danger=danger)

    def _redraw(self, key: str, shown: object, into: ui.element, draw: Callable[[], None]) -> None:
        if self._drawn.get(key) == shown:
            return
        self._drawn[key] = shown
        into.clear()
        with into:
            draw()

    def _placement(self, placement: str) -> str:
        return self._source.placements.get(placement, {}).get(self._language, placement)

    def _say(self, key: str, **values: str) -> str:
        return say(key, self._language, **values)


def _health(watched: Watched) -> str:
    if watched.trouble is not None:
        return "bad"
    if watched.state is None:
        return "off"
    return "good" if watched.state.connected else "bad"


def _figures(watched: Watched, language: Language) -> str:
    state = watched.state
    if watched.trouble is not None:
        return say("monitors.trouble", language, code=watched.trouble)
    if not watched.monitor.enabled:
        return say("monitors.is_off", language)
    if state is None:
        return say("monitors.elsewhere", language)
    if not state.connected:
        known = f"trouble.{state.last_error}"
        return say("monitors.lost", language, why=say(known, language) if known in TEXTS else "…")
    lag = f"{state.lag_s or 0:.2f}"
    return say("monitors.figures", language, fps=f"{state.fps:.1f}", lag=lag, dropped=f"{state.dropped:,}")


def _model_facts(now: Recognition) -> dict[str, str]:
    facts = {
        "model.pack": now.pack,
        "model.id": now.model,
        "model.licences": ", ".join(now.licences),
        "model.members": f"{now.members:,}",
        "model.by_face": f"{now.by_face:,}",
        "model.templates": f"{now.templates:,}",
    }
    if now.other_models:
        facts["model.others"] = ", ".join(f"{count:,} × {model}" for model, count in now.other_models.items())
    return facts


def _sure_facts(now: Recognition) -> dict[str, str]:
    return {
        "sure.fpir": f"{now.false_positive_rate:.2%}",
        "sure.fmr": f"{now.false_match_rate:.1e}",
        "sure.score": f"{now.score:.4f}",
        "sure.pairs": f"{now.impostor_pairs:,}",
        "sure.evidence": now.evidence,
    }
