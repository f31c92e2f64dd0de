"""Decisions of a site with what came of them -> visits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from visavis.learning.horizon.visits import Visits
from visavis.recommend.features import Features
from visavis.recommend.horizon import exposure, layout_of
from visavis.types import Judged, Scenario

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def visits_of(rows: Sequence[Judged], scenario: Scenario, end: datetime) -> Visits:
    """By member, then time; how tired a member was is told from what they were shown before.

    Args:
        rows: decisions for members, any order; those about items that the scenario has no more are left out.
        scenario: names the items.
        end: when the log was read.
    """
    features = Features(scenario=scenario)
    layout = layout_of(features)
    known = [one for one in rows if one.decision.token and _known(one, features)]
    known.sort(key=lambda one: (str(one.decision.token), one.decision.decided_at, one.decision.id))
    n, names = len(known), {token: number for number, token in enumerate(sorted({_member(one) for one in known}))}
    people, allowed = np.zeros((n, layout.person)), np.zeros((n, layout.items), np.bool_)
    shown: list[tuple[str, datetime]] = []
    for row, one in enumerate(known):
        decision = one.decision
        if row == 0 or _member(known[row - 1]) != _member(one):
            shown = []
        worn = exposure(shown, decision.decided_at)
        base = layout.person - layout.items
        people[row, :base] = (*decision.features, 0.0)[:base]  # older records know no place
        people[row, base:] = [worn.get(item, 0.0) for item in features.items]
        allowed[row, [features.items[candidate.item_id] for candidate in decision.candidates]] = True
        shown.append((decision.item_id, decision.decided_at))
    return Visits(
        layout=layout,
        people=people,
        item=np.array([features.items[one.decision.item_id] for one in known], np.int64),
        propensity=np.array([one.decision.propensity for one in known]),
        allowed=allowed,
        reward=np.array([one.reward for one in known]),
        member=np.array([names[_member(one)] for one in known], np.int64),
        day=np.array([(one.decision.decided_at - EPOCH) / DAY for one in known]),
        end_day=(end - EPOCH) / DAY,
    )


def _member(one: Judged) -> str:
    return str(one.decision.token)


def _known(one: Judged, features: Features) -> bool:
    decision, base = one.decision, len(features.categories) + len(features.items)
    items = {candidate.item_id for candidate in decision.candidates}
    return items <= features.items.keys() and len(decision.features) >= base
