"""The rotation of a site's templates: cosines stay, strangers to the key learn nothing, versions meet."""

import numpy as np
import pytest

from visavis.errors import GalleryMismatch
from visavis.identity.rotation import Rotations, base_model, rotation, version_of
from visavis.testing import MemoryKeys
from visavis.types import Embedding

MODEL = "net@0123456789ab"
DIM = 128
KNOWN = [[0.556977, -0.744341, -0.368419], [-0.80835, -0.384022, -0.446203], [0.190646, 0.546336, -0.81558]]


def embeddings(count: int, seed: int = 0, model: str = MODEL) -> list[Embedding]:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return [Embedding(vector=row / np.linalg.norm(row), model=model) for row in rows]


def vectors(found: tuple[Embedding, ...] | list[Embedding]) -> np.ndarray:
    return np.stack([embedding.vector for embedding in found])


@pytest.mark.parametrize("dim", [1, 2, 128, 512])
def test_the_matrix_is_orthonormal_and_hangs_on_the_key(dim: int) -> None:
    matrix = rotation(bytes(32), dim)
    assert matrix @ matrix.T == pytest.approx(np.eye(dim), abs=1e-12)
    assert rotation(bytes(32), dim) == pytest.approx(matrix, abs=1e-12)
    if dim > 1:
        assert np.abs(rotation(bytes([1] * 32), dim) - matrix).max() > 0.1


def test_the_matrix_stays_what_it_is() -> None:
    """Another machine and another release must derive the same, or every template would be lost."""
    assert rotation(bytes(range(32)), 3).round(6).tolist() == KNOWN


def test_directions_are_evenly_spread() -> None:
    """Of 400 keys the first axis goes anywhere: its mean is near 0, and each coordinate's variance near 1 / D."""
    turned = np.stack([rotation(number.to_bytes(32, "big"), 8)[:, 0] for number in range(400)])
    assert np.abs(turned.mean(axis=0)).max() < 0.07  # four standard errors
    assert turned.var(axis=0) == pytest.approx(1 / 8, abs=0.04)


def test_cosines_stay() -> None:
    rotations, before = Rotations(MemoryKeys(), MODEL, DIM), embeddings(50)
    after = rotations.turned(before)
    assert {embedding.model for embedding in after} == {f"{MODEL}/r1"}
    assert vectors(after) @ vectors(after).T == pytest.approx(vectors(before) @ vectors(before).T, abs=1e-5)
    assert np.abs(vectors(after) - vectors(before)).max() > 0.1


def test_templates_of_two_sites_are_unrelated() -> None:
    """One person's templates at two sites are as near to each other as those of two people: half of them nearer."""
    one = vectors(Rotations(MemoryKeys(bytes(32)), MODEL, DIM).turned(embeddings(400)))
    other = vectors(Rotations(MemoryKeys(bytes([9] * 32)), MODEL, DIM).turned(embeddings(400)))
    same = (one * other).sum(axis=1)
    different = (one * np.roll(other, 1, axis=0)).sum(axis=1)
    auc = (same[:, None] > different[None]).mean()
    assert auc == pytest.approx(0.5, abs=0.07)
    assert np.abs(same).max() < 0.5


def test_an_older_version_is_brought_to_the_one_in_use() -> None:
    """Whatever version a template is in, and unrotated ones of before, it ends where the newest probes are."""
    before, rotations = embeddings(5), Rotations(MemoryKeys(), MODEL, DIM)
    first = rotations.turned(before)
    rotations.version = 2
    second = rotations.turned(before)
    assert vectors(rotations.turned(first)) == pytest.approx(vectors(second), abs=1e-6)
    assert np.abs(vectors(first) - vectors(second)).max() > 0.1
    assert rotations.turned(second) == second


def test_another_embedder_is_refused() -> None:
    rotations = Rotations(MemoryKeys(), MODEL, DIM)
    with pytest.raises(GalleryMismatch):
        rotations.turned(embeddings(1, model="other@0123456789ab"))
    with pytest.raises(GalleryMismatch):
        rotations.turned([Embedding(vector=np.eye(1, 64, dtype=np.float32)[0], model=MODEL)])


@pytest.mark.parametrize(
    ("model", "base", "version"),
    [(MODEL, MODEL, 0), (f"{MODEL}/r12", MODEL, 12), (f"{MODEL}/rx", f"{MODEL}/rx", 0), ("", "", 0)],
)
def test_ids_carry_the_version(model: str, base: str, version: int) -> None:
    assert (base_model(model), version_of(model)) == (base, version)
