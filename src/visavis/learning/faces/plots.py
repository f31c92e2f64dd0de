"""Plots of how faces are told apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.learning.plots import new_figure, save_figure


def plot_confusion(path: Path, confusion: NDArray[np.int64], accuracies: Sequence[float]) -> None:
    """Who was taken for whom, and the accuracy of each repeat.

    Args:
        path: passed `check_plot`.
        confusion: (people, people + 1) photographs; rows are who it was, columns who was named, the last nobody.
        accuracies: of each repeat.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(10.0)
    axes = figure.add_subplot(1, 2, 1, xlabel="named (last column: no face found)", ylabel="person")
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure.colorbar(axes.imshow(shares, vmin=0, vmax=1, cmap="viridis", aspect="auto"), ax=axes, label="share")
    axes = figure.add_subplot(1, 2, 2, xlabel="repeat", ylabel="accuracy")
    axes.plot(range(1, len(accuracies) + 1), accuracies, marker=".", linestyle="none")
    axes.axhline(float(np.mean(accuracies)), linewidth=1)
    axes.grid(visible=True, alpha=0.3)
    save_figure(figure, path)


def plot_det(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """Detection error trade-off (Martin et al. 1997): how many genuine pairs are refused at each false match rate.

    Args:
        path: passed `check_plot`.
        curves: system -> points (FMR, FNMR).

    Raises:
        SettingInvalid: the file cannot be written.
    """
    _plot_errors(path, curves, "false match rate", "false non-match rate")


def plot_open_set(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """How many visits of members are missed at each rate of strangers who are taken for one.

    Args:
        path: passed `check_plot`.
        curves: "enrolment + probe shots" -> points (FPIR, FNIR).

    Raises:
        SettingInvalid: the file cannot be written.
    """
    _plot_errors(path, curves, "false positive identification rate", "false negative identification rate")


def plot_attacks(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """How many live presentations are refused at each rate of attacks that pass (ISO/IEC 30107-3).

    Args:
        path: passed `check_plot`.
        curves: instrument -> points (APCER, BPCER).

    Raises:
        SettingInvalid: the file cannot be written.
    """
    _plot_errors(path, curves, "attack presentation classification error rate", "bona fide error rate (BPCER)")


def plot_site_accuracy(
    path: Path,
    rates: Mapping[str, Mapping[str, tuple[float, float, float]]],
    scores: Mapping[str, Mapping[float, int]],
) -> None:
    """Error rates of a site by light, and the scores of those who were recognised.

    Args:
        path: passed `check_plot`.
        rates: "FPIR", "FNIR" -> light -> rate, lower and upper end.
        scores: light -> lower end of the score -> looks.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(10.0)
    axes = figure.add_subplot(1, 2, 1, ylabel="error rate")
    lights = list(dict.fromkeys(light for found in rates.values() for light in found))
    for number, (name, found) in enumerate(rates.items()):
        for light, (rate, lower, upper) in found.items():
            x = lights.index(light) + 0.2 * number - 0.1
            axes.errorbar(
                x, rate, yerr=[[rate - lower], [upper - rate]], fmt="o", color=f"C{number}", capsize=4, label=name
            )
    axes.set_xticks(range(len(lights)), lights)
    axes.grid(visible=True, alpha=0.3)
    labels = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if labels:
        axes.legend(labels.values(), labels.keys())
    axes = figure.add_subplot(1, 2, 2, xlabel="score", ylabel="looks")
    for light, counts in scores.items():
        axes.bar(list(counts), list(counts.values()), width=0.05, align="edge", alpha=0.5, label=light)
    if scores:
        axes.legend()
    axes.grid(visible=True, alpha=0.3)
    save_figure(figure, path)


def _plot_errors(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str) -> None:
    figure = new_figure(6.0)
    axes = figure.add_subplot(xlabel=x, ylabel=y, xscale="log", yscale="log")
    least = 1e-4
    for name, points in curves.items():
        axes.plot([max(a, 1e-6) for a, _ in points], [max(b, least) for _, b in points], label=name)
    axes.set_ylim(bottom=least / 2, top=1.0)
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    save_figure(figure, path)
