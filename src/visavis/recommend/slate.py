"""Several items at once: one decision a place, each among what the places before it left."""

from collections.abc import Callable, Sequence
from datetime import datetime

from visavis.recommend.decide import decide
from visavis.recommend.policy import Policy
from visavis.types import Candidate, Decision, Profile, Scenario, Token


def decide_slate(
    *,
    profile: Profile | None,
    candidates: Sequence[Candidate],
    scenario: Scenario,
    policy: Policy,
    draws: Sequence[float],
    ids: Callable[[], str],
    site: str,
    placement: str,
    token: Token | None,
    sighting_id: str | None,
    receipt_id: str | None,
    now: datetime,
) -> tuple[Decision, ...]:
    """As many decisions as draws, or as there are different items: no item twice.

    Each has the propensity of its place, given the places before it; the propensity of the whole slate is their
    product. Each replays by itself, and what is learned from it knows its place.

    Args:
        profile: See `decide`, as what is not named here.
        candidates: What the rules leave open, at least one.
        scenario: The pack.
        policy: Estimates and probabilities.
        draws: A uniform number in [0, 1) for each place.
        ids: A fresh id for each decision, and before them one for the slate.
        site: Where.
        placement: On what.
        token: For whom.
        sighting_id: What called for it.
        receipt_id: The consent to personalise.
        now: Aware UTC.
    """
    slate, left = ids(), list(candidates)
    chosen: list[Decision] = []
    for position, draw in enumerate(draws):
        if not left:
            break
        decision = decide(
            profile=profile,
            candidates=left,
            scenario=scenario,
            policy=policy,
            draw=draw,
            decision_id=ids(),
            site=site,
            placement=placement,
            token=token,
            sighting_id=sighting_id,
            receipt_id=receipt_id,
            now=now,
            slate=slate,
            position=position,
        )
        chosen.append(decision)
        left = [candidate for candidate in left if candidate.item_id != decision.item_id]
    return tuple(chosen)
