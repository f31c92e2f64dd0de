"""The report as blocks of plain text: what goes on paper, and under each plot."""

from collections.abc import Iterator, Mapping, Sequence

from visavis.learning.report.changes import LEAST_DAYS, Drift
from visavis.learning.report.funnel import Group
from visavis.learning.report.log import Names
from visavis.learning.report.report import Report
from visavis.learning.report.texts import text
from visavis.learning.report.uplift import FEW, Uplift
from visavis.learning.report.words import (
    DASH,
    advised,
    described,
    interval,
    line_name,
    percent,
    period,
    privacy,
    rows_hidden,
    segments_note,
    values_of,
)
from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table

Block = Heading | Paragraph | Table
SECTIONS = ("advice", "funnel", "uplift", "cohorts", "segments", "days", "drift")
MOST_PERIODS = 8  # columns of cohorts on paper


def document(report: Report, locale: str) -> Document:
    """Everything, in order."""
    blocks: list[Block] = [
        Heading(text=f"{text('title', locale)}: {report.title}", level=1),
        Paragraph(text=period(report, locale)),
        Paragraph(text=_sizes(report, locale)),
        Paragraph(text=privacy(report, locale)),
    ]
    for section in SECTIONS:
        blocks += [Heading(text=text(section, locale)), *section_blocks(report, section, locale)]
    return Document(locale=locale, title=f"{text('title', locale)}: {report.title}", blocks=blocks)


def _sizes(report: Report, locale: str) -> str:
    sizes = {"members": report.members, "events": report.events, "decisions": report.decisions}
    joint = "，" if locale == "zh-CN" else ", "
    return joint.join(f"{count:,} {text(name, locale)}" for name, count in sizes.items())


def section_blocks(report: Report, section: str, locale: str) -> list[Block]:
    """What one section says, without its heading."""
    match section:
        case "advice":
            return [Paragraph(text=sentence, kind="answer") for sentence in advised(report, locale)]
        case "funnel":
            return list(_funnel(report, locale))
        case "uplift":
            return list(_uplift(report.uplift, locale))
        case "cohorts":
            return list(_cohorts(report, locale))
        case "segments":
            return list(_segments(report, locale))
        case "days":
            return list(_days(report, locale))
        case _:
            return list(_drift(report, locale))


def _table(locale: str, columns: Mapping[str, float], rows: Sequence[tuple[str, ...]]) -> Table:
    titles = tuple(text(column, locale) for column in columns)
    return Table(columns=titles, rows=tuple(rows), widths=tuple(columns.values()))


def _funnel(report: Report, locale: str) -> Iterator[Block]:
    if report.funnel is None:
        yield Paragraph(text=text("no_decisions", locale))
        return
    yield Paragraph(text=text("funnel_note", locale))
    rows = [
        (
            text(step.name, locale),
            f"{step.count:,}",
            percent(None if step.of_before is None else step.of_before.value),
            interval(step.of_before),
        )
        for step in report.funnel.steps
    ]
    yield _table(locale, {"step": 0.3, "count": 0.2, "of_before": 0.25, "interval": 0.25}, rows)
    for what, groups in (("placement", report.funnel.by_placement), ("item", report.funnel.by_item)):
        if groups:
            yield _groups(what, groups, report.names, locale)
    for note in rows_hidden(report.funnel.hidden, locale):
        yield Paragraph(text=note)


def _groups(what: str, groups: tuple[Group, ...], names: Names, locale: str) -> Table:
    rows = [
        (
            names.say(f"{what}s", group.name, locale),
            f"{group.shown:,}",
            percent(group.reacted.value),
            interval(group.reacted),
            f"{group.reward:.3f}",
        )
        for group in groups
    ]
    widths = {what: 0.32, "shown": 0.16, "reaction_rate": 0.16, "interval": 0.2, "mean_reward": 0.16}
    return _table(locale, widths, rows)


