"""Cumulative regret as a picture."""

from collections.abc import Sequence
from pathlib import Path

from visavis.learning.plots import new_figure, save_figure
from visavis.learning.policies.replay import Report


def plot_regret(path: Path, reports: Sequence[Report]) -> None:
    """One panel a world, one line a policy; dashed are peers.

    Args:
        path: passed `check_plot`.
        reports: at least one.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(7.0 * len(reports))
    for number, report in enumerate(reports):
        axes = figure.add_subplot(
            1, len(reports), number + 1, title=report.world, xlabel="round", ylabel="cumulative regret"
        )
        for result in report.results:
            axes.plot(report.rounds_at, result.curve, "-" if result.ours else "--", label=result.policy)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="x-small")
    save_figure(figure, path)
