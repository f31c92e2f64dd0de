"""What is asked of every model alike: this history, all items open; what came next?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.learning.recommend.interactions import Interactions
from visavis.recommend.candidates import History

LEAST = 3  # events of a member who is tested last: one to learn from, one to weigh with, one to test with
TEST_SHARE = 0.25  # of each item's choices
WEIGH_SHARE = 0.1  # of the rest: few, so that the sources know nearly as much as they will


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """About one member."""

    member: int
    history: History  # what a model may know of them
    wanted: NDArray[np.int32]  # what they chose besides; at least one item


def last_questions(data: Interactions, *, back: int) -> list[Question]:
    """For each member with three events or more: all up to before the `back`-th last, and that item.

    Raises:
        InputRefused: nobody has three events.
    """
    asked = []
    for member in np.flatnonzero(data.lengths >= LEAST).tolist():
        whole = data.history(member, without_last=back - 1)
        history = History(items=whole.items[:-1], at=whole.at[:-1])
        asked.append(Question(member=member, history=history, wanted=whole.items[-1:]))
    if not asked:
        raise InputRefused(f"nobody has {LEAST} events: leave-one-out learns from one, weighs with one, tests with one")
    return asked


def split_questions(
    data: Interactions, rng: np.random.Generator, share: float = TEST_SHARE
) -> tuple[Interactions, list[Question]]:
    """A share of each item's choices, drawn at random, is asked for; the rest is known.

    Raises:
        InputRefused: no item has choices enough.
    """
    drawn = rng.random(len(data))
    order = np.lexsort((drawn, data.item))
    times = np.bincount(data.item, minlength=len(data.items))
    place = np.arange(len(data)) - np.repeat(np.concatenate([[0], np.cumsum(times)[:-1]]), times)
    held = np.zeros(len(data), np.bool_)
    held[order] = place < np.round(share * times[data.item[order]])
    known, asked_for = data.kept(~held), data.kept(held)
    asked = [
        Question(member=member, history=known.history(member), wanted=asked_for.history(member).items)
        for member in np.flatnonzero(asked_for.lengths).tolist()
    ]
    if not asked:
        raise InputRefused(f"no item was chosen often enough: {share:.0%} of each item's choices is none")
    return known, asked
