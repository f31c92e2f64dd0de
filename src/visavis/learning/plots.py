"""Plots as PNG or SVG files: where they go, how they begin and end, and the curves of a training run."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visavis.errors import ExtraMissing, SettingInvalid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")


def check_plot(path: Path) -> None:
    """Whether a plot can be drawn there, asked before the long work that it shows.

    Raises:
        SettingInvalid: another suffix than `.png` or `.svg`, or no such folder.
        ExtraMissing: matplotlib is not installed.
    """
    if path.suffix not in SUFFIXES:
        raise SettingInvalid(f"{path.name}: a plot ends in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise SettingInvalid(f"{path.parent} is no folder")
    new_figure(1.0)


def plot_curves(path: Path, columns: Mapping[str, Mapping[str, Sequence[float | None]]]) -> None:
    """One panel a quantity over the epochs, one line a part of the data.

    Args:
        path: passed `check_plot`.
        columns: quantity -> part -> value of each epoch; None leaves a gap.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(5.0 * len(columns))
    for number, (quantity, parts) in enumerate(columns.items()):
        axes = figure.add_subplot(1, len(columns), number + 1, xlabel="epoch", ylabel=quantity)
        for part, values in parts.items():
            axes.plot(range(1, len(values) + 1), [np.nan if v is None else v for v in values], label=part, marker=".")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    save_figure(figure, path)


def new_figure(width: float) -> "Figure":
    """An empty figure, 4 inches high and this wide; raises ExtraMissing."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who plots needs it
    except ModuleNotFoundError as failure:
        raise ExtraMissing("plots: pip install 'visavis[learning]'") from failure
    return Figure(figsize=(width, 4.0), layout="constrained")


def save_figure(figure: "Figure", path: Path) -> None:
    """Draw it into the file; raises SettingInvalid when the file cannot be written."""
    drawn = BytesIO()
    figure.savefig(drawn, format=path.suffix[1:], metadata={"Date": None} if path.suffix == ".svg" else None)
    try:
        path.write_bytes(drawn.getvalue())
    except OSError as failure:
        raise SettingInvalid(f"{path}: {failure.strerror}") from failure
