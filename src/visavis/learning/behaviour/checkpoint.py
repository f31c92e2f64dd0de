"""A run of the behaviour network on disk. No name of a member and no event is in it."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from visavis.behaviour.encode import Vocabulary
from visavis.errors import SettingInvalid
from visavis.learning.behaviour.heads import Figures
from visavis.learning.behaviour.recipe import Recipe, changed
from visavis.learning.behaviour.sequences import Sequences
from visavis.learning.behaviour.train import Epoch, Part, Run, start
from visavis.learning.course.checkpoint import read_state, write_state

FORMAT = 1


def fingerprint(data: Sequences, vocabulary: Vocabulary) -> str:
    """SHA-256 of everything that is learned from, and of what it is called."""
    digest = hashlib.sha256(repr(vocabulary.document()).encode())
    answers = (data.training, data.validation)
    columns = [data.encoded.names, data.encoded.decimals, data.starts, data.fence]
    columns += [getattr(part, name) for part in answers for name in ("item", "label", "visit_s", "visited")]
    for column in columns:
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def save_checkpoint(path: Path, run: Run, recipe: Recipe, events: str) -> None:
    """Write the run; an older file is replaced in one move.

    Args:
        path: the file.
        run: after an epoch.
        recipe: of the run.
        events: their `fingerprint`.

    Raises:
        StorageFull: the disk is full; the older file is still whole.
        SettingInvalid: the file cannot be written.
    """
    state = {
        "format": FORMAT,
        "recipe": recipe.document(),
        "events": events,
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "history": [asdict(epoch) for epoch in run.history],
        "best": run.best,
    }
    write_state(path, state)


def load_checkpoint(path: Path, recipe: Recipe, vocabulary: Vocabulary, data: Sequences) -> Run:
    """The run that was written, ready to go on.

    Raises:
        SettingInvalid: there is none, it cannot be read, or its recipe or its events are others.
    """
    state = read_state(path, "format", "recipe", "events", "network", "optimiser", "history", "best")
    other = changed(recipe, state["recipe"]) if isinstance(state["recipe"], dict) else ["recipe"]
    if other:
        raise SettingInvalid(f"--resume: {path} was begun with another {', '.join(other)}")
    if state["events"] != fingerprint(data, vocabulary):
        raise SettingInvalid(f"--resume: {path} was begun with other events")
    run = start(recipe, vocabulary, data)
    try:
        run.network.load_state_dict(state["network"])
        run.optimiser.load_state_dict(state["optimiser"])
        run.history = [_epoch(line) for line in state["history"]]
    except (RuntimeError, KeyError, TypeError, ValueError, AttributeError) as failure:
        raise SettingInvalid(f"--resume: {path}: not a checkpoint of this version") from failure
    run.best = state["best"]
    return run


def _epoch(line: dict[str, Any]) -> Epoch:
    return Epoch(**line | {name: _part(line[name]) for name in ("training", "validation")})


def _part(document: dict[str, Any]) -> Part:
    return Part(**{name: figures and Figures(**figures) for name, figures in document.items()})
