"""What a model remembers of each member."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import MemberState, Standing, Token

FLOAT32 = np.dtype("<f4")


class PostgresStates:
    """Implements `ports.StateStore`; written by the database's own function alone."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("states")

    async def of(self, tokens: Sequence[Token]) -> Mapping[Token, Standing]:
        """Of each of these, what is kept and how many events the log has now."""
        rows = await self._half.fetch(self._sql["of"], {"tokens": list(tokens)})
        return {Token(row[0]): Standing(state=_state(row), logged=row[1]) for row in rows}

    async def keep(self, states: Sequence[MemberState]) -> frozenset[Token]:
        """Replace each state that holds exactly as many events as the log has; whose were kept."""
        kept = set()
        for state in states:
            if state.events:
                kept |= {Token(token) for (token,) in await self._half.fetch(self._sql["keep"], _row(state))}
        return frozenset(kept)

    async def stale(self, scenario: str, model: str, *, after: str = "", limit: int = 1000) -> Sequence[Token]:
        """Members with events whose state is of another model, holds another number of events, or is not there."""
        wanted = {"scenario": scenario, "model": model, "after": after, "limit": limit}
        return [Token(token) for (token,) in await self._half.fetch(self._sql["stale"], wanted)]


def _row(state: MemberState) -> dict[str, Any]:
    return {
        "token": state.token,
        "scenario": state.scenario,
        "model": state.model,
        "events": state.events,
        "last_at": state.last_at,
        "last_id": state.last_id,
        "hidden": state.hidden.astype(FLOAT32).tobytes(),
        "names": list(state.sums),
        "sums": [float(value) for value in state.sums.values()],
    }


def _state(row: tuple[Any, ...]) -> MemberState | None:
    token, _logged, scenario, model, events, last_at, last_id, hidden, names, sums = row
    if model is None:
        return None
    return MemberState(
        token=Token(token),
        scenario=scenario,
        model=model,
        events=events,
        last_at=last_at,
        last_id=last_id,
        hidden=np.frombuffer(hidden, FLOAT32).astype(np.float32),
        sums=dict(zip(names, sums, strict=True)),
    )
