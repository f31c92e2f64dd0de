"""A search that is killed goes on to the same end, and another search's journal is refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from visavis.errors import SettingInvalid
from visavis.learning.course.search import Range, Trial, best_trial, search

SPACE = {"lr": Range(least=1e-3, most=1.0, log=True), "depth": Range(least=1, most=4, whole=True)}


def loss(values: Mapping[str, int | float]) -> float:
    """Least at a rate of 0.1 and depth 2."""
    return abs(values["lr"] - 0.1) + abs(values["depth"] - 2)


def searched(journal: Path, trials: int = 14, seed: int = 3, **changes: object) -> list[Trial]:
    given = {"trials": trials, "seed": seed, "journal": journal, "identity": {"model": "test"}}
    return search(SPACE, loss, **{**given, **changes})  # type: ignore[arg-type]


class Killed(Exception):
    """In the midst of a trial."""


@pytest.mark.parametrize("stop", [4, 11])
def test_killed_in_a_trial_it_goes_on_to_the_same_end(tmp_path: Path, stop: int) -> None:
    """Stopped in that trial; what was being tried is tried again, and when all is done nothing is."""
    tried: list[Mapping[str, int | float]] = []

    def dies(values: Mapping[str, int | float]) -> float:
        if len(tried) == stop:
            raise Killed
        tried.append(values)
        return loss(values)

    whole = searched(tmp_path / "whole")
    with pytest.raises(Killed):
        search(SPACE, dies, trials=14, seed=3, journal=tmp_path / "stopped", identity={"model": "test"})
    assert searched(tmp_path / "stopped") == whole
    assert searched(tmp_path / "whole") == whole


def test_it_finds_the_best_and_says_which(tmp_path: Path) -> None:
    best = best_trial(searched(tmp_path / "journal", 25))
    assert best.values["depth"] == 2
    assert best.loss < 0.1


def test_a_loss_that_is_no_number_is_very_bad(tmp_path: Path) -> None:
    found = search(SPACE, lambda _values: float("nan"), trials=2, seed=1, journal=tmp_path / "journal", identity={})
    assert [trial.loss for trial in found] == [1e9, 1e9]


def test_another_searchs_journal_is_refused(tmp_path: Path) -> None:
    searched(tmp_path / "journal", 2)
    with pytest.raises(SettingInvalid, match="another model or another seed"):
        searched(tmp_path / "journal", 3, seed=4)
    with pytest.raises(SettingInvalid, match="other data"):
        searched(tmp_path / "journal", 3, identity={"model": "other"})
    (tmp_path / "broken").write_text("no journal\n")
    with pytest.raises(SettingInvalid, match="no journal of a search"):
        searched(tmp_path / "broken", 1)
