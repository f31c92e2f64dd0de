"""Tree hashes against RFC 6962's own definition, and proofs against all that they must refuse."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.privacy.merkle import Tree, consistency, extends, includes, inclusion, root_of


def leaves(count: int) -> list[bytes]:
    return [sha256(bytes([number])).digest() for number in range(count)]


def defined(some: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if not some:
        return sha256(b"").digest()
    if len(some) == 1:
        return some[0]
    split = 1
    while split * 2 < len(some):
        split *= 2
    return sha256(b"\1" + defined(some[:split]) + defined(some[split:])).digest()


@given(st.lists(st.integers(0, 9), max_size=12))
def test_the_tree_grows_to_what_the_rfc_defines(steps: list[int]) -> None:
    """However the leaves come; and a tree that is taken up again from its peaks goes on alike."""
    tree, done = Tree(), 0
    every = leaves(sum(steps))
    for step in steps:
        tree = Tree(tree.size, tree.peaks)
        tree.extend(every[done : done + step])
        done += step
        assert tree.root == defined(every[:done])
        assert tree.size == done


def test_three_leaves_by_hand() -> None:
    """H(1 || H(1 || a || b) || c)."""
    a, b, c = leaves(3)
    assert root_of([a, b, c]) == sha256(b"\1" + sha256(b"\1" + a + b).digest() + c).digest()


@pytest.mark.parametrize("size", range(1, 18))
def test_an_inclusion_proof_shows_one_leaf_at_one_place(size: int) -> None:
    """Each leaf of each small log; another leaf, place, length or hash is refused."""
    every = leaves(size)
    root = root_of(every)
    for index, leaf in enumerate(every):
        proof = inclusion(every, index)
        assert includes(root, size, leaf=leaf, index=index, proof=proof)
        other = sha256(b"other").digest()
        assert not includes(root, size, leaf=other, index=index, proof=proof)
        assert not includes(other, size, leaf=leaf, index=index, proof=proof)
        assert not includes(root, size, leaf=leaf, index=index, proof=(*proof, other))
        assert not any(includes(root, size, leaf=leaf, index=i, proof=proof) for i in range(-1, size + 1) if i != index)
        for place in range(len(proof)):
            assert not includes(root, size, leaf=leaf, index=index, proof=(*proof[:place], other, *proof[place + 1 :]))
    with pytest.raises(IndexError):
        inclusion(every, size)


@pytest.mark.parametrize("size", range(1, 18))
def test_a_consistency_proof_shows_that_one_log_begins_with_another(size: int) -> None:
    """Each shorter length; a log that was another before is refused."""
    every = leaves(size)
    root = root_of(every)
    for old in range(1, size + 1):
        proof, before = consistency(every, old), root_of(every[:old])
        assert extends(before, old, root, size, proof=proof)
        other = sha256(b"other").digest()
        assert not extends(other, old, root, size, proof=proof)
        assert not extends(before, old, other, size, proof=proof)
        assert not extends(before, old, root, size, proof=(*proof, other))
        for place in range(len(proof)):
            assert not extends(before, old, root, size, proof=(*proof[:place], other, *proof[place + 1 :]))
    with pytest.raises(IndexError):
        consistency(every, 0)
