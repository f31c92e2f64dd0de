"""What an evaluation of recommending leaves behind besides its table: a plot, and a row a member."""

import csv
from io import StringIO
from pathlib import Path

import numpy as np

from visavis.errors import SettingInvalid
from visavis.learning.plots import new_figure, save_figure
from visavis.learning.recommend.report import RecommendReport

LONGEST_LIST = 100


def plot_recommend(path: Path, report: RecommendReport) -> None:
    """NDCG of each model with seen items masked and not, and the share of members hit by lists of any length.

    Args:
        path: passed `check_plot`.
        report: the evaluation.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(12.0)
    axes = figure.add_subplot(1, 2, 1, xlabel=f"NDCG@{report.k}")
    models = report.models[::-1]
    for shift, label in ((0.2, "masked"), (-0.2, "unmasked")):
        found = [model.masked if label == "masked" else model.unmasked for model in models]
        axes.barh(
            np.arange(len(models)) + shift,
            [one.ndcg.value for one in found],
            0.4,
            xerr=[one.ndcg_over_members.high - one.ndcg_over_members.value for one in found],
            label=f"seen items {label}",
        )
    axes.set_yticks(range(len(models)), [model.name for model in models])
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.legend()
    axes = figure.add_subplot(1, 2, 2, xlabel="length of the list", ylabel="hit rate", xscale="log")
    lengths = np.arange(1, min(LONGEST_LIST, report.items) + 1)
    for model in report.models:
        ranks = np.sort(report.rank_by_member[model.name])
        axes.plot(lengths, np.searchsorted(ranks, lengths) / len(ranks), label=model.name)
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def check_members(path: Path) -> None:
    """Whether a table can be written there, asked before the long work; raises SettingInvalid."""
    if not path.parent.is_dir():
        raise SettingInvalid(f"{path.parent} is no folder")


def write_members(path: Path, report: RecommendReport) -> None:
    """CSV: a row a tested member, and of each model the NDCG and the place of the first hit, counted from 1.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = [model.name for model in report.models]
    rows.writerow(["member", *(f"{name} {what}" for name in names for what in (f"ndcg@{report.k}", "place"))])
    for number, member in enumerate(report.members_tested):
        cells = [
            cell
            for name in names
            for cell in (f"{report.ndcg_by_member[name][number]:.6f}", int(report.rank_by_member[name][number]) + 1)
        ]
        rows.writerow([member, *cells])
    try:
        path.write_text(text.getvalue(), encoding="utf-8")
    except OSError as failure:
        raise SettingInvalid(f"{path}: {failure.strerror}") from failure
