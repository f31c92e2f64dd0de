"""The recipe file of a behaviour network, as `visavis tune` writes it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from visavis.errors import InputRefused
from visavis.learning.behaviour.recipe import Recipe

MOST_BYTES = 64 * 1024
NUMBERS = {
    "item_size": (1, 1024),
    "batch": (1, 4096),
    "lr": (1e-7, 10.0),
    "weight_decay": (0.0, 10.0),
    "dropout": (0.0, 0.9),
    "input_dropout": (0.0, 0.9),
    "epochs": (1, 10_000),
    "patience": (1, 10_000),
}
WIDEST = 2048


def read_behaviour_recipe(path: Path, base: Recipe) -> Recipe:
    """What the file leaves out is as in the base; raises InputRefused with the field."""
    try:
        document = json.loads(path.read_bytes()[:MOST_BYTES])
    except OSError as failure:
        raise InputRefused(f"--recipe: {path}: {failure.strerror}") from failure
    except (ValueError, RecursionError) as failure:
        raise InputRefused(f"--recipe: {path}: no JSON") from failure
    given = document.get("recipe") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise InputRefused(f"--recipe: {path}: has no object of the name recipe")
    fields = {("widths" if name == "width" else name): _value(path, base, name, one) for name, one in given.items()}
    return replace(base, **fields)


def _value(path: Path, base: Recipe, name: str, value: Any) -> Any:
    if name == "width":
        return _width(path, value, len(base.widths))
    if name not in NUMBERS:
        raise InputRefused(f"--recipe: {path}: {name[:40]!r} is none of width, {', '.join(NUMBERS)}")
    least, most = NUMBERS[name]
    whole = isinstance(getattr(base, name), int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not least <= value <= most:
        raise InputRefused(f"--recipe: {path}: {name} must be a number in {least} to {most}")
    return value


def _width(path: Path, value: Any, layers: int) -> tuple[int, ...]:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= WIDEST:
        raise InputRefused(f"--recipe: {path}: width must be a whole number in 1 to {WIDEST}")
    return (value,) * layers
