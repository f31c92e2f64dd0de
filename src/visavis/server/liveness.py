"""Who has to show that they are there, who did, and where it failed too often."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np

from visavis.identity.identify import verify_member
from visavis.identity.threshold import for_rate
from visavis.perception.liveness.light import Colour
from visavis.perception.liveness.scorer import LiveScorer
from visavis.perception.liveness.verdict import Verdict
from visavis.pipeline.edge import Edge
from visavis.pipeline.liveness import Challenge, Check, Passes, Standing, asked
from visavis.ports import Clock
from visavis.server.attempts import Backoff
from visavis.types import Face, Frame, Guarded, Liveness, MemberId, Scenario

STRICTNESS = (Liveness.OFF, Liveness.EITHER, Liveness.ACTIVE, Liveness.BOTH)
SAME_MEMBER_RATE = 0.001  # another person would be taken for the member whose visit this is


class Gate:
    """The scenario's rules, the passes that people earned, and the pauses after failures."""

    def __init__(
        self,
        *,
        scenario: Scenario,
        least: str,
        attended: Sequence[str],
        scorer: LiveScorer | None,
        clock: Clock,
    ) -> None:
        """Set the rules.

        Args:
            scenario: says what is asked for what.
            least: what is asked for everything, unless the scenario asks for more; "pack" for nothing.
            attended: placements where staff look on.
            scorer: the pack's model, whose vote counts where there is one.
            clock: of passes and pauses.
        """
        self._levels = levels_of(scenario, least)
        self._attended = frozenset(attended)
        self._scorer = scorer
        self._passes = Passes(clock)
        self._backoff = Backoff(clock)

    def level(self, use: Guarded, placement: str) -> Liveness:
        """What is asked here."""
        return Liveness.OFF if placement in self._attended else self._levels[use]

    def levels(self, placement: str) -> dict[str, str]:
        """The same for every use, for the kiosk."""
        return {use.value: self.level(use, placement).value for use in Guarded}

    def begin(
        self, use: Guarded, placement: str, *, wish: Challenge, calm: bool, member_id: MemberId | None = None
    ) -> "LiveView":
        """A check with an order of its own; raises LivenessLocked, and LivenessRequired where calm people cannot pass.

        Args:
            use: what the person wants.
            placement: where.
            wish: the challenge that the person would rather have.
            calm: no changing light.
            member_id: whose visit this is, where that is known.
        """
        keys = (f"placement {placement}", *((f"member {member_id}",) if member_id else ()))
        self._backoff.check(*keys)
        level = self.level(use, placement)
        challenges = asked(Liveness.EITHER if level is Liveness.OFF else level, wish, may_flash=not calm)
        check = Check(challenges=challenges, rng=np.random.default_rng(secrets.randbits(128)), scorer=self._scorer)
        return LiveView(
            check=check, use=use, placement=placement, keys=keys, passes=self._passes, backoff=self._backoff
        )

    def demand(
        self,
        key: str | None,
        *,
        use: Guarded,
        placement: str,
        member_id: MemberId | None = None,
        pictures: Sequence[bytes] = (),
    ) -> None:
        """Use a pass up where one is needed; raises LivenessRequired."""
        if self.level(use, placement) is not Liveness.OFF:
            self._passes.spend(key, use=use, placement=placement, member_id=member_id, pictures=pictures)


class LiveView:
    """One socket's check, its counting, and its pass."""

    def __init__(
        self, *, check: Check, use: Guarded, placement: str, keys: Sequence[str], passes: Passes, backoff: Backoff
    ) -> None:
        """Bind a check to where its result counts."""
        self._check, self._use, self._placement = check, use, placement
        self._keys, self._passes, self._backoff = keys, passes, backoff
        self._counted = False
        self._key: str | None = None

    @property
    def passed(self) -> bool:
        """The person has shown to be there, and still is."""
        return self._check.verdict is Verdict.PASSED

    @property
    def granted(self) -> bool:
        """The pass was handed out."""
        return self._key is not None

    async def see(self, frame: Frame, faces: Sequence[Face]) -> Standing:
        """Judge a frame; a result is counted once."""
        standing = await asyncio.to_thread(self._check.see, frame, faces)
        match standing.verdict:
            case Verdict.PASSED:
                self._count(self._backoff.passed)
            case Verdict.FAILED:
                self._count(self._backoff.failed)
                self._lose()
            case _:
                pass
        return standing

    def grant(self, member_id: MemberId | None = None) -> str:
        """The pass of a person who passed."""
        self._key = self._passes.issue(use=self._use, placement=self._placement, member_id=member_id)
        return self._key

    def refuse(self) -> None:
        """Somebody passed, but not the member whose visit this is."""
        self._counted = False
        self._count(self._backoff.failed)

    def keep(self, picture: bytes) -> bool:
        """The pass holds for this picture of the person too."""
        return self._key is not None and self._passes.add_picture(self._key, picture)

    def close(self) -> None:
        """Whoever goes after they learned what is asked has failed: orders are not for choosing."""
        if self._check.begun and self._check.verdict is Verdict.PENDING:
            self._count(self._backoff.failed)

    def _count(self, how: Any) -> None:
        if not self._counted:
            self._counted = True
            how(*self._keys)

    def _lose(self) -> None:
        if self._key is not None:
            self._passes.revoke(self._key)


def levels_of(scenario: Scenario, least: str) -> dict[Guarded, Liveness]:
    """What is asked where no staff look on."""
    return {use: _stricter(scenario.liveness.get(use, Liveness.OFF), least) for use in Guarded}


def is_member(edge: Edge, frame: Frame, face: Face, member_id: MemberId) -> bool:
    """Whether the person is this member, who agreed to be recognised; false for one without templates."""
    (embedding,) = edge.embed(frame, (face,))
    threshold = for_rate(edge.calibration, SAME_MEMBER_RATE)
    return verify_member(embedding, edge.gallery, member_id, threshold) is not None


def live_view(standing: Standing) -> dict[str, Any]:
    """What the page learns: what to do now, and how far it is. No score, no cause."""
    return {
        "state": standing.verdict.value,
        "challenge": standing.challenge.value,
        "pose": standing.pose.value if standing.pose else None,
        "colour": _hex(standing.colour) if standing.colour else None,
        "number": standing.number,
        "of": standing.of,
        "left_s": None if standing.left_s is None else round(standing.left_s, 1),
    }


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _stricter(level: Liveness, least: str) -> Liveness:
    return level if least == "pack" else max(level, Liveness(least), key=STRICTNESS.index)
