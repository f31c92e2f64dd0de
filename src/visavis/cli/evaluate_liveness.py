"""`visavis evaluate liveness`: how many pictures of faces pass, and how many people do not?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.errors import InputRefused

if TYPE_CHECKING:
    from visavis.learning.liveness.report import Report, Share

EPILOG = "`visavis evaluate liveness ./presentations --pack liveness --plot det.svg --json`"


def evaluate_liveness(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help=say("Folder with live/ and one folder an instrument: pictures, clips, recorded challenges."),
            show_default=False,
        ),
    ] = None,
    drawn: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help=say("Draw so many challenges of each instrument instead of reading files.")),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    plot: Plot = None,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """APCER by instrument, BPCER and ACER with their intervals."""
    from datetime import UTC, datetime

    import numpy as np

    from visavis.learning.faces.plots import plot_attacks
    from visavis.learning.liveness.folders import evaluate_folder, read_presentations
    from visavis.learning.liveness.report import of_verdicts
    from visavis.learning.plots import check_plot
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack
    from visavis.simulation.challenges import draw_challenges

    if (folder is None) == (drawn is None):
        raise InputRefused("give either a folder or --drawn")
    if plot:
        check_plot(plot)
    found = read_presentations(folder) if folder is not None else None
    with progress_bar(err) as progress:
        loaded = load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress))
        observer, now = Observer(loaded), datetime.now(UTC)
        if found is not None:
            reports = evaluate_folder(found, observer, loaded.liveness, now=now, progress=progress)
        else:
            rng = np.random.default_rng(seed)
            verdicts = draw_challenges(drawn or 0, observer, rng=rng, now=now, progress=progress)
            reports = tuple(of_verdicts(challenge, given) for challenge, given in verdicts.items())
    curves = next((report.curves for report in reports if report.curves), None)
    if plot and curves:
        plot_attacks(plot, curves)
    elif plot:
        err.print(say("No plot: it needs scores of a model, of live people and of attacks."))
    if json_:
        print_json({"drawn": drawn is not None, "reports": [asdict(report) for report in reports]})
    else:
        for report in reports:
            _print(report)


def _print(report: "Report") -> None:
    by = say(f"judged by {report.judged_by}")
    at = "" if report.threshold is None else f", {say('threshold')} {report.threshold:.4f}"
    table = Table(say("presented"), say("wrong"), say("of"), say("rate"), say("95 % interval"), title=by + at)
    for instrument, share in report.apcer.items():
        table.add_row(f"APCER {instrument}", *_cells(share))
    if report.bpcer is not None:
        table.add_row("BPCER", *_cells(report.bpcer))
    if report.acer is not None:
        table.add_row("ACER", "", "", f"{report.acer:.2%}", "")
    out.print(table)
    for name, count in (report.undecided | report.without_face).items():  # type: ignore[operator]  # both are dicts
        if count:
            text = say("{count} of {name} could not be judged; they count as not live.")
            out.print(text.format(count=count, name=name))
    _warn(report)


def _cells(share: "Share") -> tuple[str, str, str, str]:
    low, high = share.interval
    return f"{share.count:,}", f"{share.of:,}", f"{share.rate:.2%}", f"{low:.2%} … {high:.2%}"


def _warn(report: "Report") -> None:
    """Say what the numbers cannot carry."""
    if report.bpcer is None or not report.apcer:
        out.print(say("Only one side is there: put live people into live/ and attacks beside it."))
    shares = [*report.apcer.values(), *([report.bpcer] if report.bpcer else [])]
    widest = max(shares, key=lambda share: share.interval[1] - share.interval[0], default=None)
    if widest is not None and widest.interval[1] - widest.interval[0] > 0.1:
        text = say("The widest interval is {width} points, from {of} presentations: 300 without an error give 1.2.")
        width = 100 * (widest.interval[1] - widest.interval[0])
        out.print(text.format(width=f"{width:.0f}", of=widest.of))
