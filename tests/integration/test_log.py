"""Whole logs, read for reports and training."""

from datetime import timedelta

import pytest

from visavis.errors import InputRefused
from visavis.storage import log
from visavis.storage.database import Storage
from visavis.storage.log import Came
from visavis.testing import T0, a_decision, an_event, an_impression, an_outcome
from visavis.types import Stage

LATER = T0 + timedelta(days=1)


async def test_events_of_members_in_one_scenario_oldest_first(storage: Storage) -> None:
    """Nobody's are left out, as are those of another scenario and of another time; the end is not included."""
    mine = [an_event(id=name, occurred_at=T0 + timedelta(seconds=n), dwell_s=2.5) for n, name in enumerate("ab")]
    await storage.events.append(
        [
            *mine[::-1],
            an_event(id="c", token=None),
            an_event(id="d", scenario="other"),
            an_event(id="e", occurred_at=T0 - timedelta(seconds=1)),
            an_event(id="f", occurred_at=LATER),
        ]
    )
    assert await storage.log.events("sample", T0, LATER) == mine


async def test_decisions_with_how_far_they_came(storage: Storage) -> None:
    """One shown with two outcomes, one delivered alone, one neither."""
    for n in range(3):
        await storage.decisions.append(a_decision(id=f"d{n}", decided_at=T0 + timedelta(seconds=n)))
    stages = [("d0", Stage.DELIVERED), ("d0", Stage.ON_GLASS), ("d1", Stage.DELIVERED)]
    await storage.plays.append([an_impression(id=f"{d}-{s}", decision_id=d, stage=s) for d, s in stages])
    await storage.outcomes.append(
        [an_outcome(id="a", decision_id="d0"), an_outcome(id="b", decision_id="d0", first=False, reward=0.6)]
    )
    found = await storage.log.decisions("sample", T0, LATER)
    assert [(d.delivered, d.on_glass, d.reward) for d in found] == [
        (True, True, 1.0),
        (True, False, 0),
        (False, False, 0),
    ]
    assert found[0] == Came(
        decided_at=T0,
        token=a_decision().token,
        item_id="item-1",
        placement="screen",
        propensity=0.5,
        candidates=3,
        policy="squarecb",
        delivered=True,
        on_glass=True,
        reward=1.0,
    )
    assert await storage.log.decisions("other", T0, LATER) == []


async def test_more_than_fits_is_refused(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST", 1)
    await storage.events.append([an_event(id="a"), an_event(id="b")])
    with pytest.raises(InputRefused, match="fewer days"):
        await storage.log.events("sample", T0, LATER)
