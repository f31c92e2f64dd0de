"""profile -> decision: one item out of those that may be shown, with everything that a replay needs."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from visavis.recommend.policy import Beliefs, Chooser, Policy, pick
from visavis.recommend.reasons import reasons
from visavis.types import Candidate, Decision, Profile, Scenario, Token


def decide(
    *,
    profile: Profile | None,
    candidates: Sequence[Candidate],
    scenario: Scenario,
    policy: Policy,
    draw: float,
    decision_id: str,
    site: str,
    placement: str,
    token: Token | None,
    sighting_id: str | None,
    receipt_id: str | None,
    now: datetime,
    slate: str | None = None,
    position: int = 0,
) -> Decision:
    """Choose one candidate.

    Args:
        profile: The member's; None decides for nobody in particular.
        candidates: What the rules leave open, at least one.
        scenario: The pack.
        policy: Estimates and probabilities.
        draw: A uniform number in [0, 1).
        decision_id: A fresh id.
        site: Where.
        placement: On what.
        token: For whom.
        sighting_id: What called for it.
        receipt_id: The consent to personalise.
        now: Aware UTC.
        slate: What is shown together with others.
        position: In the slate, 0 is seen first.
    """
    person = policy.person(profile, position=position)
    beliefs = policy.beliefs(person, [c.item_id for c in candidates])
    probabilities = policy.probabilities(beliefs)
    chosen = pick(probabilities, draw)
    candidate = candidates[chosen]
    return Decision(
        id=decision_id,
        site=site,
        scenario=scenario.name,
        placement=placement,
        token=token,
        sighting_id=sighting_id,
        receipt_id=receipt_id,
        item_id=candidate.item_id,
        campaign_id=candidate.campaign_id,
        candidates=tuple(candidates),
        probabilities=tuple(map(float, probabilities)),
        estimates=tuple(map(float, beliefs.mean)),
        policy=policy.name,
        policy_version=policy.version,
        model_version=policy.model_version,
        features=person,
        draw=draw,
        reasons=reasons(profile, scenario.items[candidate.item_id], beliefs.mean, chosen),
        decided_at=now,
        widths=tuple(map(float, beliefs.width)) if beliefs.width.any() else (),
        cap=beliefs.cap,
        slate=slate,
        position=position,
    )


def replay(decision: Decision, policy: Chooser) -> bool:
    """Whether the record gives the same probabilities and the same item again, bit for bit."""
    means = np.array(decision.estimates)
    widths = np.array(decision.widths) if decision.widths else np.zeros(len(means))
    probabilities = policy.probabilities(Beliefs(means, widths, decision.cap))
    again = decision.candidates[pick(probabilities, decision.draw)]
    return tuple(map(float, probabilities)) == decision.probabilities and again.item_id == decision.item_id
