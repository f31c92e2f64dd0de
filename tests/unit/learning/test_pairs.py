"""Which pictures are compared."""

from pathlib import Path

import numpy as np
import pytest

from visavis.errors import InputRefused
from visavis.learning.faces.folders import read_people
from visavis.learning.faces.pairs import all_pairs, read_pairs


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Ada with three pictures, Ben with two, Cid with one; nobody opens them."""
    for name, count, suffix in (("Ada", 3, ".jpg"), ("Ben", 2, ".png"), ("Cid", 1, ".jpg")):
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            (tmp_path / name / f"{name}_{number:04d}{suffix}").touch()
    return tmp_path


def written(images: Path, text: str) -> Path:
    file = images / "pairs.txt"
    file.write_text(text)
    return file


def test_lfw_pairs_with_folds(images: Path) -> None:
    """Two folds of one genuine and one impostor pair."""
    text = "2\t1\nAda\t1\t2\nAda\t1\tBen\t2\nBen\t1\t2\nBen\t1\tCid\t1\n"
    pairs = read_pairs(written(images, text), images)
    assert pairs.same.tolist() == [True, False, True, False]
    assert pairs.fold.tolist() == [0, 0, 1, 1]
    assert [pairs.pictures[n].name for n in pairs.second] == [
        "Ada_0002.jpg",
        "Ben_0002.png",
        "Ben_0002.png",
        "Cid_0001.jpg",
    ]


def test_lfw_pairs_without_folds_are_dealt(images: Path) -> None:
    """One number at the head: genuine and impostor pairs each go round."""
    text = "2\nAda 1 2\nAda 2 3\nAda 1 Ben 1\nAda 1 Cid 1\n"
    assert read_pairs(written(images, text), images).fold.tolist() == [0, 1, 0, 1]


def test_a_csv_with_folds(images: Path) -> None:
    """Folds may have any numbers."""
    text = "a,b,same,fold\nAda/Ada_0001.jpg,Ada/Ada_0002.jpg,1,7\nAda/Ada_0001.jpg,Cid/Cid_0001.jpg,0,9\n"
    pairs = read_pairs(written(images, text), images)
    assert (pairs.same.tolist(), pairs.fold.tolist()) == ([True, False], [0, 1])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "empty"),
        ("1 1\nAda 1 9\nAda 1 Ben 1\n", r"line 2: no picture Ada/Ada_0009"),
        ("1 1\nAda 1 2\nAda one Ben 1\n", r"line 3: neither"),
        ("1 1\n../etc 1 2\n", r"line 2: a name"),
        ("1 1\nAda 1 2\n", "pairs of one person and pairs of two"),
        ("x,y\n1,2\n", r"line 1: the columns must be a,b,same"),
        ("a,b,same\nAda/Ada_0001.jpg,Ada/Ada_0002.jpg,maybe\n", r"line 2: same is 1 or 0"),
        ("a,b,same\n../x.jpg,Ada/Ada_0002.jpg,1\n", r"line 2: no picture \.\./x\.jpg"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(images: Path, text: str, place: str) -> None:
    """Nothing outside the folder is opened."""
    with pytest.raises(InputRefused, match=place):
        read_pairs(written(images, text), images)


def test_everybody_with_everybody(images: Path) -> None:
    """Six pictures make 15 pairs: 3 of Ada, 1 of Ben; only pairs within a fold of people are tested."""
    pairs = all_pairs(read_people(images), folds=2)
    assert (len(pairs), int(pairs.same.sum())) == (15, 4)
    ada_cid = 3  # pairs across two people who share fold 0
    assert np.bincount(pairs.fold + 1).tolist() == [15 - 3 - 1 - ada_cid, 3 + ada_cid, 1]
