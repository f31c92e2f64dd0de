"""What a model remembers of each member, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence

from visavis.testing.hub import MemoryEvents
from visavis.types import MemberState, Standing, Token


class MemoryStates:
    """Implements `ports.StateStore` beside the log of events."""

    def __init__(self, events: MemoryEvents) -> None:
        self._events = events
        self._kept: dict[Token, MemberState] = {}

    @property
    def rows(self) -> Mapping[Token, MemberState]:
        """What is kept; a state in which a deleted event counts is not."""
        logged = self._logged()
        for token in [token for token, state in self._kept.items() if state.events > logged[token]]:
            del self._kept[token]
        return self._kept

    async def of(self, tokens: Sequence[Token]) -> Mapping[Token, Standing]:
        """Of each of these, what is kept and how many events the log has now."""
        logged = self._logged()
        return {token: Standing(state=self.rows.get(token), logged=logged[token]) for token in tokens}

    async def keep(self, states: Sequence[MemberState]) -> frozenset[Token]:
        """Replace each state that holds exactly as many events as the log has; whose were kept."""
        logged = self._logged()
        fitting = {state.token: state for state in states if 0 < state.events == logged[state.token]}
        self._kept.update(fitting)
        return frozenset(fitting)

    async def stale(self, scenario: str, model: str, *, after: str = "", limit: int = 1000) -> Sequence[Token]:
        """Members with events whose state is of another model, holds another number of events, or is not there."""
        wanted = {token: (scenario, model, events) for token, events in self._logged().items()}
        there = {token: (state.scenario, state.model, state.events) for token, state in self.rows.items()}
        return sorted(t for t, right in wanted.items() if t > after and there.get(t) != right)[:limit]

    def _logged(self) -> Counter[Token]:
        return Counter(event.token for event in self._events.rows.values() if event.token is not None)
