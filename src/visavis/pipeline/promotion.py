"""The gate of models: live when the lower bound beats what serves now, else in shadow; every answer is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelMoveRefused
from visavis.pipeline.lessons import Teachers
from visavis.ports import AuditLog, Clock, JudgedLog, ModelRegistry
from visavis.recommend.bounds import Gain, gain
from visavis.recommend.kept_policy import load_policy
from visavis.recommend.policy import Policy
from visavis.recommend.worth import comparable, worth
from visavis.types import Judged, ModelKind, ModelState, Scenario

LEAST_ROWS = 500  # fewer decide nothing
GAIN = "gain"  # of an artefact's meta: a `Gain` as JSON, and `against`: the version that it was measured against


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate said."""

    kind: ModelKind
    version: int
    against: int  # version that serves; 0: none does, and what is built in serves
    gain: Gain
    promoted: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Stands before each model of one scenario."""

    scenario: Scenario
    registry: ModelRegistry
    judged: JudgedLog
    teachers: Teachers
    audit: AuditLog
    clock: Clock
    least_rows: int = LEAST_ROWS

    async def consider(self, kind: ModelKind, version: int, found: Gain, *, against: int) -> Verdict:
        """Let a model serve if it beats the one that serves at the lower bound; else it stays where it is.

        Args:
            kind: what it is for.
            version: its number.
            found: how much better it is, on the same logged rows.
            against: version that it was compared with; 0 is what is built in.

        Raises:
            ModelMoveRefused: another one serves than it was compared with, or it cannot go live.
            ModelUnknown, ArtefactInvalid: of the registry.
        """
        serving = await self._serving(kind)
        if serving != against:
            raise ModelMoveRefused(f"{kind.value} {version} was compared with {against}, and {serving} serves")
        promoted = found.beats and found.rows >= self.least_rows
        verdict = Verdict(
            kind=kind,
            version=version,
            against=against,
            gain=found,
            promoted=promoted,
            why=_why(found, against, promoted=promoted, least=self.least_rows),
        )
        if promoted:
            await self.registry.move(kind, self.scenario.name, version, ModelState.LIVE, verdict.why)
        await self._note(verdict)
        return verdict

    async def consider_as_measured(self, kind: ModelKind, version: int) -> Verdict:
        """By the gain that its training measured, which the site's signature covers.

        Raises:
            ModelMoveRefused: it holds none.
        """
        artefact = await self.registry.at(kind, self.scenario.name, version)
        found, against = _measured(artefact.meta)
        return await self.consider(kind, version, found, against=against)

    async def consider_policy(self, version: int, current: Policy, *, days: float = 30.0) -> Verdict:
        """By what the log of the site says of both policies; of members who let models learn from them alone.

        Args:
            version: of the policy.
            current: what serves now.
            days: of the log.

        Raises:
            ModelMoveRefused: fewer than two decisions of the log can be read by both.
        """
        artefact = await self.registry.at(ModelKind.POLICY, self.scenario.name, version)
        new = load_policy(artefact, self.scenario)
        now = self.clock.now()
        rows = await self.judged.between(self.scenario.name, now - timedelta(days=days), now)
        may = await self.teachers.judged(rows, now)
        taught = [one for one in may if comparable(one, new) and comparable(one, current)]
        if len(taught) < 2:
            raise ModelMoveRefused(f"{len(taught)} decisions of {days:g} days with these features; wait for more")
        found = gain(
            np.array([worth(one, new) for one in taught]),
            np.array([worth(one, current) for one in taught]),
            _members(taught),
            measure="reward by DR",
        )
        return await self.consider(ModelKind.POLICY, version, found, against=await self._serving(ModelKind.POLICY))

    async def _serving(self, kind: ModelKind) -> int:
        entries = await self.registry.list(self.scenario.name)
        return next((e.version for e in entries if e.kind is kind and e.state is ModelState.LIVE), 0)

    async def _note(self, verdict: Verdict) -> None:
        found = verdict.gain
        detail = {
            "kind": verdict.kind.value,
            "version": str(verdict.version),
            "against": str(verdict.against),
            "promoted": str(verdict.promoted),
            "measure": found.measure,
            "new": f"{found.new:.6g}",
            "current": f"{found.current:.6g}",
            "low": f"{found.low:.6g}",
            "rows": str(found.rows),
        }
        await self.audit.append(
            actor="hub", action="model_considered", subject=self.scenario.name, detail=detail, at=self.clock.now()
        )


def _measured(meta: Mapping[str, Any]) -> tuple[Gain, int]:
    try:
        said = meta[GAIN]
        figures = {name: float(said[name]) for name in ("new", "current", "low", "high")}
        found = Gain(measure=str(said["measure"]), rows=int(said["rows"]), **figures)
        return found, int(said["against"])
    except (KeyError, TypeError, ValueError) as failure:
        raise ModelMoveRefused("its card holds no gain over the model that serves; measure it first") from failure


def _members(rows: Sequence[Judged]) -> NDArray[np.int64]:
    return np.unique([str(one.decision.token) for one in rows], return_inverse=True)[1].astype(np.int64)


def _why(found: Gain, against: int, *, promoted: bool, least: int) -> str:
    who = f"version {against}" if against else "what is built in"
    figures = f"{found.measure}: {found.new:.4g}, {who} {found.current:.4g}, better by at least {found.low:.4g}"
    if promoted:
        return f"gate: {figures}, {found.rows} rows"
    if found.rows < least:
        return f"gate: {found.rows} rows, {least} are needed"
    return f"gate: {figures}: not sure to be better"
