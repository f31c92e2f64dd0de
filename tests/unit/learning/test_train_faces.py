"""Training: epochs are told, a stopped run goes on to the same network, and what comes out is a pack like any other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from visavis.errors import InputRefused, ModelRefused, SettingInvalid
from visavis.learning.faces.course import Outcome, train_faces
from visavis.learning.faces.folders import Whose
from visavis.learning.faces.quantise import Numbers, quantise
from visavis.learning.faces.recipe import Loss, Network, Recipe
from visavis.learning.faces.train import Epoch
from visavis.perception.packs import build_default_pack, load_pack, verify_pack
from visavis.simulation.walk_by import Portrait

RECIPE = Recipe(network=Network.MOBILE, epochs=3, batch=4, dimensions=32, patience=10)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ignore(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_default_pack(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people, two of them mirror images of the others, with four pictures each in different light."""
    root = tmp_path_factory.mktemp("people")
    for portrait in Portrait:
        with Image.open(BytesIO(portrait.photo())) as picture:
            shown = picture.convert("RGB")
        for name, person in ((portrait.name, shown), (f"{portrait.name}-mirrored", ImageOps.mirror(shown))):
            (root / name).mkdir()
            for number, light in enumerate((0.7, 0.9, 1.1, 1.3)):
                ImageEnhance.Brightness(person).enhance(light).save(root / name / f"{number}.jpg")
    return root


def train(
    people: Path,
    base: Path,
    folder: Path,
    recipe: Recipe = RECIPE,
    *,
    resume: bool = False,
    told: Callable[[Epoch], None] = ignore,
) -> Outcome:
    return train_faces(
        people,
        recipe,
        base=base,
        packs_dir=folder / "packs",
        name="own",
        out=folder / "out",
        resume=resume,
        least=2,
        whose=Whose.LARGEST,
        now=NOW,
        told=told,
        progress=ignore,
    )


@pytest.fixture(scope="module")
def trained(people: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return train(people, base, tmp_path_factory.mktemp("trained"))


def test_a_run_makes_a_pack_and_curves(trained: Outcome) -> None:
    """Every epoch is told; the pack verifies and embeds, with the base's detector."""
    assert [epoch.number for epoch in trained.history] == [1, 2, 3]
    assert (trained.people, trained.pictures + trained.validation_pictures, trained.without_face) == (4, 16, 0)
    assert trained.best in trained.history
    assert trained.curves.stat().st_size > 1_000
    assert verify_pack(trained.pack).name == "own"
    pack = load_pack(trained.pack)
    faces = np.random.default_rng(0).integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    assert np.linalg.norm(pack.embed(faces), axis=1) == pytest.approx(1, abs=1e-5)
    assert pack.manifest.dim == 32


def test_training_lowers_the_loss(people: Path, base: Path, tmp_path: Path) -> None:
    """The epochs are enough; the run is stopped before it makes a pack."""
    losses: list[float] = []

    def tell(epoch: Epoch) -> None:
        losses.append(epoch.loss)
        if epoch.number == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(people, base, tmp_path, replace(RECIPE, loss=Loss.CROSS_ENTROPY, epochs=6, lr=5e-3), told=tell)
    assert losses[-1] < 0.8 * losses[0]


def test_a_stopped_run_goes_on_to_the_same_network(people: Path, base: Path, trained: Outcome, tmp_path: Path) -> None:
    """Stopped after the first epoch and resumed, it gives the embedder of the run that was not."""

    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(people, base, tmp_path, told=stop)
    with pytest.raises(SettingInvalid, match="--resume"):
        train(people, base, tmp_path)
    resumed = train(people, base, tmp_path, resume=True)
    assert [epoch.number for epoch in resumed.history] == [1, 2, 3]
    assert load_pack(resumed.pack).model_id == load_pack(trained.pack).model_id


def test_a_checkpoint_of_another_recipe_is_refused(people: Path, base: Path, trained: Outcome) -> None:
    with pytest.raises(SettingInvalid):
        train(people, base, trained.pack.parents[1], replace(RECIPE, batch=8), resume=True)


def test_there_is_nothing_to_resume(people: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="there is no"):
        train(people, base, tmp_path, resume=True)


def test_the_plain_baseline_is_trained_too(people: Path, base: Path, tmp_path: Path) -> None:
    """Two convolutions on 224 x 224."""
    recipe = replace(RECIPE, network=Network.PLAIN, loss=Loss.CROSS_ENTROPY, epochs=1)
    assert load_pack(train(people, base, tmp_path, recipe).pack).alignment.width == 224


@pytest.mark.parametrize(("numbers", "smaller", "alike"), [(Numbers.FP16, 0.55, 0.9999), (Numbers.INT8, 0.5, 0.98)])
def test_a_smaller_embedder_and_its_cost(
    trained: Outcome, people: Path, tmp_path: Path, numbers: Numbers, smaller: float, alike: float
) -> None:
    done = quantise(
        trained.pack,
        numbers,
        people,
        packs_dir=tmp_path,
        name="small",
        whose=Whose.LARGEST,
        rng=np.random.default_rng(0),
        now=NOW,
        progress=ignore,
    )
    assert done.after.size < smaller * done.before.size
    assert done.likeness >= done.least_likeness > alike
    assert done.after.report.genuine == done.before.report.genuine == 12
    assert verify_pack(done.pack).name == "small"


def test_whole_numbers_are_not_made_smaller(base: Path, people: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="already"):
        quantise(
            base,
            Numbers.INT8,
            people,
            packs_dir=tmp_path,
            name="small",
            whose=Whose.LARGEST,
            rng=np.random.default_rng(0),
            now=NOW,
            progress=ignore,
        )
    assert not list(tmp_path.iterdir())


def test_too_few_people_are_refused(base: Path, tmp_path: Path) -> None:
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    with pytest.raises(InputRefused, match="two people"):
        train(tmp_path / "people", base, tmp_path)
