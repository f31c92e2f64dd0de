"""The report as one CSV table, a figure a row, for spreadsheets and programs."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

from visavis.learning.estimate import Estimate
from visavis.learning.report.funnel import Funnel
from visavis.learning.report.report import Report
from visavis.learning.report.uplift import Uplift

COLUMNS = ("section", "name", "figure", "value", "low", "high")
Row = tuple[str, str, str, float | None, float | None, float | None]


def sheet(report: Report) -> str:
    """Header and rows; names are ids, and an empty cell is not known or of too few members."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for *names, value, low, high in rows(report):
        writer.writerow([*map(_safe, names), *("" if number is None else number for number in (value, low, high))])
    return out.getvalue()


def _safe(name: object) -> str:
    """A name that a spreadsheet would take for a formula begins with an apostrophe."""
    words = str(name)
    return f"'{words}" if words[:1] in "=+-@\t\r" and words[:1] else words


def rows(report: Report) -> Iterator[Row]:
    """Every figure of the report."""
    for name, count in (("members", report.members), ("events", report.events), ("decisions", report.decisions)):
        yield "sizes", name, "count", count, None, None
    yield from _funnel(report.funnel)
    yield from _uplift(report.uplift)
    yield from _members(report)
    yield from _times(report)


def _funnel(funnel: Funnel | None) -> Iterator[Row]:
    if funnel is None:
        return
    for step in funnel.steps:
        yield "funnel", step.name, "count", step.count, None, None
        yield from _estimate("funnel", step.name, "of_before", step.of_before)
    for what, groups in (("placement", funnel.by_placement), ("item", funnel.by_item)):
        for group in groups:
            yield what, group.name, "shown", group.shown, None, None
            yield from _estimate(what, group.name, "reacted", group.reacted)
            yield what, group.name, "mean_reward", group.reward, None, None


def _uplift(uplift: Uplift | None) -> Iterator[Row]:
    if uplift is None:
        return
    yield from _estimate("uplift", "chosen", "mean_reward", uplift.reward_chosen)
    yield from _estimate("uplift", "by_lot", "mean_reward", uplift.reward_by_lot)
    yield from _estimate("uplift", "difference", "mean_reward", uplift.difference)
    yield from _estimate("uplift", "from_log", "mean_reward", uplift.from_log)
    yield "uplift", "from_log", "effective", uplift.effective, None, None


def _members(report: Report) -> Iterator[Row]:
    for cohort in report.cohorts.cohorts:
        began = cohort.begins.date().isoformat()
        yield "cohorts", began, "members", cohort.members, None, None
        for passed, active in enumerate(cohort.active):
            yield "cohorts", began, f"active_{passed}", active, None, None
    for number, segment in enumerate(report.segments.segments, start=1):
        yield "segments", str(number), "members", segment.members, None, None
        for feature, mean in segment.means.items():
            yield "segments", str(number), feature, mean, None, None


def _times(report: Report) -> Iterator[Row]:
    for line in report.daily:
        for passed, counted in enumerate(line.counts):
            yield "days", line.name, (line.first + timedelta(days=passed)).isoformat(), counted, None, None
    for found in report.anomalies:
        yield "anomalies", found.name, found.day.isoformat(), found.z, None, None
    for one in report.drift:
        yield "drift", one.name, "psi", one.psi, None, None
        yield "drift", one.name, "p", one.p, None, None


def _estimate(section: str, name: str, figure: str, estimate: Estimate | None) -> Iterator[Row]:
    if estimate is not None:
        yield section, name, figure, estimate.value, estimate.low, estimate.high
