"""A trained model that tells what suits a member from what they did: ONNX Runtime, no training library."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.recommend.observed import LONGEST, Observed
from visavis.runtime import DType, Model, TensorSpec, load_content

NETWORK, WHOLE, VOCABULARY = "network.onnx", "network.int8.onnx", "vocabulary.json"
INPUTS = (
    TensorSpec(name="kind", dtype=DType.INT64, shape=(None, None)),
    TensorSpec(name="item", dtype=DType.INT64, shape=(None, None)),
    TensorSpec(name="numbers", dtype=DType.FLOAT32, shape=(None, None, 3)),
)
ANSWERS = 4  # members of the known answers
TOLERANCE = 1e-3  # of a logit, relative to the largest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OfferModel:
    """Kinds and items are numbered as in its vocabulary; what it does not know is left out by `numbered`."""

    kinds: tuple[str, ...]
    items: tuple[str, ...]
    names: tuple[str, ...]  # what it tells: offers, or behaviour classes
    model: Model = field(repr=False)

    def logits(self, seen: Observed) -> NDArray[np.float32]:
        """(B, names)."""
        return np.asarray(self.model.run(*seen.inputs)[0])

    def chances(self, seen: Observed) -> NDArray[np.float64]:
        """(B, names); rows sum to 1."""
        logits = self.logits(seen).astype(np.float64)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def load_offer_model(files: Mapping[str, bytes], *, whole: bool = False, threads: int = 1) -> OfferModel:
    """The model of an artefact, after it gave its known answers.

    Args:
        files: of the artefact.
        whole: the one of eight-bit weights.
        threads: inside one operator.

    Raises:
        ModelRefused: a file is missing or not of this kind, or an answer differs.
    """
    name = WHOLE if whole else NETWORK
    try:
        vocabulary = json.loads(files[VOCABULARY])
        kinds, items, names = (tuple(map(str, vocabulary[word])) for word in ("kinds", "items", "names"))
        answers = np.array(vocabulary["answers"][name], np.float64)
        content = files[name]
    except (KeyError, TypeError, ValueError) as failure:
        raise ModelRefused(f"{VOCABULARY} or {name} is missing or of another kind") from failure
    model = load_content(content, name=name, inputs=INPUTS, outputs=[logits_of(len(names))], threads=threads)
    found = OfferModel(kinds=kinds, items=items, names=names, model=model)
    given = found.logits(example(len(kinds), len(items)))
    if given.shape != answers.shape or not np.abs(given - answers).max() <= TOLERANCE * max(1.0, np.abs(answers).max()):
        raise ModelRefused(f"{name} does not give its known answers")
    return found


def logits_of(names: int) -> TensorSpec:
    """What such a network gives."""
    return TensorSpec(name="logits", dtype=DType.FLOAT32, shape=(None, names))


def example(kinds: int, items: int, events: int = 24) -> Observed:
    """Members by a formula; the same on every machine."""
    b, t = np.indices((ANSWERS, events), dtype=np.int64)
    there = t < events - 5 * b  # the last ones are empty places
    kind = np.where(there, (3 * b + 5 * t) % kinds + 1, 0)
    item = np.where(there, (7 * b + 2 * t * t) % (items + 1), 0)
    numbers = np.stack([(11 * b + 17 * t) % 97, (5 * b + 3 * t * t) % 61, (b + 2 * t) % 90], axis=2) * there[:, :, None]
    return Observed(kind=kind, item=item, numbers=numbers.astype(np.float32))


def vocabulary(
    *,
    kinds: Sequence[str],
    items: Sequence[str],
    names: Sequence[str],
    answers: Mapping[str, NDArray[np.float32]],
) -> bytes:
    """The file that goes with the networks; answers are what each gives for `example`."""
    document: dict[str, Any] = {
        "kinds": list(kinds),
        "items": list(items),
        "names": list(names),
        "longest": LONGEST,
        "answers": {name: np.round(given.astype(np.float64), 6).tolist() for name, given in answers.items()},
    }
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
