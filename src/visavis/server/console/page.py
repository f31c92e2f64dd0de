"""The board as a page: funnel, reward curve, last decisions."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from nicegui import ui

from visavis.server.console.board import STAGES, Board, BoardSource, Note
from visavis.server.console.fresh import kept_fresh
from visavis.server.console.texts import Language, say
from visavis.server.console.viewer import current_viewer
from visavis.server.permissions import Permission
from visavis.storage.board import Answered, RewardPoint
from visavis.types import Reason, Scenario

CSS = (files("visavis.server.console") / "console.css").read_text(encoding="utf-8")
POLICY_COLOUR, RANDOM_COLOUR = "#1a8a99", "#d98b5f"
Spoken = dict[str, Any]


async def show_board(source: BoardSource, language: Language) -> None:
    """Build the page and keep it fresh while somebody looks."""
    ui.add_css(CSS)
    ui.query("html").props(f'lang="{language}"')
    viewer, health = current_viewer(), header(source, language, at="board")
    notes = _Notes()
    with ui.element("main").classes("board"):
        bars = _funnel(language)
        curve = _curve(language)
        rows = _decisions(language)

    async def draw() -> None:
        board = await source.read()
        notes.update(board.notes, language)
        bars.update(board, language)
        curve.update(board.curve)
        rows.update(board.recent, source.scenario, language)

    await kept_fresh(draw, Permission.READ_BOARD, viewer=viewer, health=health, language=language)


def link(text: str, path: str, *, new_tab: bool = False) -> ui.element:
    """A path of this server as it is: NiceGUI's own link would put the console's before it."""
    with ui.element("a").props(f'href="{path}"' + (' target="_blank" rel="noopener"' if new_tab else "")) as found:
        ui.label(text)
    return found


PAGES = {
    "board": ("/console/", Permission.READ_BOARD),
    "recognition": ("/console/recognition", Permission.READ_CAMERAS),
    "privacy": ("/console/privacy", Permission.READ_MEMBERS),
    "devices": ("/console/devices", Permission.MANAGE_DEVICES),
}


def header(source: BoardSource, language: Language, *, at: str) -> ui.label:
    """Name, health, and the way to the other pages; gives the label of the health."""
    viewer = current_viewer()
    with ui.element("header").classes("top"):
        ui.element("img").classes("logo").props('src="/static/shared/logo.svg" alt=""')
        with ui.element("div").classes("name"):
            ui.label(f"{source.scenario.title[language]}").classes("scenario")
            ui.label(f"{say('site', language)} {source.site}").classes("soft")
        health = ui.label("").classes("health").props('role="status"')
        with ui.element("nav").classes("links"):
            for name, (path, permission) in PAGES.items():
                if not viewer.may(permission):
                    continue
                mark = 'aria-current="page"' if name == at else f'data-testid="to-{name}"'
                link(say(name, language), f"{path}?lang={language}").props(mark)
            for name, path in source.pages.items():
                link(say(name, language), path, new_tab=True)
            link(viewer.name or say("account", language), f"/console/account?lang={language}").props(
                'data-testid="account"'
            )
            other: Language = "en" if language == "zh-CN" else "zh-CN"
            label = "English" if other == "en" else "简体中文"
            ui.link(label, f"?lang={other}").props(f'lang="{other}" data-testid="language"')
    if source.faces != "on":
        _without_faces(source, language)
    return health


def _without_faces(source: BoardSource, language: Language) -> None:
    """Why no face is used here, and what to do."""
    with ui.element("p").classes("banner").props('role="status" data-testid="faces-off"'):
        ui.label(say(f"faces.{source.faces}", language))
        if source.faces_detail:
            ui.label(source.faces_detail).classes("soft")


class _Notes:
    """What the operator has to do, above everything else."""

    def __init__(self) -> None:
        self._place = ui.element("div").classes("notes").props('role="status" data-testid="notes"')
        self._shown: Sequence[Note] = ()

    def update(self, notes: Sequence[Note], language: Language) -> None:
        if notes == self._shown:
            return
        self._shown = notes
        self._place.clear()
        with self._place:
            for note in notes:
                ui.label(say(note.key, language, **note.values)).classes("note urgent" if note.urgent else "note")


class _Bars:
    """The funnel: one bar a stage, as long as its share of the largest count."""

    def __init__(self) -> None:
        self._counts: dict[str, ui.label] = {}
        self._shares: dict[str, ui.label] = {}
        self._bars: dict[str, ui.element] = {}

    def add(self, stage: str, language: Language) -> None:
        with ui.element("div").classes("stage").props(f'data-testid="funnel-{stage}"'):
            ui.label(say(stage, language)).classes("stage-name")
            with ui.element("div").classes("track"):
                self._bars[stage] = ui.element("div").classes(f"bar {stage}")
            self._counts[stage] = ui.label("0").classes("count")
            self._shares[stage] = ui.label("").classes("soft share")

    def update(self, board: Board, language: Language) -> None:
        counts = board.counts()
        largest = max(1, *(count for _, count in counts))
        before: tuple[str, int] | None = None
        for stage, count in counts:
            self._counts[stage].set_text(f"{count:,}")
            self._bars[stage].style(f"width: {100 * count / largest:.2f}%")
            self._shares[stage].set_text(_share(count, before, language))
            before = (stage, count)


def _share(count: int, before: tuple[str, int] | None, language: Language) -> str:
    if before is None or not before[1] or count > before[1]:
        return ""
    return say("of_before", language, share=f"{count / before[1]:.0%}", stage=say(before[0], language).lower())


def _funnel(language: Language) -> _Bars:
    bars = _Bars()
    with ui.element("section").classes("card funnel"):
        ui.label(say("funnel", language)).classes("heading").props('role="heading" aria-level="2"')
        for stage in STAGES:
            bars.add(stage, language)
        ui.label(say("funnel.note", language)).classes("soft note")
    return bars


class _Curve:
    """Policy and random, bucket by bucket."""

    def __init__(self, chart: ui.echart, empty: ui.label) -> None:
        self._chart = chart
        self._empty = empty
        self._drawn: Sequence[RewardPoint] = ()

    def update(self, points: Sequence[RewardPoint]) -> None:
        self._empty.set_visibility(not points)
        self._chart.set_visibility(bool(points))
        if list(points) == list(self._drawn):
            return
        self._drawn = points
        series = self._chart.options["series"]
        series[0]["data"] = [[p.last, round(p.policy_reward, 4)] for p in points]
        series[1]["data"] = [[p.last, round(p.uniform_reward, 4)] for p in points]
        self._chart.update()


def _curve(language: Language) -> _Curve:
    with ui.element("section").classes("card curve").props('data-testid="reward-curve"'):
        ui.label(say("curve", language)).classes("heading").props('role="heading" aria-level="2"')
        chart = ui.echart(_chart_options(language)).classes("chart")
        empty = ui.label(say("curve.empty", language)).classes("empty")
        ui.label(say("curve.note", language)).classes("soft note")
    return _Curve(chart, empty)


def _chart_options(language: Language) -> Spoken:
    grey = {"color": "#7f8c94"}
    axis = {
        "nameTextStyle": grey,
        "axisLabel": grey,
        "nameLocation": "middle",
        "splitLine": {"lineStyle": {"opacity": 0.25}},
    }
    lines = (("curve.policy", POLICY_COLOUR, "solid"), ("curve.uniform", RANDOM_COLOUR, "dashed"))
    return {
        "animationDuration": 300,
        "grid": {"left": 62, "right": 18, "top": 40, "bottom": 46},
        "legend": {"top": 4, "textStyle": grey},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"min": "dataMin", "max": "dataMax", "name": say("curve.x", language), "nameGap": 28, **axis},
        "yAxis": {"min": 0, "name": say("curve.y", language), "nameGap": 44, **axis},
        "series": [
            {
                "name": say(name, language),
                "type": "line",
                "symbolSize": 5,
                "smooth": 0.2,
                "lineStyle": {"width": 3, "type": kind},
                "itemStyle": {"color": colour},
                "data": [],
            }
            for name, colour, kind in lines
        ],
    }  # fmt: skip


class _Rows:
    """The table of last decisions."""

    def __init__(self, table: ui.table, empty: ui.label) -> None:
        self._table = table
        self._empty = empty

    def update(self, recent: Sequence[Answered], scenario: Scenario, language: Language) -> None:
        self._empty.set_visibility(not recent)
        self._table.set_visibility(bool(recent))
        rows = [_row(answered, scenario, language) for answered in recent]
        if rows != self._table.rows:
            self._table.rows = rows
            self._table.update()


def _decisions(language: Language) -> _Rows:
    names = ("time", "placement", "item", "propensity", "version", "reasons", "outcome")
    right = {"propensity", "version"}
    columns = [
        {"name": n, "label": say(n, language), "field": n, "align": "right" if n in right else "left"} for n in names
    ]
    with ui.element("section").classes("card decisions").props('data-testid="decisions"'):
        ui.label(say("decisions", language)).classes("heading").props('role="heading" aria-level="2"')
        table = ui.table(columns=columns, rows=[], row_key="id").classes("table").props("flat dense wrap-cells")
        empty = ui.label(say("decisions.empty", language)).classes("empty")
    return _Rows(table, empty)


def _row(answered: Answered, scenario: Scenario, language: Language) -> Spoken:
    decision = answered.decision
    return {
        "id": decision.id,
        "time": f"{decision.decided_at.astimezone():%H:%M:%S}",
        "placement": scenario.placements[decision.placement].name[language],
        "item": scenario.items[decision.item_id].title[language],
        "propensity": f"{decision.propensity:.3f}",
        "version": f"{decision.policy_version:,}",
        "reasons": ", ".join(_reason(reason, scenario, language) for reason in decision.reasons),
        "outcome": _outcome(answered, language),
    }


def _reason(reason: Reason, scenario: Scenario, language: Language) -> str:
    category = scenario.category_titles.get(reason.detail.get("category", ""), {}).get(language, "")
    return say(f"reason.{reason.code}", language, category=category.lower())


def _outcome(answered: Answered, language: Language) -> str:
    if answered.reward > 0:
        return say("outcome.reward", language, reward=f"{answered.reward:.2f}")
    if answered.answered:
        return say("outcome.none", language)
    return say("outcome.waiting" if answered.shown else "outcome.unseen", language)
