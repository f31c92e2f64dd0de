"""events -> state -> profile, one event at a time: what a new event costs does not depend on the history.

A state is what the network remembers and what the traits add up. The same log gives the same state to the bit, event by
event, in batches of any size, or replayed from the beginning. A state names the model that made it; another model's is
replayed, never continued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import encode
from visavis.behaviour.network import Network
from visavis.behaviour.profile import in_order
from visavis.behaviour.traits import Traits
from visavis.types import Event, MemberState, Profile, Scenario, Token

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream:
    """Follows the members of one scenario, with a network or without."""

    scenario: Scenario
    network: Network | None = None
    traits: Traits = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "traits", Traits(scenario=self.scenario))

    @cached_property
    def model(self) -> str:
        """What every state of this stream is marked with."""
        return f"{self.traits.version}+{self.network.version}" if self.network else self.traits.version

    def start(self, token: Token) -> MemberState:
        """Of a member without events."""
        hidden = np.zeros(self.network.row if self.network else 0, np.float32)
        return MemberState(token=token, scenario=self.scenario.name, model=self.model, events=0, hidden=hidden)

    def follows(self, state: MemberState, event: Event) -> bool:
        """Whether the event may be added: this model made the state, and nothing in it happened later."""
        last = state.last_at
        return state.model == self.model and (last is None or (last, state.last_id) < (event.occurred_at, event.id))

    def advance(self, states: Sequence[MemberState], events: Sequence[Event]) -> list[MemberState]:
        """Add one event to each state; no member stands twice among them.

        Raises:
            ValueError: an event does not follow its state: the state must be replayed from the log.
        """
        for state, event in zip(states, events, strict=True):
            if not self.follows(state, event):
                raise ValueError("an event is older than the state, or the state is of another model: replay the log")
        rows = self._rows(states, events)
        return [self._added(state, event, row) for state, event, row in zip(states, events, rows, strict=True)]

    def follow(self, states: Mapping[Token, MemberState], events: Sequence[Event]) -> dict[Token, MemberState]:
        """Add events of any members in the order of time, batched across members; the states that changed.

        Raises:
            ValueError: as `advance`.
        """
        changed: dict[Token, MemberState] = {}
        waiting: dict[Token, list[Event]] = {}
        for event in in_order(events):
            if event.token is not None:
                waiting.setdefault(event.token, []).append(event)
        depth = max(map(len, waiting.values()), default=0)
        for turn in range(depth):  # the first event of each, then the second of each
            now = {token: queue[turn] for token, queue in waiting.items() if turn < len(queue)}
            before = [changed.get(token) or states.get(token) or self.start(token) for token in now]
            changed.update({state.token: state for state in self.advance(before, list(now.values()))})
        return changed

    def replay(self, token: Token, events: Sequence[Event]) -> MemberState:
        """The state of a member from their whole log, in any order."""
        owned = [event if event.token == token else replace(event, token=token) for event in events]
        return self.follow({}, owned).get(token) or self.start(token)

    def profile(self, state: MemberState, now: datetime) -> Profile:
        """What a state says; events of the future count as of now."""
        now = max(now, state.last_at or now)
        if self.network is None:
            return self.traits.read(state.token, state.sums, state.events, now)
        said = {
            "classes": self.network.classes(state.hidden),
            "state": tuple(state.hidden[: self.network.width].tolist()),
            "model_version": state.model,
            "next_visit_days": self.network.next_visit_s(state.hidden) / 86_400,
        }
        return self.traits.read(state.token, state.sums, state.events, now, said)

    def _rows(self, states: Sequence[MemberState], events: Sequence[Event]) -> NDArray[np.float32]:
        if self.network is None or not events:
            return np.zeros((len(events), 0), np.float32)
        gaps = [
            None if state.last_at is None else (event.occurred_at - state.last_at) / _SECOND
            for state, event in zip(states, events, strict=True)
        ]
        encoded = encode(events, gaps, self.network.vocabulary)
        before = np.concatenate([state.hidden for state in states]).reshape(len(states), -1)
        return self.network.advance(encoded, before)

    def _added(self, state: MemberState, event: Event, row: NDArray[np.float32]) -> MemberState:
        sums = dict(state.sums)
        self.traits.observe(sums, event)
        return MemberState(
            token=state.token,
            scenario=state.scenario,
            model=state.model,
            events=state.events + 1,
            last_at=event.occurred_at,
            last_id=event.id,
            hidden=row.copy(),
            sums=sums,
        )
