"""The plots of a report as Plotly's plain data; colours are names that the page knows in light and dark."""

from datetime import timedelta
from typing import Any

from visavis.learning.report.changes import LARGE, LEAST_DAYS, MODERATE
from visavis.learning.report.report import Report
from visavis.learning.report.texts import text
from visavis.learning.report.words import described, line_name

Figure = dict[str, Any]
INK, SOFT, ACCENT, WARN, WASH = "--ink", "--soft", "--accent", "--warn", "--wash"
LINES = 6  # colours of lines: --s0 to --s5
BAR = 34  # pixels of a bar with its gap


def figures(report: Report, locale: str) -> dict[str, Figure]:
    """Section -> its plot, where there is something to draw."""
    made = {
        "funnel": _funnel(report, locale),
        "uplift": _uplift(report, locale),
        "cohorts": _cohorts(report, locale),
        "segments": _segments(report, locale),
        "days": _days(report, locale),
        "drift": _drift(report, locale),
    }
    return {section: figure for section, figure in made.items() if figure is not None}


def _layout(height: int, **axes: Any) -> dict[str, Any]:
    bare = {"automargin": True, "zeroline": False, "gridcolor": "--line", "linecolor": "--line"}
    return {
        "height": height,
        "margin": {"l": 8, "r": 24, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK, "family": "inherit", "size": 13},
        "hoverlabel": {"bgcolor": "--card", "bordercolor": "--line", "font": {"color": INK}, "align": "left"},
        "showlegend": False,
        "dragmode": False,
        "xaxis": bare | axes.pop("xaxis", {}),
        "yaxis": bare | axes.pop("yaxis", {}),
        **axes,
    }


def _funnel(report: Report, locale: str) -> Figure | None:
    if report.funnel is None:
        return None
    steps = report.funnel.steps
    labels = [text(step.name, locale) for step in steps]
    shares = [step.count / max(1, steps[0].count) for step in steps]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [step.count for step in steps],
        "y": labels,
        "text": [f"{step.count:,} ({share:.0%})" for step, share in zip(steps, shares, strict=True)],
        "textposition": "auto",
        "insidetextfont": {"color": "--card"},
        "cliponaxis": False,
        "marker": {"color": ACCENT},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    axis = {"autorange": "reversed", "ticks": "", "showgrid": False}
    return {"data": [bars], "layout": _layout(len(steps) * BAR + 40, yaxis=axis, xaxis={"rangemode": "tozero"})}


def _uplift(report: Report, locale: str) -> Figure | None:
    if report.uplift is None:
        return None
    found = report.uplift
    lines = {"chosen": found.reward_chosen, "by_lot": found.reward_by_lot, "from_log": found.from_log}
    if found.difference is not None:
        lines = {"chosen": found.reward_chosen, "by_lot": found.reward_by_lot, "difference": found.difference}
    known = [(text(name, locale), one) for name, one in lines.items() if one is not None]
    if not known:
        return None
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [one.value for _, one in known],
        "y": [_wrapped(name) for name, _ in known],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for _, one in known],
            "arrayminus": [one.value - one.low for _, one in known],
            "color": ACCENT,
            "thickness": 2,
        },
        "marker": {"color": ACCENT, "size": 10},
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
    }
    axes = {"yaxis": {"autorange": "reversed"}, "xaxis": {"title": {"text": text("mean_reward", locale)}}}
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": SOFT, "dash": "dot"}}
    return {"data": [points], "layout": _layout(len(known) * 52 + 70, shapes=[zero], **axes)}


def _wrapped(name: str) -> str:
    """In lines of some 24 letters."""
    lines = [""]
    for word in name.split(" "):
        if len(lines[-1]) + len(word) > 24 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _cohorts(report: Report, locale: str) -> Figure | None:
    found = report.cohorts
    if not found.cohorts:
        return None
    most = max(len(cohort.active) for cohort in found.cohorts)
    shares = [[*cohort.active, *[None] * (most - len(cohort.active))] for cohort in found.cohorts]
    heat = {
        "type": "heatmap",
        "z": shares,
        "x": list(range(most)),
        "y": [f"{cohort.begins:%Y-%m-%d} ({cohort.members:,})" for cohort in found.cohorts],
        "text": [["" if share is None else f"{share:.0%}" for share in row] for row in shares],
        "texttemplate": "%{text}",
        "textfont": {"color": INK},
        "colorscale": [[0, WASH], [1, "--full"]],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hovertemplate": "%{y}, +%{x}: %{text}<extra></extra>",
        "hoverongaps": False,
    }
    passed = text("after_weeks" if found.weekly else "after_months", locale)
    axes = {
        "xaxis": {"title": {"text": passed}, "dtick": 1, "showgrid": False},
        "yaxis": {"autorange": "reversed", "type": "category", "showgrid": False},
    }
    return {"data": [heat], "layout": _layout(len(found.cohorts) * BAR + 70, **axes)}


