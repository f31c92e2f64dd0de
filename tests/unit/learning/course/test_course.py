"""A course can be stopped at any moment and goes on to the same weights; what is damaged or another's is refused."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from visavis.errors import InputRefused, SettingInvalid
from visavis.learning.course.checkpoint import check_place, read_state, write_state
from visavis.learning.course.classifier import Classifier, Rows, chosen_device, seeded, split
from visavis.learning.course.epoch import Epoch, Measure, best_epoch, joint
from visavis.learning.course.recipe import Recipe, read_recipe
from visavis.learning.course.run import finished, resume, run
from visavis.learning.course.trained import measured

RECIPE = Recipe(epochs=4, batch=16, lr=1e-2, seed=5)


def rows(members: int = 120) -> Rows:
    """The answer is the larger of two numbers."""
    numbers = np.random.default_rng(0).standard_normal((members, 2)).astype(np.float32)
    return Rows(inputs=(numbers,), labels=numbers.argmax(axis=1).astype(np.int64))


def learner(recipe: Recipe = RECIPE, members: int = 120, name: str = "small") -> Classifier:
    """With dropout, so that its generator counts too."""
    network = seeded(recipe.seed, lambda: nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2)))
    return Classifier(
        name=name, network=network, parts=split(rows(members), validation=0.2, held_out=0.2, seed=1), recipe=recipe
    )


def weights(one: Classifier) -> list[bytes]:
    return [w.numpy().tobytes() for w in (*one.network.state_dict().values(), *one.best.values())]


def test_it_learns_and_never_from_members_that_test() -> None:
    """72 learn, 24 choose the epoch, 24 choose nothing; none is in two parts."""
    one = learner(replace(RECIPE, epochs=20))
    run([one])
    assert [len(part) for part in one.parts.members] == [72, 24, 24]
    assert sorted(np.concatenate(one.parts.members)) == list(range(120))
    assert best_epoch(one.history).held_out.accuracy >= 0.9


def test_going_on_after_each_epoch_gives_the_same_to_the_bit(tmp_path: Path) -> None:
    """Stopped after 1, 2 and 3 epochs; torch's own generator has drawn other numbers meanwhile."""
    whole = learner()
    run([whole])
    for stop in (1, 2, 3):
        path = tmp_path / f"{stop}.pt"
        begun = learner()
        for _ in range(stop):
            begun.epoch()
        write_state(path, {"format": 1, "networks": {"small": {"identity": dict(begun.identity), **begun.state()}}})
        torch.manual_seed(stop)
        torch.rand(3)
        later = learner()
        resume([later], path)
        run([later])
        assert weights(later) == weights(whole)
        assert later.history == whole.history


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[2])
from test_course import learner
from visavis.learning.course.run import run
from pathlib import Path
one = learner()
run([one], checkpoint=Path(sys.argv[1]), told=lambda _n, _e: (print("epoch", flush=True), time.sleep(0.2)))
"""


def test_a_killed_course_resumes_to_the_same_result(tmp_path: Path) -> None:
    """SIGKILL at some moment of the second or third epoch, while a checkpoint may be half-written."""
    path = tmp_path / "checkpoint.pt"
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(2)] == ["epoch", "epoch"]
        time.sleep(0.1)
        process.kill()
    whole, later = learner(), learner()
    run([whole])
    resume([later], path)
    assert 2 <= len(later.history) <= 3
    run([later], checkpoint=path)
    assert weights(later) == weights(whole)
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["checkpoint.pt"]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda: learner(replace(RECIPE, lr=1e-3)), "begun with another lr"),
        (lambda: learner(members=130), "begun with another data"),
        (lambda: learner(name="other"), "other networks"),
    ],
)
def test_another_runs_checkpoint_is_refused(tmp_path: Path, other: object, told: str) -> None:
    path = tmp_path / "checkpoint.pt"
    run([learner(replace(RECIPE, patience=1))], checkpoint=path)
    resume([learner()], path)  # patience may differ
    with pytest.raises(SettingInvalid, match=told):
        resume([other()], path)  # type: ignore[operator]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x80\x04c__builtin__\neval\n."])
def test_a_damaged_checkpoint_is_refused_and_runs_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(SettingInvalid, match="not a checkpoint of this version"):
        resume([learner()], path)
    with pytest.raises(SettingInvalid, match="--resume goes on with it"):
        check_place(tmp_path, "checkpoint.pt", resume=False)
    with pytest.raises(SettingInvalid, match="there is no"):
        check_place(tmp_path, "other.pt", resume=True)


def test_a_checkpoint_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    write_state(path, {"format": 1, "weights": torch.zeros(100)})
    whole = path.read_bytes()
    assert read_state(path, "weights")["weights"].shape == (100,)
    for length in range(0, len(whole) - 1, max(1, len(whole) // 23)):
        path.write_bytes(whole[:length])
        with pytest.raises(SettingInvalid, match="not a checkpoint"):
            read_state(path, "weights")


def line(number: int, validation: float) -> Epoch:
    def measure(loss: float) -> Measure:
        return Measure(loss=loss, accuracy=0.5)

    return Epoch(
        number=number, lr=0.1, train=measure(1.0), validation=measure(validation), held_out=measure(validation + 1)
    )


def test_it_stops_when_nothing_gets_better() -> None:
    """Best after epoch 2; patience 3 lasts until epoch 5."""
    one = learner(replace(RECIPE, epochs=9, patience=3))
    losses = [0.5, 0.3, 0.4, 0.4]
    one.history = [line(n + 1, loss) for n, loss in enumerate(losses)]
    assert not finished(one)
    one.history.append(line(5, 0.35))
    assert finished(one)
    assert best_epoch(one.history).number == 2


def test_the_joint_objective_is_the_sum_of_the_three() -> None:
    """L = L_face + L_behaviour + L_recommend; the face stopped after one epoch and keeps its kept loss."""
    lines = joint({
        "face": [line(1, 0.25)],
        "behaviour": [line(1, 0.5), line(2, 0.375)],
        "recommend": [line(1, 1.0), line(2, 0.125)],
    })  # fmt: skip
    assert [one["validation"] for one in lines] == [1.75, 0.75]
    assert [one["train"] for one in lines] == [3.0, 3.0]
    assert [one["held_out"] for one in lines] == [4.75, 3.75]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no JSON"),
        ("[]", "no object of the name recipe"),
        ('{"recipe": {"layers": 3}}', "'layers' is none of"),
        ('{"recipe": {"epochs": 1.5}}', "epochs is no whole number"),
        ('{"recipe": {"lr": true}}', "lr is no number"),
        ('{"recipe": {"lr": 1e9}}', "lr must be in 1e-07 to 10"),
        ('{"recipe": {"lr": NaN}}', "lr must be in"),
    ],
)
def test_a_wrong_recipe_is_refused_with_its_field(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "best.json"
    path.write_text(text)
    with pytest.raises(InputRefused, match=told):
        read_recipe(path, Recipe())
    path.write_text('{"recipe": {"lr": 1, "width": 64}}')
    assert read_recipe(path, Recipe()) == Recipe(lr=1.0, width=64)


def test_what_cannot_be_learned_from_is_refused() -> None:
    alike = Rows(inputs=(np.zeros((40, 1), np.float32),), labels=np.zeros(40, np.int64))
    with pytest.raises(InputRefused, match="the same answer"):
        split(alike, validation=0.1, held_out=0.2, seed=1)
    with pytest.raises(InputRefused, match="too few"):
        split(rows(3), validation=0.1, held_out=0.2, seed=1)
    if not torch.cuda.is_available():
        with pytest.raises(InputRefused, match="no GPU"):
            chosen_device("cuda")


def test_a_loss_that_is_no_number_stops_the_course() -> None:
    one = learner(replace(RECIPE, lr=10.0))
    with torch.no_grad():
        next(one.network.parameters()).fill_(float("inf"))
    with pytest.raises(InputRefused, match="smaller learning rate"):
        one.epoch()
    assert not one.history


def test_the_share_of_the_best_possible_counts_true_chances_and_no_luck() -> None:
    """Two members; the best answers are right with 0.8 and 0.6, those that were given with 0.8 and 0.4: 1.2 of 1.4."""
    chances = np.array([[0.8, 0.2], [0.4, 0.6]])
    figures = measured(np.array([0, 0]), np.array([False, False]), np.array([1.0, 3.0]), chances)
    assert [figure.name for figure in figures] == ["accuracy", "loss", "accuracy as a share of the best possible"]
    assert figures[0].estimate.value == 0
    assert figures[1].estimate.value == 2
    assert figures[1].estimate.high == pytest.approx(2 + 1.96 * 1.0 / 2**0.5)
    assert figures[2].estimate.value == pytest.approx(1.2 / 1.4)
