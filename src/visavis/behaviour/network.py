"""A trained behaviour network as it serves: one recurrent step in ONNX Runtime, for one member or many at once.

What it remembers of a member is one row: the hidden state of the last layer, then those of the others (and the cells
of an LSTM), then what the heads said: a probability a class, and mean and log of the spread of the log of the seconds
until the next visit.

A row never depends on who else is in the batch. ONNX Runtime multiplies with packed weights, which adds up each row in
one order whatever the number of rows. That this holds on this processor is proved for every size of batch when a
network is loaded; where it did not hold, every row would be computed alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import DECIMALS, NAMES, Encoded, Vocabulary
from visavis.errors import ModelRefused
from visavis.runtime import DType, Model, TensorSpec, load_content

FORMAT = 1
AT_ONCE = 64  # greatest batch
DOCUMENT, STEP, WHOLE_STEP, ITEMS = "network.json", "step.onnx", "step.int8.onnx", "items.onnx"
_LARGEST = 65_536  # numbers in a row


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Step and next-item head of one version."""

    version: str  # of the artefact, such as "behaviour-3"; "-int8" behind it computes in whole numbers
    vocabulary: Vocabulary
    width: int  # of the hidden state of the last layer, where a row begins
    carried: int  # numbers of a row that the next step takes; classes and next visit follow
    alone: bool  # whether each row must be computed by itself
    step: Model = field(repr=False)
    items: Model = field(repr=False)

    @property
    def row(self) -> int:
        """Length of what is remembered of a member."""
        return self.carried + len(self.vocabulary.classes) + 2

    def advance(self, encoded: Encoded, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is remembered after one more event of each member: events (B), rows (B, row) -> (B, row)."""
        size = 1 if self.alone else AT_ONCE
        carried = np.ascontiguousarray(rows[:, : self.carried])
        if len(rows) <= size:
            after: NDArray[np.float32] = self.step.run(encoded.names, encoded.decimals, carried)[0]
            return after
        parts = range(0, len(rows), size)
        return np.concatenate(
            [
                self.step.run(encoded.names[i : i + size], encoded.decimals[i : i + size], carried[i : i + size])[0]
                for i in parts
            ]
        )

    def item_logits(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, row) -> (B, items): log-odds of the next item, up to a constant a row."""
        logits: NDArray[np.float32] = self.items.run(np.ascontiguousarray(rows[:, : self.width]))[0]
        return logits

    def classes(self, row: NDArray[np.float32]) -> dict[str, float]:
        """Probability of each behaviour class, from one row."""
        said = row[self.carried : self.carried + len(self.vocabulary.classes)]
        return dict(zip(self.vocabulary.classes, said.tolist(), strict=True))

    def next_visit_s(self, row: NDArray[np.float32]) -> float:
        """Median of the seconds from the last event to the next visit, from one row."""
        return float(np.exp(min(float(row[-2]), 30.0)))


def load_network(files: Mapping[str, bytes], *, version: str, whole_numbers: bool = False) -> Network:
    """Load what training exported.

    Args:
        files: of the artefact.
        version: of the artefact.
        whole_numbers: compute in eight-bit whole numbers.

    Raises:
        ModelRefused: a file is missing or is not what it should be.
    """
    try:
        document = json.loads(files[DOCUMENT])
        step, items = files[WHOLE_STEP if whole_numbers else STEP], files[ITEMS]
    except KeyError as missing:
        raise ModelRefused(f"the network has no file {missing}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as failure:
        raise ModelRefused(f"{DOCUMENT} is not JSON") from failure
    vocabulary = Vocabulary.from_document(_field(document, "vocabulary", dict))
    if _field(document, "format", int) != FORMAT:
        raise ModelRefused(f"{DOCUMENT} is of format {document['format']}; this version reads {FORMAT}")
    width, carried = _field(document, "width", int), _field(document, "carried", int)
    if not 0 < width <= carried <= _LARGEST or not vocabulary.classes:
        raise ModelRefused(f"{DOCUMENT}: {width} of {carried} numbers and {len(vocabulary.classes)} classes")
    row = carried + len(vocabulary.classes) + 2
    stepping = load_content(
        step,
        name=WHOLE_STEP if whole_numbers else STEP,
        inputs=(
            TensorSpec(name="names", dtype=DType.INT64, shape=(None, NAMES)),
            TensorSpec(name="decimals", dtype=DType.FLOAT32, shape=(None, DECIMALS)),
            TensorSpec(name="carried", dtype=DType.FLOAT32, shape=(None, carried)),
        ),
        outputs=(TensorSpec(name="row", dtype=DType.FLOAT32, shape=(None, row)),),
    )
    naming = load_content(
        items,
        name=ITEMS,
        inputs=(TensorSpec(name="hidden", dtype=DType.FLOAT32, shape=(None, width)),),
        outputs=(TensorSpec(name="logits", dtype=DType.FLOAT32, shape=(None, len(vocabulary.items))),),
    )
    return Network(
        version=f"{version}-int8" if whole_numbers else version,
        vocabulary=vocabulary,
        width=width,
        carried=carried,
        alone=not _alike(stepping, vocabulary, carried),
        step=stepping,
        items=naming,
    )


def _alike(step: Model, vocabulary: Vocabulary, carried: int) -> bool:
    """Whether a row comes out the same to the bit, alone and in a batch of every size."""
    rng = np.random.default_rng(1)
    sizes = (len(vocabulary.kinds), len(vocabulary.items), len(vocabulary.placements))
    names = np.stack([rng.integers(0, size + 1, AT_ONCE) for size in sizes], axis=1)
    decimals = rng.standard_normal((AT_ONCE, DECIMALS)).astype(np.float32)
    states = np.tanh(rng.standard_normal((AT_ONCE, carried))).astype(np.float32)
    alone = np.concatenate(
        [step.run(names[k : k + 1], decimals[k : k + 1], states[k : k + 1])[0] for k in range(AT_ONCE)]
    )
    if not np.isfinite(alone).all():
        raise ModelRefused("the network gives numbers that are none")
    return all(
        np.array_equal(step.run(names[-n:], decimals[-n:], states[-n:])[0], alone[-n:]) for n in range(2, AT_ONCE + 1)
    )


def _field(document: Any, name: str, kind: type) -> Any:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ModelRefused(f"{DOCUMENT} has no {kind.__name__} {name!r}")
    return value