def _uplift(uplift: Uplift | None, locale: str) -> Iterator[Block]:
    if uplift is None:
        yield Paragraph(text=text("no_decisions", locale))
        return
    if uplift.difference is None:
        key = "no_holdout_note" if uplift.from_log is not None else "no_holdout_no_log"
        yield Paragraph(text=text(key, locale), kind="missing")
    lines = [
        ("chosen", uplift.chosen, uplift.reward_chosen, ".3f"),
        ("by_lot", uplift.by_lot, uplift.reward_by_lot, ".3f"),
        ("difference", None, uplift.difference, "+.3f"),
        ("from_log", None, uplift.from_log, "+.3f"),
    ]
    rows = [
        (
            text(name, locale),
            DASH if count is None else f"{count:,}",
            DASH if estimate is None else f"{estimate.value:{form}}",
            interval(estimate, form=form),
        )
        for name, count, estimate, form in lines
    ]
    yield _table(locale, {"what": 0.4, "count": 0.15, "mean_reward": 0.2, "interval": 0.25}, rows)
    if uplift.from_log is not None and uplift.effective < FEW:
        yield Paragraph(text=text("few_effective", locale, count=f"{uplift.effective:.0f}"), kind="missing")
    yield Paragraph(text=text("uplift_note", locale))


def _cohorts(report: Report, locale: str) -> Iterator[Block]:
    found = report.cohorts
    if not found.cohorts:
        yield Paragraph(text=text("no_cohorts", locale))
    else:
        yield Paragraph(text=text("cohorts_note", locale))
        most = min(MOST_PERIODS, max(len(cohort.active) for cohort in found.cohorts))
        lines = [(f"{c.begins:%Y-%m-%d}", f"{c.members:,}", c.active) for c in found.cohorts]
        lines.append((text("all_cohorts", locale), f"{sum(c.members for c in found.cohorts):,}", found.retention))
        rows = [
            (name, size, *(f"{s:.0%}" if s is not None else DASH for s in active[:most]), *[""] * (most - len(active)))
            for name, size, active in lines
        ]
        titles = (
            text("week" if found.weekly else "month", locale),
            text("new_members", locale),
            *map(str, range(most)),
        )
        yield Table(columns=titles, rows=tuple(rows), widths=(0.2, 0.14, *[0.66 / most] * most))
    for note in rows_hidden(found.hidden, locale):
        yield Paragraph(text=note)


def _segments(report: Report, locale: str) -> Iterator[Block]:
    yield Paragraph(text=segments_note(report, locale))
    rows = [
        (str(number), f"{s.members:,}", percent(s.share), described(s, report.names, locale))
        for number, s in enumerate(report.segments.segments, start=1)
    ]
    if rows:
        yield _table(locale, {"group": 0.1, "new_members": 0.13, "share": 0.12, "description": 0.65}, rows)
    for note in rows_hidden(report.segments.hidden, locale):
        yield Paragraph(text=note)


def _days(report: Report, locale: str) -> Iterator[Block]:
    enough = any(len(line.counts) >= LEAST_DAYS for line in report.daily)
    if not enough:
        yield Paragraph(text=text("days_few", locale))
        return
    if not report.anomalies:
        yield Paragraph(text=text("no_anomalies", locale))
        return
    rows = [
        (
            found.day.isoformat(),
            line_name(found.name, report.names, locale),
            f"{found.count:,}",
            f"{found.usual:,.1f}",
            f"{found.z:+.1f}",
        )
        for found in report.anomalies
    ]
    yield _table(locale, {"day": 0.2, "what": 0.35, "count": 0.15, "usual": 0.15, "robust_z": 0.15}, rows)


def _drift(report: Report, locale: str) -> Iterator[Block]:
    if not report.drift:
        yield Paragraph(text=text("no_drift", locale))
        return
    yield Paragraph(text=text("drift_note", locale))
    rows = [
        (
            text(one.name, locale),
            f"{one.psi:.3f}",
            f"{one.by_chance:.3f}",
            _values(one, one.before, report.names, locale),
            _values(one, one.after, report.names, locale) + ("" if one.p is None else f"\np = {one.p:.2g}"),
        )
        for one in report.drift
    ]
    yield _table(locale, {"feature": 0.2, "psi": 0.1, "by_chance": 0.14, "before": 0.28, "after": 0.28}, rows)


def _values(one: Drift, values: Mapping[str, float], names: Names, locale: str) -> str:
    if one.p is not None:
        return "\n".join(f"{name}: {value:.4g}" for name, value in values.items())
    return "\n".join(f"{values_of(one.name, name, names, locale)}: {share:.0%}" for name, share in values.items())
