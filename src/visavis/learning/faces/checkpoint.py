"""A run on disk: weights, optimiser and table, written whole or not at all. No picture and no name is in it."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from visavis.errors import SettingInvalid
from visavis.learning.course.checkpoint import read_state, write_state
from visavis.learning.faces.crops import Crops
from visavis.learning.faces.recipe import Recipe
from visavis.learning.faces.train import Epoch, Run, split, start

_FREE = {"threads", "patience"}  # may change between the parts of a run


def fingerprint(crops: Crops) -> str:
    """SHA-256 of all faces and whose they are."""
    digest = hashlib.sha256(crops.pixels.data)
    digest.update(crops.labels.data)
    return digest.hexdigest()


def save_checkpoint(path: Path, run: Run, recipe: Recipe, faces: str) -> None:
    """Write the run.

    Args:
        path: the file; an older one is replaced in one move.
        run: after an epoch.
        recipe: of the run.
        faces: their `fingerprint`.

    Raises:
        StorageFull: the disk is full; the older file is still whole.
        SettingInvalid: the file cannot be written.
    """
    state = {
        "format": 1,
        "recipe": _plain(recipe),
        "faces": faces,
        "network": run.network.state_dict(),
        "head": run.head.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "history": [asdict(epoch) for epoch in run.history],
        "best": run.best,
    }
    write_state(path, state)


def load_checkpoint(path: Path, crops: Crops, recipe: Recipe) -> Run:
    """The run that was written, ready to go on.

    Raises:
        SettingInvalid: there is none, it cannot be read, or its recipe or its faces are others.
    """
    state = read_state(path, "recipe", "faces", "network", "head", "optimiser", "history", "best")
    recipes, faces = state["recipe"], state["faces"]
    wanted = _plain(recipe)
    other = sorted(name for name in wanted if name not in _FREE and recipes.get(name) != wanted[name])
    if other:
        raise SettingInvalid(f"--resume: {path} was begun with another {', '.join(other)}")
    if faces != fingerprint(crops):
        raise SettingInvalid(f"--resume: {path} was begun with other photographs")
    run = start(recipe, split(crops, recipe).people)
    run.network.load_state_dict(state["network"])
    run.head.load_state_dict(state["head"])
    run.optimiser.load_state_dict(state["optimiser"])
    run.history = [Epoch(**epoch) for epoch in state["history"]]
    run.best = state["best"]
    return run


def _plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe as text and numbers, which a checkpoint may hold."""
    named = asdict(recipe)
    return named | {name: str(named[name]) for name in ("network", "loss", "validation")}
