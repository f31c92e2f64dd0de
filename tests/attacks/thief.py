"""What somebody does who stole databases and has no key: measure, guess, compare, learn from what they know."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.rows import dict_row

RESAMPLED = 1000
Row = Mapping[str, object]
Similarity = NDArray[np.float64]  # (people of one site, people of the other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure with its 95 % interval over resampled people."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} … {self.high:.4f})"


def stolen(url: str) -> list[dict[str, object]]:
    """Every member of a copied database with everything that stands beside them, in the order of its pages."""
    query = """
        SELECT m.*, m.ctid, array_agg(t.nonce ORDER BY t.position) AS nonces,
               array_agg(t.ciphertext ORDER BY t.position) AS ciphertexts
        FROM edge.member AS m JOIN edge.template AS t ON t.member_id = m.id
        GROUP BY m.id ORDER BY m.ctid
    """
    with psycopg.connect(url, row_factory=dict_row) as thief:
        return thief.execute(query).fetchall()


def linkage(similarity: Similarity, rng: np.random.Generator) -> Measured:
    """How well a score tells the same person at two sites from two people: the area under its ROC curve.

    Row k of the one site and column k of the other are the same person. A score that is low where the person is the
    same helps a thief as much, so the figure is never below 0.5.
    """
    same = np.eye(len(similarity), dtype=bool)
    others, genuine = np.sort(similarity[~same]), similarity[same]
    below = np.searchsorted(others, genuine, side="left")
    up_to = np.searchsorted(others, genuine, side="right")
    placed = (below + up_to) / 2 / len(others)  # their mean is the area; ties count half
    return interval(placed if placed.mean() >= 0.5 else 1.0 - placed, rng)


def interval(values: NDArray[np.float64], rng: np.random.Generator) -> Measured:
    """Of a mean, by resampling."""
    drawn = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLED)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Measured(value=float(values.mean()), low=float(low), high=float(high))


def cosines(some: NDArray[np.floating], other: NDArray[np.floating]) -> Similarity:
    """Of each row with the row beside it."""
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(other, axis=1)
    return np.einsum("nd,nd->n", some, other).astype(np.float64) / np.maximum(lengths, 1e-12)


# ------ numbers from ciphertext


def readings(ciphertexts: list[bytes], dim: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """A ciphertext taken for the numbers themselves, in each way in which somebody may store them."""
    table = np.stack([np.frombuffer(text, np.uint8) for text in ciphertexts])
    for name, kind, start in (
        ("float32", "<f4", 0),
        ("float32 big endian", ">f4", 0),
        ("float32 after a nonce", "<f4", 12),
        ("float16", "<f2", 0),
        ("int8", "i1", 0),
        ("uint8", "u1", 0),
        ("int16", "<i2", 0),
    ):
        width = np.dtype(kind).itemsize
        part = np.ascontiguousarray(table[:, start : start + dim * width])
        with np.errstate(invalid="ignore"):  # most bytes are no number
            numbers = part.view(kind).astype(np.float64)
        numbers = np.clip(np.nan_to_num(numbers, nan=0.0, posinf=1.0, neginf=-1.0), -1e3, 1e3)
        if numbers.shape[1] < dim:
            numbers = np.pad(numbers, ((0, 0), (0, dim - numbers.shape[1])))
        yield name, numbers


def learned(ciphertexts: list[bytes], known: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ridge regression from the bits of ciphertexts to the numbers, fitted on the thief's accounts, for the others."""
    bits = np.unpackbits(np.stack([np.frombuffer(text, np.uint8) for text in ciphertexts]), axis=1) - 0.5
    mine, theirs = bits[: len(known)], bits[len(known) :]
    weights = np.linalg.solve(mine @ mine.T + 10.0 * np.eye(len(mine)), known)
    return np.asarray(theirs @ (mine.T @ weights), np.float64)


def same_key_stream(ciphertexts: list[bytes], known: NDArray[np.float32]) -> NDArray[np.float64]:
    """A key stream used twice would open one text by another: each is tried, and what is most like numbers kept."""
    table = np.stack([np.frombuffer(text[: known.shape[1] * 4], np.uint8) for text in ciphertexts])
    plain = np.ascontiguousarray(known.astype("<f4")).view(np.uint8)
    streams = table[: len(known)] ^ plain
    found = []
    for text in table[len(known) :]:
        tries = np.clip(np.nan_to_num((streams ^ text).view("<f4"), nan=9.0), -9.0, 9.0).astype(np.float64)
        found.append(tries[np.abs(np.linalg.norm(tries, axis=1) - 1.0).argmin()])
    return np.stack(found)


# ------ one person at two sites


def bytes_alike(some: list[bytes], other: list[bytes]) -> Similarity:
    """Share of equal bits, place by place."""
    size = min(map(len, [*some, *other]))
    one = np.unpackbits(np.stack([np.frombuffer(b[:size], np.uint8) for b in some]), axis=1).astype(np.float32) - 0.5
    two = np.unpackbits(np.stack([np.frombuffer(b[:size], np.uint8) for b in other]), axis=1).astype(np.float32) - 0.5
    return (one @ two.T).astype(np.float64)


def lengths_alike(some: list[bytes], other: list[bytes]) -> Similarity:
    """Equal lengths are most alike."""
    one, two = (np.array([len(b) for b in side], np.float64) for side in (some, other))
    return -np.abs(one[:, None] - two[None, :])


def order_alike(some: list[int], other: list[int]) -> Similarity:
    """Who stands at the same place of both tables."""
    return -np.abs(np.array(some, np.float64)[:, None] - np.array(other, np.float64)[None, :])


def numbers_alike(some: NDArray[np.floating], other: NDArray[np.floating]) -> Similarity:
    """Cosine of opened templates."""
    return (some @ other.T).astype(np.float64)


def neighbourhoods_alike(some: NDArray[np.floating], other: NDArray[np.floating]) -> Similarity:
    """Who has cosines to the other members of a site that are spread alike: a rotation does not change them."""
    profiles = []
    for side in (some, other):
        cosine = (side @ side.T).astype(np.float64)
        np.fill_diagonal(cosine, np.nan)
        profiles.append(np.nanquantile(cosine, np.linspace(0.0, 1.0, 41), axis=1).T)
    one, two = ((p - p.mean(axis=0)) / (p.std(axis=0) + 1e-9) for p in profiles)
    return -np.linalg.norm(one[:, None, :] - two[None, :, :], axis=2)


Link = Callable[[list[dict[str, object]], list[dict[str, object]]], Similarity]


def _column(name: str) -> Callable[[dict[str, object]], bytes]:
    def taken(row: dict[str, object]) -> bytes:
        value = row[name]
        first = value[0] if isinstance(value, list) else value
        return first.encode() if isinstance(first, str) else bytes(first)  # type: ignore[arg-type]

    return taken


def links() -> dict[str, Link]:
    """Every way to compare two members of two copied databases without a key."""
    found: dict[str, Link] = {}
    for name in ("ciphertexts", "nonces", "nickname", "nickname_nonce", "wrapped_key", "credentials", "token", "id"):
        take = _column(name)
        found[f"{name}, bit by bit"] = lambda a, b, take=take: bytes_alike([*map(take, a)], [*map(take, b)])
        found[f"{name}, length"] = lambda a, b, take=take: lengths_alike([*map(take, a)], [*map(take, b)])
    found["order of rows"] = lambda a, b: order_alike(
        [int(str(r["place"])) for r in a], [int(str(r["place"])) for r in b]
    )
    return found
