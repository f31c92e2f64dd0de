"""The behaviour network as a course: members that test are never learned from; stopped, it goes on to the same."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from visavis.behaviour.encode import Vocabulary
from visavis.behaviour.series import Series
from visavis.errors import InputRefused, SettingInvalid
from visavis.learning.behaviour.recipe import REFERENCE, Recipe
from visavis.learning.behaviour.sequences import NONE
from visavis.learning.course.behaviour import Lives, train_behaviour
from visavis.learning.course.epoch import Epoch
from visavis.learning.course.trained import Trained
from visavis.learning.course.tuned import read_behaviour_recipe
from visavis.types import ModelKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RECIPE = Recipe(widths=(12,), item_size=8, epochs=3, batch=8, dropout=0.1, lr=1e-2)


def lives(members: int = 60) -> Lives:
    """Who did "buy" last is a buyer."""
    rng = np.random.default_rng(1)
    counts = rng.integers(2, 7, members)
    whose = np.repeat(np.arange(members), counts)
    kind = rng.integers(0, 2, len(whose))
    series = Series.of_columns(
        whose=whose, at=np.arange(len(whose), dtype=np.int64) * 3_600_000_000, kind=kind,
        item=rng.integers(0, 3, len(whose)), members=[f"m{n}" for n in range(members)], kinds=["look", "buy"],
        items=["x", "y", "z"],
    )  # fmt: skip
    labels = kind[series.starts[1:] - 1].astype(np.int64)
    return Lives(series=series, classes=("looker", "buyer"), labels=labels, chances=np.eye(2)[labels], source="test")


def course(recipe: Recipe = RECIPE, **changes: object) -> Trained:
    given = {"scenario": "sample", "licence": "CC0-1.0", "command": "visavis train behaviour", "now": NOW}
    return train_behaviour(lives(), recipe, **{**given, **changes})  # type: ignore[arg-type]


def test_members_that_test_are_seen_in_no_step_of_training() -> None:
    """Of members 5 and 6, who test, one event is seen and their class is asked behind it, after their last event."""
    some = lives()
    names = {name: getattr(some.series, name) for name in ("kinds", "items", "placements")}
    vocabulary = Vocabulary(**names, classes=some.classes)
    part = some.part(np.array([5, 6]), np.array([0, 1, 2]), vocabulary)
    counts = np.diff(part.starts)
    assert part.fence.tolist() == [*counts[:3], 1, 1]
    behind = slice(int(part.starts[3]), None)
    assert (part.training.label[behind] == NONE).all()
    assert (part.training.item[behind] == NONE).all()
    asked = np.flatnonzero(part.validation.label != NONE)
    assert asked.tolist() == [int(part.starts[4]) - 1, int(part.starts[5]) - 1]


def test_a_course_gives_a_model_with_its_card() -> None:
    found = course(replace(RECIPE, epochs=6))
    assert found.artefact is not None
    assert found.artefact.kind is ModelKind.BEHAVIOUR
    assert {"network.json", "step.onnx", "step.int8.onnx", "card.md"} <= set(found.artefact.files)
    assert found.card.members == {"train": 42, "validation": 6, "held_out": 12}
    figures = {figure.name: figure.estimate for figure in found.card.figures}
    assert figures["accuracy"].value >= 0.75
    kept = found.history[found.card.kept - 1].held_out
    assert figures["accuracy"].value == pytest.approx(kept.accuracy)
    assert figures["loss"].value == pytest.approx(kept.loss, abs=1e-5)


def test_it_is_compared_with_the_network_that_serves() -> None:
    """With itself it is as good, whatever the order in which events were read."""
    first = course()
    assert first.artefact is not None
    assert first.artefact.meta["gain"]["against"] == 0
    again = course(serving=replace(first.artefact, version=3)).card.gain
    assert again is not None
    assert (again["against"], again["new"], again["low"], again["high"]) == (3, again["current"], 0.0, 0.0)


class Stopped(Exception):
    """As by a power cut."""


def test_it_goes_on_to_the_same_weights_and_the_same_table(tmp_path: Path) -> None:
    whole = course()

    def told(_name: str, epoch: Epoch) -> None:
        if epoch.number == 2:
            raise Stopped

    path = tmp_path / "checkpoint.pt"
    with pytest.raises(Stopped):
        course(checkpoint=path, told=told)
    later = course(checkpoint=path, go_on=True)
    assert later.history == whole.history
    assert whole.artefact is not None
    assert later.artefact is not None
    assert later.artefact.files["step.onnx"] == whole.artefact.files["step.onnx"]
    with pytest.raises(SettingInvalid, match="begun with another lr"):
        course(replace(RECIPE, lr=1e-3), checkpoint=path, go_on=True)


def test_without_classes_it_learns_the_next_item() -> None:
    plain = replace(lives(), labels=None, chances=None, classes=())
    found = train_behaviour(plain, replace(RECIPE, epochs=1), scenario="s", licence="l", command="c", now=NOW)
    assert [figure.name for figure in found.card.figures] == ["loss of the next item", "next item among ten"]


def test_the_reference_is_measured_and_not_served() -> None:
    found = course(replace(RECIPE, cell=REFERENCE.cell, widths=REFERENCE.widths, epochs=1))
    assert found.artefact is None
    assert found.card.network == "lstm 256-128"


def test_a_recipe_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    path.write_text('{"recipe": {"width": 64, "lr": 0.01}}')
    assert read_behaviour_recipe(path, RECIPE) == replace(RECIPE, widths=(64,), lr=0.01)
    for text in ('{"recipe": {"width": 0}}', '{"recipe": {"cell": "gru"}}', '{"recipe": {"epochs": 2.5}}', "{"):
        path.write_text(text)
        with pytest.raises(InputRefused):
            read_behaviour_recipe(path, RECIPE)
