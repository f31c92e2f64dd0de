"""Galleries large enough to be scanned: nobody is missed, edits are seen, and without proof search is exact."""

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visavis.identity.gallery import Gallery
from visavis.identity.scan import PROVED, Proof, Scan, mated_probes
from visavis.types import Embedding, MemberId

MODEL, DIM, MANY = "net@0123456789ab", 32, 1_000


def templates(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embedding(vector: np.ndarray) -> Embedding:
    return Embedding(vector=vector, model=MODEL)


def a_gallery(rows: np.ndarray) -> Gallery:
    gallery = Gallery(model=MODEL, dim=DIM, scan_from=MANY)
    gallery.add_many([(MemberId(f"m{n}"), f"t{n}") for n in range(len(rows))], rows)
    return gallery


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return templates(2 * MANY)


@pytest.fixture
def gallery(rows: np.ndarray) -> Gallery:
    gallery = a_gallery(rows)
    gallery.settle()
    assert not gallery.exact
    return gallery


def test_the_scan_is_proved_before_it_is_used(rows: np.ndarray) -> None:
    """Search is exact until the proof is there; then 10,000 probes agreed."""
    gallery = a_gallery(rows)
    assert gallery.exact
    proof = gallery.settle()
    assert proof is not None
    assert (proof.templates, proof.probes, proof.agreed) == (2 * MANY, PROVED, PROVED)
    assert not gallery.exact


def test_small_galleries_stay_exact() -> None:
    gallery = a_gallery(templates(MANY - 1))
    assert gallery.settle() is None
    assert gallery.exact


def test_without_agreement_search_stays_exact(rows: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """One probe of 10,000 that disagrees is one too many."""
    wrong = Proof(templates=len(rows), probes=PROVED, agreed=PROVED - 1, depth=256)
    monkeypatch.setattr(Scan, "prove", lambda *_: wrong)
    gallery = a_gallery(rows)
    assert gallery.settle() == wrong
    assert gallery.exact
    (match,) = gallery.search((embedding(rows[7]),))
    assert match is not None
    assert match.member_id == "m7"


def test_a_gallery_that_doubled_is_proved_anew(gallery: Gallery) -> None:
    more = templates(2 * MANY, seed=1)
    gallery.add_many([(MemberId(f"n{n}"), f"t{n}") for n in range(len(more))], more)
    proof = gallery.settle()
    assert proof is not None
    assert proof.templates == 4 * MANY


def test_nearest_members_are_those_of_exact_search(gallery: Gallery, rows: np.ndarray) -> None:
    probes = mated_probes(rows, 50, np.random.default_rng(5))
    for probe, found in zip(probes, gallery.nearest(tuple(map(embedding, probes)), 5), strict=True):
        scores = rows @ probe
        assert [match.member_id for match in found] == [f"m{n}" for n in np.argsort(-scores)[:5]]
        assert found[0].score == pytest.approx(scores.max(), abs=1e-6)


def test_a_member_with_more_templates_than_candidates_does_not_hide_the_others() -> None:
    """All candidates are of one member, so the second is found exactly."""
    rows = templates(MANY)
    crowd = np.tile(rows[:1], (5_000, 1)) + templates(5_000, seed=2) * 0.01
    crowd /= np.linalg.norm(crowd, axis=1, keepdims=True)
    gallery = a_gallery(rows)
    gallery.add_many([(MemberId("crowd"), str(n)) for n in range(len(crowd))], crowd.astype(np.float32))
    gallery.settle()
    (found,) = gallery.nearest((embedding(rows[0]),), 2)
    assert {match.member_id for match in found} == {"m0", "crowd"}


def test_codes_of_the_dropped_are_overwritten(gallery: Gallery, rows: np.ndarray) -> None:
    """The last row's code is zeros after it moved into the gap."""
    scan = gallery._scan
    assert scan is not None
    last = len(scan) - 1
    gallery.drop(MemberId("m3"))
    size = scan._packer.block_size
    import faiss

    codes = faiss.rev_swig_ptr(scan._index.codes.get(), scan._index.codes.size())
    block, offset = divmod(last, scan._packer.nvec)
    assert not scan._packer.unpack_1(codes[block * size : (block + 1) * size].reshape(1, size), offset).any()
    assert len(scan) == last
    (match,) = gallery.search((embedding(rows[3]),))
    assert match is not None
    assert match.member_id != "m3"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.booleans(), st.integers(0, 2 * MANY + 40)), min_size=1, max_size=60))
def test_any_edits_are_seen_by_the_next_search(
    rows: np.ndarray, shared: Gallery, people: dict[str, np.ndarray], edits: list[tuple[bool, int]]
) -> None:
    """Whatever was added and dropped before: added people are found, dropped ones are not, as exact search says."""
    extra = templates(2 * MANY + 41, seed=3)
    for add, number in edits:
        who = f"m{number}"
        if add and who not in people:
            people[who] = extra[number]
            shared.add(MemberId(who), "new", embedding(extra[number]))
        elif not add and who in people:
            assert shared.drop(MemberId(who)) == 1
            del people[who]
        probe = extra[number]
        (match,) = shared.search((embedding(probe),))
        best = max(people, key=lambda name: float(people[name] @ probe))
        assert match is not None
        assert match.score == pytest.approx(float(people[best] @ probe), abs=1e-5)
    assert not shared.exact
    assert len(shared) == len(people) == len(shared._scan or ())


@pytest.fixture(scope="module")
def shared(rows: np.ndarray) -> Gallery:
    gallery = a_gallery(rows)
    gallery.settle()
    return gallery


@pytest.fixture(scope="module")
def people(rows: np.ndarray) -> dict[str, np.ndarray]:
    return {f"m{n}": row for n, row in enumerate(rows)}


def test_what_changes_while_the_scan_is_learned_is_in_it(rows: np.ndarray) -> None:
    gallery = a_gallery(rows)
    gallery.search((embedding(rows[0]),))  # begins to learn
    fresh = templates(300, seed=4)
    for number in range(300):
        assert gallery.drop(MemberId(f"m{number}")) == 1
        gallery.add(MemberId(f"f{number}"), "t", embedding(fresh[number]))
    gallery.settle()
    assert not gallery.exact
    for number in (0, 150, 299):
        (new,) = gallery.search((embedding(fresh[number]),))
        assert new is not None
        assert new.member_id == f"f{number}"
        (old,) = gallery.search((embedding(rows[number]),))
        assert old is not None
        assert old.member_id != f"m{number}"


def test_searching_while_people_come_and_go(gallery: Gallery, rows: np.ndarray) -> None:
    """Those who stay are found in every search, in any thread."""
    wrong: list[int] = []
    done = threading.Event()

    def look() -> None:
        number = 0
        while not done.is_set():
            number = (number + 1) % 100
            (match,) = gallery.search((embedding(rows[number]),))
            if match is None or match.member_id != f"m{number}":
                wrong.append(number)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(500, 900):
        gallery.drop(MemberId(f"m{number}"))
        gallery.add(MemberId(f"m{number}"), "t", embedding(rows[number]))
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_templates_that_cannot_be_paired_are_searched_exactly() -> None:
    gallery = Gallery(model=MODEL, dim=33, scan_from=10)
    rows = np.random.default_rng(0).standard_normal((20, 33), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    gallery.add_many([(MemberId(str(n)), "t") for n in range(20)], rows)
    assert gallery.settle() is None
    assert gallery.exact
