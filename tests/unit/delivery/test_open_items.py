"""One rule a test, then all of them against an oracle."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.delivery.open_items import Withheld, discreet, open_items, placed, scheduled, withheld
from visavis.errors import NothingToShow
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_campaign, a_placement, a_scenario, an_item
from visavis.types import PrivacyClass, Surface

RETAIL = load_scenario("retail")


def test_a_campaign_runs_from_its_start_until_before_its_end() -> None:
    """Half-open, so that two campaigns one after the other never overlap."""
    campaign = a_campaign(starts_at=T0, ends_at=T0 + timedelta(hours=1))
    minute = timedelta(minutes=1)
    moments = [T0 - minute, T0, T0 + 59 * minute, T0 + 60 * minute]
    assert [scheduled(campaign, at) for at in moments] == [False, True, True, False]
    assert scheduled(a_campaign(starts_at=None, ends_at=None), T0)


def test_a_campaign_without_placements_runs_everywhere() -> None:
    """With placements, only there."""
    assert placed(a_campaign(placements=()), a_placement(id="p"))
    assert placed(a_campaign(placements=("p",)), a_placement(id="p"))
    assert not placed(a_campaign(placements=("q",)), a_placement(id="p"))


@pytest.mark.parametrize(
    ("privacy", "surface", "people", "may"),
    [
        (PrivacyClass.PUBLIC, Surface.PUBLIC_SCREEN, 9, True),
        (PrivacyClass.PERSONAL, Surface.PUBLIC_SCREEN, 1, False),
        (PrivacyClass.PERSONAL, Surface.KIOSK, 1, True),
        (PrivacyClass.PERSONAL, Surface.KIOSK, 2, False),
        (PrivacyClass.PERSONAL, Surface.PRIVATE, 2, True),
        (PrivacyClass.PRIVATE, Surface.KIOSK, 1, False),
        (PrivacyClass.PRIVATE, Surface.PRIVATE, 1, True),
    ],
)
def test_invariant_06_a_screen_shows_no_more_than_its_class(
    privacy: PrivacyClass, surface: Surface, people: int, may: bool
) -> None:
    """Content class x screen class x who is in view."""
    assert discreet(an_item(privacy=privacy), a_placement(surface=surface), people) is may


@given(
    st.sampled_from(list(RETAIL.placements.values())),
    st.integers(1, 4),
    st.sets(st.sampled_from([c.id for c in RETAIL.campaigns.values() if not c.house])),
)
def test_only_what_is_open_is_a_candidate(placement: object, people: int, exhausted: set[str]) -> None:
    """No exhausted campaign, no foreign placement, no indiscreet item, no item twice; house items only alone."""
    found = open_items(
        RETAIL,
        placement,  # type: ignore[arg-type]  # drawn from the pack's placements
        people_in_view=people,
        exhausted=frozenset(exhausted),
        now=T0,
    )
    assert found
    assert len({c.item_id for c in found}) == len(found)
    for candidate in found:
        campaign = RETAIL.campaigns[candidate.campaign_id]
        assert campaign.id not in exhausted
        assert candidate.item_id in campaign.items
        assert discreet(RETAIL.items[candidate.item_id], placement, people)  # type: ignore[arg-type]  # as above
    assert len({RETAIL.campaigns[c.campaign_id].house for c in found}) == 1


def test_the_house_speaks_when_nothing_else_may() -> None:
    """And without a house there is a clear error instead of a blank screen."""
    placement = RETAIL.placements["aisle-1"]
    paying = frozenset(c.id for c in RETAIL.campaigns.values() if not c.house)
    found = open_items(RETAIL, placement, people_in_view=1, exhausted=paying, now=T0)
    assert {c.campaign_id for c in found} == {c.id for c in RETAIL.campaigns.values() if c.house}
    homeless = replace(RETAIL, campaigns={k: c for k, c in RETAIL.campaigns.items() if not c.house})
    with pytest.raises(NothingToShow):
        open_items(homeless, placement, people_in_view=1, exhausted=paying, now=T0)


@pytest.mark.parametrize(
    ("privacy", "surface", "people", "told"),
    [
        (PrivacyClass.PUBLIC, Surface.PUBLIC_SCREEN, 9, None),
        (PrivacyClass.PERSONAL, Surface.KIOSK, 1, None),
        (PrivacyClass.PERSONAL, Surface.KIOSK, 2, Withheld.OTHERS),
        (PrivacyClass.PERSONAL, Surface.PUBLIC_SCREEN, 1, Withheld.SCREEN),
        (PrivacyClass.PRIVATE, Surface.KIOSK, 1, Withheld.SCREEN),
        (PrivacyClass.PRIVATE, Surface.PRIVATE, 1, None),
    ],
)
def test_r09_what_is_withheld_is_said(
    privacy: PrivacyClass, surface: Surface, people: int, told: Withheld | None
) -> None:
    """The member learns that something is kept from this place and why, not what it is."""
    items = {"item-1": an_item(), "item-2": an_item(id="item-2", privacy=privacy)}
    scenario = a_scenario(items=items, campaigns={"c": a_campaign(id="c", items=("item-1", "item-2"))})
    here = a_placement(surface=surface)
    assert withheld(scenario, here, people_in_view=people, now=T0) is told
    over = replace(scenario.campaigns["c"], ends_at=T0)
    later = replace(scenario, campaigns={"c": over})
    assert withheld(later, here, people_in_view=people, now=T0) is None  # what does not run is not withheld