def _segments(report: Report, locale: str) -> Figure | None:
    groups = report.segments.segments
    if not groups:
        return None
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [group.share for group in groups],
        "y": [f"{text('group', locale)} {number}" for number in range(1, len(groups) + 1)],
        "text": [f"{group.share:.0%}" for group in groups],
        "textposition": "auto",
        "insidetextfont": {"color": "--card"},
        "cliponaxis": False,
        "customdata": [_wrapped(described(group, report.names, locale)) for group in groups],
        "marker": {"color": [f"--s{n % LINES}" for n in range(len(groups))]},
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    axes = {
        "xaxis": {"tickformat": ".0%", "rangemode": "tozero"},
        "yaxis": {"autorange": "reversed", "showgrid": False},
    }
    return {"data": [bars], "layout": _layout(len(groups) * BAR + 50, **axes)}


def _days(report: Report, locale: str) -> Figure | None:
    lines = sorted(report.daily, key=lambda line: -sum(count or 0 for count in line.counts))[:LINES]
    if not any(len(line.counts) >= LEAST_DAYS for line in lines):
        return None
    data: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        color = f"--s{number}"
        dates = [(line.first + timedelta(days=n)).isoformat() for n in range(len(line.counts))]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": line_name(line.name, report.names, locale),
                "x": dates,
                "y": list(line.counts),
                "line": {"color": color, "width": 1.4},
                "hovertemplate": "%{x}: %{y:,}",
            }
        )
        marked = [found for found in report.anomalies if found.name == line.name]
        if marked:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [found.day.isoformat() for found in marked],
                    "y": [found.count for found in marked],
                    "marker": {"color": WARN, "size": 10, "symbol": "circle-open", "line": {"width": 2}},
                    "text": [f"z {found.z:+.1f}" for found in marked],
                    "hovertemplate": "%{x}: %{y:,}, %{text}<extra></extra>",
                    "showlegend": False,
                }
            )
    axes = {"xaxis": {"tickformat": "%Y-%m-%d", "nticks": 5, "type": "date"}, "yaxis": {"rangemode": "tozero"}}
    legend = {"orientation": "h", "y": -0.18, "yanchor": "top", "x": 0}
    return {"data": data, "layout": _layout(380, **axes) | {"showlegend": True, "legend": legend}}


def _drift(report: Report, locale: str) -> Figure | None:
    if not report.drift:
        return None
    names = [_wrapped(text(one.name, locale)) for one in report.drift]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [one.psi for one in report.drift],
        "y": names,
        "text": [f"{one.psi:.2f}" for one in report.drift],
        "textposition": "auto",
        "insidetextfont": {"color": "--card"},
        "cliponaxis": False,
        "marker": {"color": [WARN if one.large else ACCENT for one in report.drift]},
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
    }
    chance = {
        "type": "scatter",
        "mode": "markers",
        "x": [one.by_chance for one in report.drift],
        "y": names,
        "marker": {"color": SOFT, "symbol": "line-ns-open", "size": 18, "line": {"width": 2}},
        "hovertemplate": f"{text('by_chance', locale)}: %{{x:.3f}}<extra></extra>",
    }
    marks = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": SOFT, "dash": "dot"}}
        for at in (MODERATE, LARGE)
        if at <= 2 * max(one.psi for one in report.drift)
    ]
    axes = {
        "yaxis": {"autorange": "reversed", "showgrid": False},
        "xaxis": {"rangemode": "tozero", "title": {"text": "PSI"}},
    }
    return {"data": [bars, chance], "layout": _layout(len(names) * BAR + 70, shapes=marks, **axes)}
