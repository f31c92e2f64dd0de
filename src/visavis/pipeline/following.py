"""Members are followed event by event: what a model remembers of each is kept, and made again where it does not fit.

The log of events is the truth. A state that holds another number of events than the log, or was made by another model,
is never used: it is made again, at once for a decision, otherwise in the background.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from visavis.behaviour.profile import in_order
from visavis.behaviour.stream import Stream
from visavis.ports import EventLog, StateStore
from visavis.types import Event, MemberState, Profile, Standing, Token

EVERYTHING = 1_000_000  # events of a member that are read for a replay


@dataclass(slots=True, kw_only=True)
class Following:
    """What happens to the states of members. Who may be followed at all, the caller knows."""

    events: EventLog
    states: StateStore
    timed: Callable[[], AbstractContextManager[object]] = nullcontext  # around the model's work for one batch of events
    due: dict[Token, None] = field(default_factory=dict, init=False)  # to be made again, the longest waiting first
    replayed: int = field(default=0, init=False)

    async def happened(self, stream: Stream, events: Sequence[Event]) -> None:
        """Add events that the log has now; whom that does not fit is made again later.

        Events that came late, or twice, or beside those of another process, do not fit.
        """
        arrived: dict[Token, list[Event]] = {}
        for event in in_order(events):
            if event.token is not None:
                arrived.setdefault(event.token, []).append(event)
        standings = await self.states.of(list(arrived))
        before: dict[Token, MemberState] = {}
        fitting: list[Event] = []
        for token, theirs in arrived.items():
            if standings[token].current(stream.model) is not None:
                continue  # sent again: it is counted
            state = _continued(stream, standings[token], theirs)
            if state is None:
                self.due[token] = None
            else:
                before[token] = state
                fitting += theirs
        with self.timed():
            after = stream.follow(before, fitting)
        kept = await self.states.keep(list(after.values()))
        self.due.update(dict.fromkeys(after.keys() - kept))

    async def profile(self, stream: Stream, token: Token, now: datetime) -> Profile:
        """What is known of a member at this moment, from all that the log has."""
        standing = (await self.states.of([token]))[token]
        state = standing.current(stream.model)
        if state is None and standing.logged:
            state = await self._replay(stream, token)
        return stream.profile(state or stream.start(token), now)

    async def replay(self, stream: Stream, tokens: Sequence[Token]) -> None:
        """Make states again from the log."""
        for token in tokens:
            self.due.pop(token, None)
            await self._replay(stream, token)

    async def _replay(self, stream: Stream, token: Token) -> MemberState:
        events = await self.events.of(token, EVERYTHING)
        with self.timed():
            state = stream.replay(token, events)
        await self.states.keep([state])  # or not, where more has happened meanwhile: that is seen next time
        self.replayed += 1
        return state


def _continued(stream: Stream, standing: Standing, events: Sequence[Event]) -> MemberState | None:
    """The state to which exactly these events are missing, in order; None where there is no such."""
    state = standing.state or stream.start(events[0].token or Token(""))
    fits = state.events + len(events) == standing.logged and stream.follows(state, events[0])
    return state if fits else None
