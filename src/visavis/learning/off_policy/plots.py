"""Plots of what another policy would have earned."""

from pathlib import Path

from visavis.learning.off_policy.feedback import Floats
from visavis.learning.off_policy.report import PolicyReport
from visavis.learning.plots import new_figure, save_figure


def plot_policy(path: Path, report: PolicyReport, w: Floats) -> None:
    """Each estimator with its interval beside the log's own mean, and how the weights are spread.

    Args:
        path: passed `check_plot`.
        report: the estimates.
        w: (N,) importance weights.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(11.0)
    axes = figure.add_subplot(1, 2, 1, xlabel="mean reward, 95 % interval")
    shown = [(name.value, found.bootstrap) for name, found in report.estimates.items()]
    shown.append(("the log itself", report.logged))
    if report.observed is not None:
        shown.append(("observed", report.observed))
    for place, (_, estimate) in enumerate(shown):
        axes.plot([estimate.low, estimate.high], [place, place], color="C0")
        axes.plot([estimate.value], [place], marker="o", color="C0")
    axes.axvline(report.logged.value, linewidth=1, linestyle="--", color="C1")
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.invert_yaxis()
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes = figure.add_subplot(1, 2, 2, xlabel="importance weight", ylabel="rows", yscale="log")
    axes.hist(w, bins=60)
    axes.axvline(1.0, linewidth=1, linestyle="--", color="C1")
    save_figure(figure, path)
