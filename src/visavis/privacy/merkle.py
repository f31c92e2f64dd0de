"""Tree hashes over the entries of a log, and the proofs that they give (RFC 6962, section 2.1).

The leaf hash of an entry is its own SHA-256. What that covers begins with `[` and what an inner node covers with 0x01,
so that no entry can be taken for a node.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
NODE = b"\1"


class Tree:
    """A log of any length in as many hashes as its length has binary digits; grows, and tells its root at any time."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Go on from a tree that was left at this size, with the roots of its full subtrees, largest first."""
        rest, self.size = list(peaks), size
        self._full = [rest.pop() if size >> level & 1 else None for level in range(size.bit_length())]

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes."""
        nodes, level = list(leaves), 0
        self.size += len(nodes)
        while nodes:
            if level == len(self._full):
                self._full.append(None)
            waiting = self._full[level]
            if waiting is not None:
                nodes.insert(0, waiting)
            self._full[level] = nodes.pop() if len(nodes) % 2 else None
            nodes = [sha256(NODE + a + b).digest() for a, b in zip(nodes[::2], nodes[1::2], strict=True)]
            level += 1

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the full subtrees, largest first."""
        return tuple(node for node in reversed(self._full) if node is not None)

    @property
    def root(self) -> bytes:
        """The tree hash."""
        *left, root = self.peaks or (EMPTY,)
        for peak in reversed(left):
            root = _node(peak, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The tree hash of a whole log."""
    tree = Tree()
    tree.extend(leaves)
    return tree.root


# ------ one entry is in the log


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """What shows that the leaf at this index, counted from 0, is in the log (2.1.1): hashes, lowest first."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"entry {index} of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion(leaves[:split], index), root_of(leaves[split:]))
    return (*inclusion(leaves[split:], index - split), root_of(leaves[:split]))


def includes(root: bytes, size: int, *, leaf: bytes, index: int, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that this leaf stands at this index of the log with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = _node(other, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _node(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


# ------ a longer log begins with a shorter one


def consistency(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """What shows that the log, when it had `old` entries, was the beginning of this one (2.1.2)."""
    if not 0 < old <= len(leaves):
        raise IndexError(f"{old} entries of {len(leaves)}")
    return _subproof(leaves, old, whole=True)


def _subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> tuple[bytes, ...]:
    if old == len(leaves):
        return () if whole else (root_of(leaves),)
    split = _split(len(leaves))
    if old <= split:
        return (*_subproof(leaves[:split], old, whole=whole), root_of(leaves[split:]))
    return (*_subproof(leaves[split:], old - split, whole=False), root_of(leaves[:split]))


def extends(old_root: bytes, old: int, root: bytes, size: int, *, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the log with `root` begins with the one with `old_root` (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size:
        return False
    nodes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not nodes:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = nodes[0]
    for other in nodes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = _node(other, before), _node(other, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = _node(after, other)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _split(size: int) -> int:
    """The largest power of two below."""
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()
