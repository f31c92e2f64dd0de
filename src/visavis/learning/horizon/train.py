"""From a site's log to an artefact that the gate can judge."""

from datetime import datetime
from typing import Any

import numpy as np

from visavis.errors import LogTooSmall
from visavis.learning.horizon.fit import Recipe
from visavis.learning.horizon.judge import Judgement, judge_horizon
from visavis.learning.horizon.visits import Visits
from visavis.recommend.horizon import Floats
from visavis.recommend.kept_policy import policy_artefact
from visavis.types import Artefact, PolicyName, PolicySnapshot

LEAST_MEMBERS = 30
LIMITS = (
    "Judged by sequential doubly robust evaluation on members that it was not fitted on; products of importance "
    "weights are capped. The bandit is stood for by the best reward of each visit alone, on the same features. "
    "What members do outside of these visits is not seen."
)


def train_horizon(
    visits: Visits,
    *,
    scenario: str,
    against: int,
    current: Floats | None,
    recipe: Recipe,
    seed: int,
    now: datetime,
) -> tuple[Artefact, Judgement]:
    """Fit, judge, and pack.

    Args:
        visits: of members who let models learn from them.
        scenario: whose.
        against: version of the policy that serves; 0 is the bandit.
        current: weights of that, where it looks ahead as well.
        recipe: settings.
        seed: deals members into folds.
        now: aware UTC.

    Raises:
        LogTooSmall: too few members.
    """
    members = int(visits.member.max()) + 1 if len(visits) else 0
    if members < LEAST_MEMBERS:
        raise LogTooSmall(f"{members} members with decisions and outcomes, {LEAST_MEMBERS} are needed")
    found = judge_horizon(visits, recipe, rng=np.random.default_rng(seed), current=current)
    gain = {name: getattr(found.gain, name) for name in ("measure", "new", "current", "low", "high")}
    meta: dict[str, Any] = {
        "gain": {**gain, "rows": len(visits), "against": against},
        "data": {"decisions": len(visits), "members": members, "mean_return_logged": found.logged},
        "recipe": {"gamma": recipe.gamma, "rounds": recipe.rounds, "ridge": recipe.ridge},
        "seed": seed,
        "limits": LIMITS,
    }
    snapshot = PolicySnapshot(
        policy=PolicyName.HORIZON, scenario=scenario, version=0, state={"weights": found.weights}, made_at=now
    )
    return policy_artefact(snapshot, meta), found
