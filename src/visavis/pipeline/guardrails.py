"""After a promotion: what watches the new model, and brings its predecessor back by itself."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.ports import AuditLog, Clock, JudgedLog, ModelRegistry
from visavis.recommend.bounds import change
from visavis.recommend.worth import sound
from visavis.types import Decision, Judged, ModelEntry, ModelKind, ModelState, Scenario

KEPT = 1000  # decisions whose time is remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Rails:
    """Beyond these a model goes."""

    window: timedelta = timedelta(days=1)  # of rewards, before the promotion and after it
    least_decisions: int = 200  # with outcomes on either side, before rewards are compared; and before rates are
    most_failures: float = 0.01  # share of decisions that another policy had to make
    most_latency_s: float = 0.25  # of 99 in 100 decisions


class Vitals:
    """How deciding goes in this process since the model was swapped in."""

    def __init__(self, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._ticks = ticks
        self.reset()

    def reset(self) -> None:
        """Begin again, with a new model."""
        self.decisions = 0
        self.failures = 0
        self.unsound = 0
        self._times: deque[float] = deque(maxlen=KEPT)

    def choose(self, own: Callable[[], Decision], instead: Callable[[], Decision]) -> Decision:
        """A decision of the policy or, where that fails or gives no probabilities, of the one instead.

        A request is answered whatever a new policy does; that it was not answered by it is counted.
        """
        start = self._ticks()
        self.decisions += 1
        try:
            decision = own()
        except Exception:  # noqa: BLE001 - whatever a policy raises, the member gets an answer and the guard a failure
            self.failures += 1
            return instead()
        finally:
            self._times.append(self._ticks() - start)
        if not sound(decision.probabilities):
            self.unsound += 1
            return instead()
        return decision

    @property
    def latency_s(self) -> float:
        """Within which 99 in 100 of the last decisions were made; 0 before the first."""
        return float(np.quantile(self._times, 0.99)) if self._times else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Watches the models of one scenario; the caller sees to it that only one acts at a time."""

    scenario: Scenario
    registry: ModelRegistry
    judged: JudgedLog
    vitals: Vitals
    audit: AuditLog
    clock: Clock
    rails: Rails = field(default_factory=Rails)

    async def check(self) -> tuple[str, ...]:
        """Roll back what went beyond a rail; why, for each model."""
        entries = [e for e in await self.registry.list(self.scenario.name) if e.state is ModelState.LIVE]
        reasons = []
        for entry in entries:
            why = self._broken(entry) or await self._worse(entry)
            if why:
                await self._back(entry, why)
                reasons.append(why)
        return tuple(reasons)

    def _broken(self, entry: ModelEntry) -> str:
        """Of a policy alone: only it makes decisions."""
        seen, rails = self.vitals, self.rails
        if entry.kind is not ModelKind.POLICY:
            return ""
        if seen.unsound:
            return f"{seen.unsound} of {seen.decisions} decisions without probabilities that sum to 1"
        if seen.decisions < rails.least_decisions:
            return ""
        if seen.failures > rails.most_failures * seen.decisions:
            return f"{seen.failures} of {seen.decisions} decisions failed"
        if seen.latency_s > rails.most_latency_s:
            return f"99 of 100 decisions within {seen.latency_s:.3f} s, {rails.most_latency_s} s are allowed"
        return ""

    async def _worse(self, entry: ModelEntry) -> str:
        since, now, name = entry.changes[-1].at, self.clock.now(), self.scenario.name
        before = await self.judged.between(name, since - self.rails.window, since)
        after = await self.judged.between(name, max(since, now - self.rails.window), now)
        if min(len(before), len(after)) < self.rails.least_decisions:
            return ""
        found = change(_rewards(before), _rewards(after))
        if found.high >= 0.0:
            return ""
        means = f"{_rewards(after).mean():.4g} after {_rewards(before).mean():.4g}"
        return f"mean reward {means}: at least {-found.high:.4g} worse"

    async def _back(self, entry: ModelEntry, why: str) -> None:
        """Its predecessor serves again or, where there is none, what is built in; never what came after it."""
        entries = await self.registry.list(self.scenario.name)
        served = [e.version for e in entries if e.kind is entry.kind and e.version < entry.version and _served(e)]
        version, state = (max(served), ModelState.LIVE) if served else (entry.version, ModelState.SHADOW)
        await self.registry.move(entry.kind, self.scenario.name, version, state, f"guardrail: {why}"[:500])
        detail = {
            "kind": entry.kind.value,
            "version": str(entry.version),
            "back_to": str(version) if served else "built in",
            "why": why,
        }
        await self.audit.append(
            actor="hub", action="model_rolled_back", subject=self.scenario.name, detail=detail, at=self.clock.now()
        )
        self.vitals.reset()


def _served(entry: ModelEntry) -> bool:
    return entry.state is ModelState.RETIRED and not entry.damaged


def _rewards(rows: Sequence[Judged]) -> NDArray[np.float64]:
    return np.array([one.reward for one in rows])
