"""Search for hyper-parameters: Optuna's tree-structured Parzen estimator, one trial after the other, on disk.

Each trial draws from a generator of its own, seeded by the search's seed and the trial's number, and what was being
tried when the search was killed is tried again. So a search that goes on ends as one that was never interrupted.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from visavis.errors import ExtraMissing, SettingInvalid
from visavis.learning.plots import new_figure, save_figure

VERY_BAD = 1e9
Values = Mapping[str, int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From where to where; both ends count."""

    least: float
    most: float
    log: bool = False  # drawn evenly by its logarithm
    whole: bool = False

    def drawn(self, trial: Any, name: str) -> int | float:
        """By the sampler."""
        if self.whole:
            return int(trial.suggest_int(name, int(self.least), int(self.most), log=self.log))
        return float(trial.suggest_float(name, self.least, self.most, log=self.log))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was tried, and how well it did."""

    number: int  # from 0
    values: Values
    loss: float  # on validation members alone


def search(
    space: Mapping[str, Range],
    loss: Callable[[Values], float],
    *,
    trials: int,
    seed: int,
    journal: Path,
    identity: Mapping[str, Any],
    told: Callable[[Trial], None] = lambda _trial: None,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> list[Trial]:
    """Try until there are so many.

    Args:
        space: name -> where it may lie.
        loss: trains with these and gives the validation loss; what is not finite counts as very bad.
        trials: in all, those of before counted.
        seed: of the search.
        journal: file that keeps every trial; one that is there is gone on with.
        identity: data and model; a journal of others is refused.
        told: called with each new trial as it ends.
        progress: told of the share done.

    Raises:
        SettingInvalid: the journal is of another search, or cannot be used.
        ExtraMissing: Optuna is not installed.
    """
    try:
        import optuna  # noqa: PLC0415 - only who searches needs it
        from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415
    except ModuleNotFoundError as failure:
        raise ExtraMissing("searching: pip install 'visavis[learning]'") from failure
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.create_study(storage=storage, study_name="search", load_if_exists=True)
        known = study.user_attrs
    except (OSError, KeyError, ValueError, AssertionError) as failure:
        raise SettingInvalid(f"--out: {journal}: no journal of a search: {type(failure).__name__}") from failure
    now = json.dumps(
        {**identity, "seed": seed, "space": {name: str(one) for name, one in space.items()}}, sort_keys=True
    )
    if known.get("identity", now) != now:
        raise SettingInvalid(f"--out: {journal} was begun with other data, another model or another seed")
    study.set_user_attr("identity", now)
    done = [one for one in study.get_trials(deepcopy=False) if one.state.is_finished()]
    while len(done) < trials:
        number = len(done)
        study.sampler = optuna.samplers.TPESampler(seed=_seed(seed, number), n_startup_trials=8, constant_liar=False)
        begun = [one for one in study.get_trials(deepcopy=False) if not one.state.is_finished()]
        trial = optuna.trial.Trial(study, begun[0]._trial_id) if begun else study.ask()  # noqa: SLF001
        values = {name: one.drawn(trial, name) for name, one in space.items()}
        progress("searching", number / trials)
        found = loss(values)
        study.tell(trial, found if math.isfinite(found) else VERY_BAD)
        done = [one for one in study.get_trials(deepcopy=False) if one.state.is_finished()]
        told(Trial(number=number, values=values, loss=float(done[-1].value or 0.0)))
    progress("searching", 1.0)
    return [Trial(number=one.number, values=dict(one.params), loss=float(one.value or 0.0)) for one in done]


def _seed(seed: int, number: int) -> int:
    """Of one trial; seeds that lie close together would begin alike."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def best_trial(trials: list[Trial]) -> Trial:
    """Least loss, the earlier of two."""
    return min(trials, key=lambda trial: (trial.loss, trial.number))


def plot_search(path: Path, trials: list[Trial]) -> None:
    """Loss of each trial, and of the best so far; `path` passed `check_plot`."""
    figure = new_figure(6.0)
    axes = figure.add_subplot(xlabel="trial", ylabel="validation loss")
    losses = [trial.loss for trial in trials]
    axes.plot(range(len(losses)), losses, marker=".", linestyle="", label="trial")
    axes.plot(range(len(losses)), [min(losses[: n + 1]) for n in range(len(losses))], label="best so far")
    axes.set_yscale("log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    save_figure(figure, path)
