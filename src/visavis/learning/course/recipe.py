"""Everything that decides how a classifier is trained, and the file that keeps it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from visavis.errors import InputRefused

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyper-parameters of one run. Equal recipes on equal data give equal networks, to the bit, on one kind of CPU."""

    epochs: int = 10
    batch: int = 128  # members a step
    lr: float = 3e-3  # at the end of the warm-up; falls along half a cosine to 0 (Loshchilov and Hutter 2017)
    warmup: float = 0.05  # share of all steps over which the rate rises from 0
    weight_decay: float = 1e-4  # AdamW (Loshchilov and Hutter 2019)
    width: int = 256  # of inner layers
    depth: int = 2  # inner layers
    dropout: float = 0.0
    patience: int = 5  # epochs without a smaller validation loss after which training stops
    seed: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and least <= value <= most):
                raise InputRefused(f"recipe: {name} must be in {least} to {most}, got {value}")


BOUNDS: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch": (1, 65_536),
    "lr": (1e-7, 10),
    "warmup": (0, 0.9),
    "weight_decay": (0, 10),
    "width": (1, 8192),
    "depth": (0, 16),
    "dropout": (0, 0.9),
    "patience": (1, 10_000),
    "seed": (0, 2**63 - 1),
    "threads": (1, 1024),
}
FREE = frozenset({"threads", "patience"})  # may change between the parts of a run


def read_recipe(path: Path, base: Recipe) -> Recipe:
    """A recipe file, as `visavis tune` writes it; what it leaves out is as in the base.

    Raises:
        InputRefused: it cannot be read, or a field is unknown, of another type, or out of bounds.
    """
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise InputRefused(f"--recipe: {path}: {failure.strerror}") from failure
    try:
        document = json.loads(content[:MOST_BYTES])
    except (ValueError, RecursionError) as failure:
        raise InputRefused(f"--recipe: {path}: no JSON") from failure
    given = document.get("recipe") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise InputRefused(f"--recipe: {path}: has no object of the name recipe")
    return Recipe(**(asdict(base) | {name: _value(path, name, value) for name, value in given.items()}))


def _value(path: Path, name: str, value: Any) -> int | float:
    kinds = {field.name: field.type for field in fields(Recipe)}
    if name not in kinds:
        raise InputRefused(f"--recipe: {path}: {name[:40]!r} is none of {', '.join(kinds)}")
    whole = kinds[name] is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise InputRefused(f"--recipe: {path}: {name} is no {'whole ' if whole else ''}number")
    return value if whole else float(value)
