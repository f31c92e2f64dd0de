"""A copied database without its keys: no face comes out of it, and nobody is found again in another site's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from thief import (
    Measured,
    cosines,
    interval,
    learned,
    linkage,
    links,
    neighbourhoods_alike,
    numbers_alike,
    readings,
    same_key_stream,
    stolen,
)

from visavis.identity.enrol import open_templates

from .conftest import DIM, MODEL, faces_of, open_attacked, said, same_luck, size, unit

PEOPLE = size("ATTACK_PEOPLE", 240)
KNOWN = PEOPLE // 3  # accounts that the thief opened with photos of their own
ALIKE = 0.75  # cosine of two photos of one person
NAMES = ("Jo", "Ada", "Lina", "Grace", "Konrad", "Dorothy", "Margaret", "Annie Jump", "小明", "Katherine Johnson")
MOST_COSINE, MOST_AUC = 0.05, 0.55


@dataclass(frozen=True, slots=True)
class Loot:
    """One site as a thief has it, and what only the tests know; rows of all are in the same order."""

    rows: list[dict[str, object]]
    plain: NDArray[np.float32]  # what the embedder gave
    opened: NDArray[np.float32]  # what the ciphertext holds

    @property
    def ciphertexts(self) -> list[bytes]:
        return [bytes(row["ciphertexts"][0]) for row in self.rows]  # type: ignore[index]


async def robbed(name: str, folder: Path, url: str, photos: NDArray[np.float32], seed: int) -> Loot:
    """Enrol these people in an order of chance, and copy the database."""
    person_of, opened = {}, {}
    async with open_attacked(name, folder, url) as site:
        for person in np.random.default_rng(seed).permutation(len(photos)):
            member = await site.enrol(photos[person : person + 1], NAMES[person % len(NAMES)])
            person_of[member.id] = int(person)
        for member in await site.storage.roster.members():
            ((_, template),) = open_templates(member, site.keys, MODEL)
            opened[person_of[member.id]] = template.vector
    rows = [row | {"place": place} for place, row in enumerate(stolen(url))]
    rows.sort(key=lambda row: person_of[row["id"]])
    assert len(rows) == len(photos)
    return Loot(rows, photos, np.stack([opened[person] for person in range(len(photos))]))


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, fresh_databases: Callable[[], str]) -> tuple[Loot, Loot]:
    """The same people at two sites under the same nicknames, with other photos; row k of both is one person."""
    photos = faces_of(PEOPLE, 2, alike=ALIKE, seed=1)

    async def both() -> tuple[Loot, Loot]:
        folder = tmp_path_factory.mktemp("robbed")
        north = await robbed("north", folder / "north", fresh_databases(), photos[:, 0], seed=2)
        south = await robbed("south", folder / "south", fresh_databases(), photos[:, 1], seed=3)
        return north, south

    with same_luck():
        return asyncio.run(both())


def test_the_attacks_work_where_nothing_protects(sites: tuple[Loot, Loot]) -> None:
    """The measure can fail: on plain numbers each attack gives the face, and links everybody."""
    north, south = sites
    plain = [vector.astype("<f4").tobytes() + bytes(16) for vector in north.plain]
    read = dict(readings(plain, DIM))["float32"]
    assert cosines(read, north.plain).min() > 0.999
    stream = np.random.default_rng(0).bytes(DIM * 4)
    reused = [bytes(a ^ b for a, b in zip(text, stream, strict=False)) for text in plain]
    assert cosines(same_key_stream(reused, north.plain[:KNOWN]), north.plain[KNOWN:]).mean() > 0.99
    signs = [np.packbits(vector > 0).tobytes() for vector in north.plain]
    assert cosines(learned(signs, north.plain[:KNOWN]), north.plain[KNOWN:]).mean() > 0.3
    assert linkage(numbers_alike(north.plain, south.plain), np.random.default_rng(0)).low > 0.99


def test_no_numbers_come_out_of_a_ciphertext(sites: tuple[Loot, Loot]) -> None:
    """Read as numbers, by a regression on a third of the accounts, or with a key stream of one: chance."""
    north, _ = sites
    chance = chance_of_best(len(north.rows))
    guesses = {name: (numbers, north.plain) for name, numbers in readings(north.ciphertexts, DIM)}
    known, unknown = north.plain[:KNOWN], north.plain[KNOWN:]
    guesses["regression on known accounts"] = (learned(north.ciphertexts, known), unknown)
    guesses["key stream of known accounts"] = (same_key_stream(north.ciphertexts, known), unknown)
    said(
        f"reconstruction from ciphertext: cosine over {PEOPLE} members; the best of as many random guesses {chance:.3f}"
    )
    for how, (numbers, truth) in guesses.items():
        cosine = cosines(numbers, truth)
        mean = interval(cosine, np.random.default_rng(0))
        said(f"  {how:32} mean {mean}  best {np.abs(cosine).max():.3f}  n {len(cosine)}")
        assert max(abs(mean.low), abs(mean.high)) <= MOST_COSINE, how
        assert np.abs(cosine).max() <= chance, how


def chance_of_best(people: int) -> float:
    """The best cosine that random guesses reach, in 999 of 1,000 tries."""
    rng = np.random.default_rng(7)
    best = [np.abs(unit(rng.standard_normal((people, DIM)))[:, 0]).max() for _ in range(1000)]
    return float(np.quantile(best, 0.999))


def figure(measured: Measured) -> float:
    """Of fewer people, chance alone may say more than that."""
    return measured.value if PEOPLE >= 600 else measured.low


def test_nobody_is_found_again_at_another_site(sites: tuple[Loot, Loot]) -> None:
    """Bits and lengths of every column, and the order of rows, tell no more than a coin of who is a member of both."""
    north, south = sites
    said(f"linkage of two sites with the same {PEOPLE} people, without keys: AUC")
    for how, link in links().items():
        measured = linkage(link(north.rows, south.rows), np.random.default_rng(0))
        said(f"  {how:28} {measured}")
        assert figure(measured) <= MOST_AUC, how


def test_opened_templates_of_two_sites_do_not_compare(sites: tuple[Loot, Loot]) -> None:
    """Also if every ciphertext were opened: without the rotations of both sites, a comparison is a coin."""
    north, south = sites
    measured = linkage(numbers_alike(north.opened, south.opened), np.random.default_rng(0))
    plain = cosines(north.opened, north.plain)
    mean = interval(plain, np.random.default_rng(0))
    said(f"opened templates, rotations unknown: AUC {measured}; cosine with the face {mean}")
    assert figure(measured) <= MOST_AUC
    assert abs(mean.value) <= MOST_COSINE


def test_the_known_limit_of_rotations(sites: tuple[Loot, Loot]) -> None:
    """A rotation keeps the distances within a site: of opened templates they link, as the documentation says."""
    north, south = sites
    other_photos = linkage(neighbourhoods_alike(north.opened, south.opened), np.random.default_rng(0))
    same_photos = linkage(neighbourhoods_alike(north.opened, north.plain), np.random.default_rng(0))
    said(f"opened templates, by distances within each site: AUC {other_photos}, of the same photos {same_photos}")
    assert same_photos.low > 0.9
