"""The behaviour network as one more voice of the blend."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series
from visavis.learning.behaviour.next_item import fit_next_item
from visavis.learning.recommend.fits import Progress
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.questions import LEAST, Question
from visavis.recommend.candidates import Floats


def next_items(
    data: Interactions,
    weighed: Sequence[Question],
    asked: Sequence[Question],
    *,
    seed: int,
    threads: int,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Train on all but the last two choices, stop by the second last; never shown the last.

    Returns:
        Probability of each item, (weighed, items) and (asked, items).
    """
    known = data.without_last(1, least=LEAST)
    scorer = fit_next_item(series_of(known), seed=seed, cores=threads, progress=progress)

    def answers(questions: Sequence[Question]) -> Floats:
        members = np.array([question.member for question in questions])
        lengths = np.array([len(question.history) for question in questions])
        return likely(scorer.scores(members, lengths))

    return answers(weighed), answers(asked)


def likely(logits: Floats) -> Floats:
    """Softmax along the items: positive, as every other source."""
    p: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p


def series_of(data: Interactions) -> Series:
    """The same choices as a series of one kind of event."""
    size = len(data)
    return Series(
        starts=data.starts,
        kind=np.zeros(size, np.int32),
        item=data.item,
        placement=np.full(size, -1, np.int32),
        at=data.at,
        value=np.zeros(size, np.float32),
        dwell_s=np.zeros(size, np.float32),
        kinds=("chosen",),
        items=data.items,
        placements=(),
        members=data.members,
    )
