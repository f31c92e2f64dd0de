"""`visavis report`: what happened, as a page, on paper, as a table."""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from visavis.cli.messages import chinese, say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, SiteName, err, out, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.errors import SettingInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from visavis.config import Settings
    from visavis.learning.report.log import Log
    from visavis.learning.report.report import Report

SUFFIXES = (".html", ".pdf", ".csv")


class Language(StrEnum):
    """Of the report."""

    EN = "en"
    ZH = "zh-CN"


class TimeUnit(StrEnum):
    """As `visavis.learning.tables.Unit`, which is not imported to show `--help`."""

    S = "s"
    MS = "ms"
    US = "us"


def report(
    out_files: Annotated[
        list[Path] | None,
        typer.Option("--out", help=say("Write here; .html, .pdf or .csv says as what."), show_default="report.html"),
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--language", help=say("Of page and paper."), show_default=say("yours"))
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help=say("How far back to look in the database."))] = 365,
    events: Annotated[
        Path | None,
        typer.Option(help=say("Instead of the database: table with member, time, kind."), show_default=False),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help=say("Instead of the database: table with time, item, reward."), show_default=False),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help=say("What a column of the tables is called, such as member=user_id."), show_default=False),
    ] = None,
    time_unit: Annotated[TimeUnit, typer.Option(help=say("Of times that are numbers."))] = TimeUnit.S,
    time_zone: Annotated[
        str | None, typer.Option(help=say("Of times that name no zone, such as Europe/Berlin."), show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of the groups of members."))] = 1,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
    json_: AsJson = False,
) -> None:
    """Of the site's database, or of files. Nobody can be picked out of it."""
    from visavis.learning.report.files import read_log
    from visavis.learning.report.report import make_report
    from visavis.learning.tables import Unit, check_zone

    check_zone(time_zone)
    files = [] if json_ and not out_files else [_checked(path) for path in out_files or [Path("report.html")]]
    locale = (language or (Language.ZH if chinese() else Language.EN)).value
    with progress_bar(err) as progress:
        progress("reading the log", 0.0)
        if events is None and decisions is None:
            given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
            log = asyncio.run(_of_site(given, days))
        else:
            log = read_log(events, decisions, unit=Unit(time_unit.value), zone=time_zone, called=_called(column or []))
        progress("reading the log", 1.0)
        made = make_report(log, seed=seed, progress=progress)
        for path in files:
            _write(path, made, locale, progress)
    if json_:
        print_json(_document(made))
        return
    _tell(made, locale, files)


def _called(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if not all(name and there for name, _, there in pairs):
        raise SettingInvalid("--column: write NAME=COLUMN, such as member=user_id")
    return {name: there for name, _, there in pairs}


def _checked(path: Path) -> Path:
    if path.suffix not in SUFFIXES:
        raise SettingInvalid(f"--out: {path.name}: a report ends in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise SettingInvalid(f"--out: {path.parent} is no folder")
    return path


def _write(path: Path, made: "Report", locale: str, progress: "Callable[[str, float], None]") -> None:
    from visavis.learning.report.document import document
    from visavis.learning.report.page import page
    from visavis.learning.report.sheet import sheet
    from visavis.privacy.assessment.pdf import pdf

    progress("writing the report", 0.0)
    match path.suffix:
        case ".html":
            content = page(made, locale).encode()
        case ".pdf":
            content = pdf(document(made, locale))
        case _:
            content = sheet(made).encode("utf-8-sig")  # a spreadsheet needs the mark to see UTF-8
    try:
        path.write_bytes(content)
    except OSError as failure:
        raise SettingInvalid(f"--out: {path}: {failure.strerror}") from failure
    progress("writing the report", 1.0)


def _document(made: "Report") -> dict[str, Any]:
    from dataclasses import asdict

    from visavis.learning.report.words import advised, described

    figures = asdict(made)
    del figures["names"]
    figures["advice"] = [
        {**asdict(one), "en": english, "zh-CN": chinese_}
        for one, english, chinese_ in zip(made.advice, advised(made, "en"), advised(made, "zh-CN"), strict=True)
    ]
    for segment, shown in zip(figures["segments"]["segments"], made.segments.segments, strict=True):
        segment["words"] = {locale: described(shown, made.names, locale) for locale in ("en", "zh-CN")}
    return figures


def _tell(made: "Report", locale: str, files: list[Path]) -> None:
    from visavis.learning.report.words import advised

    for sentence in advised(made, locale):
        out.print(f"• {escape(sentence)}", highlight=False, soft_wrap=True)
    for path in files:
        out.print(say("Written to {file}.").format(file=path), highlight=False, soft_wrap=True)


async def _of_site(given: "Settings", days: int) -> "Log":
    from visavis.behaviour.series import Series, microseconds
    from visavis.learning.report.log import Log, Names, decisions_of, nameless
    from visavis.pipeline.allowing import allowing
    from visavis.scenarios.loader import load_scenario
    from visavis.storage.database import open_storage
    from visavis.types import Purpose

    scenario = load_scenario(given.scenario)
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    async with open_storage(given.database_url, data_dir=given.data_dir, half="hub") as storage:
        happened = await storage.log.events(scenario.name, since, now)
        came = await storage.log.decisions(scenario.name, since, now)
        tokens = {event.token for event in happened if event.token is not None}
        allowed = await allowing(
            storage.hub_ledger, tokens, Purpose.IMPROVE, scenario=scenario, site=given.site, at=now
        )
    return Log(
        title=f"{given.site} · {scenario.title['zh-CN' if chinese() else 'en']}",
        until=now,
        series=nameless(Series.of_events([event for event in happened if event.token in allowed], scenario)),
        decisions=decisions_of(
            at=[microseconds(row.decided_at) for row in came],
            item=[row.item_id for row in came],
            members=[row.token for row in came],
            placement=[row.placement for row in came],
            propensity=[row.propensity for row in came],
            candidates=[row.candidates for row in came],
            by_lot=[row.policy == "uniform" and scenario.policy != "uniform" for row in came],
            delivered=[row.delivered for row in came],
            on_glass=[row.on_glass for row in came],
            reward=[min(1.0, row.reward) for row in came],
        ),
        names=Names.of(scenario),
        top_reward=max((kind.reward for kind in scenario.event_types.values()), default=0.0) or 1.0,
        silent=len(tokens) - len(allowed),
    )
