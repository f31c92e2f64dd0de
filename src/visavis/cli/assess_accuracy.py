"""`visavis assess accuracy`: what a site's own looks and templates say of its error rates."""

import asyncio
from typing import TYPE_CHECKING, Any

from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, DatabaseUrl, DataDir, err, out, print_json, settings
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.identity.accuracy import Rate, SiteRow
    from visavis.pipeline.accuracy import Templates
    from visavis.server.accuracy_report import Report


def accuracy(
    plot: Plot = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Counts by placement and light; no picture and no member is in it. The site may go on running."""
    from visavis.server.accuracy_report import accuracy_report

    if plot is not None:
        from visavis.learning.plots import check_plot

        check_plot(plot)
    given = settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url)
    with progress_bar(err) as progress:
        report = asyncio.run(accuracy_report(given, progress=progress))
    if plot is not None:
        _draw(report, plot)
    if json_:
        print_json(_document(report))
    else:
        _print(report)


def _document(report: "Report") -> dict[str, Any]:
    from visavis.server.accuracy_report import histogram

    return {
        "rows": [_row(row) for row in report.rows],
        "scores": histogram(report),
        "templates": _templates(report.templates) if report.templates else None,
    }


def _row(row: "SiteRow") -> dict[str, Any]:
    return {
        "placement": row.placement or None,
        "light": row.light.value if row.light else None,
        "recognised": row.recognised,
        "wrong": row.wrong,
        "unknown": row.unknown,
        "missed": row.missed,
        "fpir": _rate(row.fpir),
        "fnir": _rate(row.fnir),
    }


def _rate(rate: "Rate") -> dict[str, Any]:
    return {"errors": rate.errors, "of": rate.of, "rate": rate.value, "interval_95": rate.interval}


def _templates(found: "Templates") -> dict[str, Any]:
    return {
        "members": found.members,
        "threshold": round(found.threshold, 4),
        "fmr": _rate(found.fmr),
        "fnmr": _rate(found.fnmr),
        "fpir": {
            "errors": found.search.false_positives,
            "of": found.search.searches,
            "promised": found.search.promised_fpir,
            "drifted": found.search.drifted,
        },
    }


def _print(report: "Report") -> None:
    columns = ("placement", "light", "recognised", "“not me”", "nobody", "missed", "FPIR", "FNIR")
    table = Table(*(say(column) for column in columns), title=say("Looks at this site"))
    for row in report.rows:
        counts = (f"{n:,}" for n in (row.recognised, row.wrong, row.unknown, row.missed))
        light = say(row.light.value) if row.light else say("all")
        table.add_row(row.placement or say("all"), light, *counts, _shown(row.fpir), _shown(row.fnir))
    if report.rows:
        out.print(table)
    else:
        out.print(say("No look has been counted yet."))
    out.print(say("FPIR: strangers taken for a member who said “not me”. FNIR: members who then showed card or PIN."))
    out.print(say("Both are lower bounds: whoever says nothing is not counted."))
    if report.templates is None:
        out.print(say("Fewer than two members have templates that open here."))
        return
    _print_templates(report.templates)


def _print_templates(found: "Templates") -> None:
    text = say("Templates of {members} members, score {threshold}: FMR {fmr}, FNMR {fnmr}")
    out.print(
        text.format(
            members=found.members,
            threshold=f"{found.threshold:.3f}",
            fmr=_shown(found.fmr),
            fnmr=_shown(found.fnmr),
        ),
        soft_wrap=True,
    )
    search = found.search
    text = say("Each of them among all others: {errors} of {of} found, {promised} promised.")
    promised = f"{search.promised_fpir:.2%}"
    out.print(text.format(errors=search.false_positives, of=search.searches, promised=promised), soft_wrap=True)
    if search.drifted:
        out.print(say("That is more than chance explains: calibrate on pictures like yours."), style="red")


def _shown(rate: "Rate") -> str:
    if rate.value is None:
        return "–"
    lower, upper = rate.interval
    return f"{rate.value:.2%} ({lower:.2%} … {upper:.2%})"


def _draw(report: "Report", plot: "Any") -> None:
    from visavis.identity.accuracy import score_histogram
    from visavis.learning.faces.plots import plot_site_accuracy

    by_light = {row.light.value: row for row in report.rows if row.light and not row.placement}
    rates = {
        name: {light: (rate.value, *rate.interval) for light, rate in found.items() if rate.value is not None}
        for name, found in (
            ("FPIR", {light: row.fpir for light, row in by_light.items()}),
            ("FNIR", {light: row.fnir for light, row in by_light.items()}),
        )
    }
    scores = {
        light.value: {k / 20: n for k, n in counts.items()} for light, counts in score_histogram(report.looks).items()
    }
    plot_site_accuracy(plot, rates, scores)
