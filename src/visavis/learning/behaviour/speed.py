"""How long one event takes to change a profile: encoded, one step of the network, class probabilities, traits."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import DECIMALS, Encoded, Vocabulary
from visavis.behaviour.network import load_network
from visavis.behaviour.stream import Stream
from visavis.learning.behaviour.export import export
from visavis.learning.behaviour.network import build_network
from visavis.learning.behaviour.recipe import Recipe
from visavis.types import Event, MemberState, Scenario, Token

BEGINS = datetime(2026, 1, 5, 9, tzinfo=UTC)
BEFORE = 30  # events that a member has behind them
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Microseconds an event."""

    step: str
    batch: int  # events at once; times are divided by it
    rounds: int
    p50_us: float
    p95_us: float
    p99_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSpeed:
    """One network, one thread."""

    network: str
    weights: int
    items: int
    row_alone: bool  # True: this processor gives other bits in a batch, and every row is computed by itself
    timings: tuple[Quantiles, ...]


def measure_profile(
    scenario: Scenario, recipe: Recipe, *, batches: Sequence[int], rounds: int, whole_numbers: bool, progress: Progress
) -> ProfileSpeed:
    """Follow made-up members of a scenario with a network of random weights, which takes as long as a trained one.

    Args:
        scenario: whose kinds, items and places occur.
        recipe: of the network.
        batches: events at once, one a member.
        rounds: times that each is measured, on new events.
        whole_numbers: the step in eight-bit whole numbers.
        progress: told of the share done.
    """
    vocabulary = Vocabulary(
        kinds=tuple(scenario.event_types),
        items=tuple(scenario.items),
        placements=tuple(scenario.placements),
        classes=tuple(scenario.behaviour_classes),
    )
    trained = build_network(recipe, vocabulary).eval()
    probe = Encoded(names=np.ones((4, 3), np.int64), decimals=np.zeros((4, DECIMALS), np.float32))
    network = load_network(export(trained, recipe, vocabulary, probe), version="bench", whole_numbers=whole_numbers)
    stream, found = Stream(scenario=scenario, network=network), list[Quantiles]()
    for number, batch in enumerate(batches):
        members = _Members(stream=stream, count=batch)
        found += members.measure(rounds, lambda share, done=number: progress("profile", (done + share) / len(batches)))  # type: ignore[misc]  # a default binds the loop's number
    return ProfileSpeed(
        network=f"{recipe.cell} {'-'.join(map(str, recipe.widths))}{', int8' if whole_numbers else ''}",
        weights=sum(weight.numel() for weight in trained.parameters()),
        items=len(vocabulary.items),
        row_alone=network.alone,
        timings=tuple(found),
    )


class _Members:
    """So many members, one new event each a round."""

    def __init__(self, *, stream: Stream, count: int) -> None:
        self.stream, self.count = stream, count
        self.states: list[MemberState] = [stream.start(Token(f"member-{m}")) for m in range(count)]
        for turn in range(BEFORE):
            self.states = stream.advance(self.states, self._events(turn))

    def measure(self, rounds: int, told: Callable[[float], None]) -> list[Quantiles]:
        update, read = np.empty(rounds), np.empty(rounds)
        for n in range(rounds):
            events = self._events(BEFORE + n)
            begin = time.perf_counter()
            states = self.stream.advance(self.states, events)
            changed = time.perf_counter()
            for state, event in zip(states, events, strict=True):
                self.stream.profile(state, event.occurred_at)
            update[n], read[n] = changed - begin, time.perf_counter() - changed
            self.states = states
            if n % 100 == 0:
                told(n / rounds)
        return [self._quantiles("update", update), self._quantiles("read profile", read)]

    def _events(self, turn: int) -> list[Event]:
        pack = self.stream.scenario
        kinds, items, places = list(pack.event_types), list(pack.items), list(pack.placements)
        return [
            Event(
                id=f"{turn:09}",
                kind=kinds[(m + turn) % len(kinds)],
                occurred_at=BEGINS + turn * timedelta(minutes=53),
                token=self.states[m].token,
                scenario=pack.name,
                placement=places[(m + turn) % len(places)],
                item_id=items[(7 * m + turn) % len(items)],
                value=float(turn % 17),
                dwell_s=12.0,
            )
            for m in range(self.count)
        ]

    def _quantiles(self, step: str, taken_s: NDArray[np.float64]) -> Quantiles:
        p50, p95, p99 = (round(float(q) * 1e6 / self.count, 2) for q in np.quantile(taken_s, (0.5, 0.95, 0.99)))
        return Quantiles(step=step, batch=self.count, rounds=len(taken_s), p50_us=p50, p95_us=p95, p99_us=p99)
