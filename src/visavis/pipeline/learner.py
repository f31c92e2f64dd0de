"""The fast loop: outcomes -> policy, one writer; readers swap in each new snapshot whole."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.errors import ConsentMissing
from visavis.pipeline.hub import Hub
from visavis.ports import OutcomeLog, PolicyStore
from visavis.recommend.learn import learn
from visavis.recommend.policy import Policy
from visavis.types import Decision, Purpose

NOTED_EVERY = timedelta(hours=1)  # snapshots come every second; the audit log is told now and then


@dataclass(slots=True, kw_only=True)
class Learner:
    """The one writer of a scenario's policy; the caller sees to it that no other runs."""

    hub: Hub
    outcomes: OutcomeLog
    store: PolicyStore
    policy: Policy  # this writer's own copy; the hub's is replaced by snapshots
    position: int = 0  # sequence number of the last outcome that was looked at
    _noted_at: datetime | None = field(default=None, init=False)

    async def catch_up(self) -> int:
        """Learn from every outcome since the last time, publish one snapshot; number of updates.

        Only members who let models learn from their events teach anything: the gate stands before each row.
        """
        learned = 0
        while batch := await self.outcomes.after(self.position):
            for seq, outcome in batch:
                decision = await self.hub.decisions.get(outcome.decision_id)
                if decision is not None and await self._may_teach(decision):
                    learn(self.policy, decision, outcome)
                    learned += 1
                self.position = seq
        if learned:
            await self.store.save(self.policy.snapshot(self.hub.clock.now(), position=self.position))
            await self._note()
        return learned

    async def _note(self) -> None:
        now = self.hub.clock.now()
        if self._noted_at is None or now - self._noted_at >= NOTED_EVERY:
            detail = {"policy": self.policy.name, "version": str(self.policy.version)}
            await self.hub.note("policy_learned", self.hub.scenario.name, detail)
            self._noted_at = now

    async def _may_teach(self, decision: Decision) -> bool:
        if decision.token is None or not decision.teaches:
            return False
        try:
            await self.hub.permitted(decision.token, Purpose.IMPROVE)
        except ConsentMissing:
            return False
        return True
