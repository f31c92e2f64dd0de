"""How much better a new model is than the one that serves, on the same members, who taught the new one nothing.

They may have taught the one that serves, which makes it look better than it is: the gate errs on its side.
"""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import Encoded, encode_series
from visavis.behaviour.network import load_network
from visavis.behaviour.series import Series
from visavis.recommend.bounds import gain
from visavis.recommend.observed import Observed
from visavis.recommend.offer_model import load_offer_model
from visavis.types import Artefact

Names = NDArray[np.str_]
MEASURE = "accuracy on held-out members"


def gain_over(serving: Artefact | None, right: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> dict[str, object]:
    """What the gate reads: bounds of the difference, and against whom.

    Args:
        serving: the one that serves; None: what is built in.
        right: (N,) whether the new one's first answer is right.
        theirs: (N,) the same of the one that serves.
    """
    found = gain(right.astype(np.float64), theirs.astype(np.float64), measure=MEASURE)
    return {**asdict(found), "against": serving.version if serving else 0}


def commonest(taught: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(count,): the answer that most of those who teach had, for everybody: what is known without a model."""
    return np.full(count, np.bincount(taught).argmax())


def offers_answered(serving: Artefact, seen: Observed, *, kinds: Sequence[str], items: Sequence[str]) -> Names:
    """(B,): name of the first answer of the model that serves; what it does not know it does not see.

    Raises:
        ModelRefused: it does not load.
    """
    model = load_offer_model(serving.files)
    kind, item = _renumbered(kinds, model.kinds)[seen.kind], _renumbered(items, model.items)[seen.item]
    chosen = model.logits(Observed(kind=kind, item=item, numbers=seen.numbers)).argmax(axis=1)
    said: Names = np.array(model.names)[chosen]
    return said


def classes_answered(serving: Artefact, series: Series) -> Names:
    """(M,): name of the likeliest class after the last event of each member, who all have one; raises ModelRefused."""
    network = load_network(serving.files, version=f"behaviour-{serving.version}")
    encoded, lengths = encode_series(series, network.vocabulary), np.diff(series.starts)
    rows = np.zeros((len(lengths), network.row), np.float32)
    for step in range(int(lengths.max(initial=0))):
        there = np.flatnonzero(lengths > step)
        events = series.starts[:-1][there] + step
        one = Encoded(names=encoded.names[events], decimals=encoded.decimals[events])
        rows[there] = network.advance(one, rows[there])
    classes = network.vocabulary.classes
    chances = rows[:, network.carried : network.carried + len(classes)]
    said: Names = np.array(classes)[chances.argmax(axis=1)]
    return said


def _renumbered(names: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """Number here -> number there; 0 stays 0, and is what is not known there."""
    number = {name: n + 1 for n, name in enumerate(known)}
    return np.array([0, *(number.get(name, 0) for name in names)], np.int64)
