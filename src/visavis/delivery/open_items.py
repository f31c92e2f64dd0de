"""Which items may be shown here and now: the rules that come before learning. Each rule is one small function."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from visavis.errors import NothingToShow
from visavis.types import Campaign, Candidate, Item, Placement, PrivacyClass, Scenario, Surface


def open_items(
    scenario: Scenario,
    placement: Placement,
    *,
    people_in_view: int,
    exhausted: frozenset[str],
    now: datetime,
    eligible: Callable[[Item], bool] = lambda _: True,
) -> tuple[Candidate, ...]:
    """Candidates in the order of the pack, each item once; house items only when nothing else is open.

    Args:
        scenario: Items and campaigns.
        placement: Where.
        people_in_view: How many faces the camera sees.
        exhausted: Campaigns whose budget or cap is used up.
        now: Aware UTC.
        eligible: Whether the pack's rules let an item be offered to whom it is for.

    Raises:
        NothingToShow: Not even a house item is open.
    """
    running = [
        campaign
        for campaign in scenario.campaigns.values()
        if scheduled(campaign, now) and placed(campaign, placement) and campaign.id not in exhausted
    ]
    for house in (False, True):
        campaigns = (campaign for campaign in running if campaign.house is house)
        found = tuple(
            candidate
            for candidate in _candidates(scenario, placement, people_in_view, campaigns)
            if eligible(scenario.items[candidate.item_id])
        )
        if found:
            return found
    raise NothingToShow(f"placement {placement.id}")


def _candidates(
    scenario: Scenario, placement: Placement, people_in_view: int, campaigns: Iterable[Campaign]
) -> Iterable[Candidate]:
    seen = set()
    for campaign in campaigns:
        for item_id in campaign.items:
            if item_id not in seen and discreet(scenario.items[item_id], placement, people_in_view):
                seen.add(item_id)
                yield Candidate(item_id=item_id, campaign_id=campaign.id)


class Withheld(StrEnum):
    """Why something that runs here is not shown here."""

    OTHERS = "others"  # it is for one person, and more are in view
    SCREEN = "screen"  # it is for no screen that others can see


def withheld(scenario: Scenario, placement: Placement, *, people_in_view: int, now: datetime) -> Withheld | None:
    """What the person who stands there may be told about items that say too much about them; None: nothing is."""
    running = (c for c in scenario.campaigns.values() if scheduled(c, now) and placed(c, placement))
    items = [scenario.items[item_id] for campaign in running for item_id in campaign.items]
    hidden = [item for item in items if not discreet(item, placement, people_in_view)]
    if any(discreet(item, placement, people_in_view=1) for item in hidden):
        return Withheld.OTHERS
    return Withheld.SCREEN if hidden else None


def scheduled(campaign: Campaign, now: datetime) -> bool:
    """The campaign runs at this moment; its end is the first moment when it does not."""
    return (campaign.starts_at is None or campaign.starts_at <= now) and (
        campaign.ends_at is None or now < campaign.ends_at
    )


def placed(campaign: Campaign, placement: Placement) -> bool:
    """The campaign runs at this placement."""
    return not campaign.placements or placement.id in campaign.placements


def discreet(item: Item, placement: Placement, people_in_view: int) -> bool:
    """The item says no more about the person than those who can look at the placement may know."""
    match item.privacy:
        case PrivacyClass.PUBLIC:
            return True
        case PrivacyClass.PERSONAL:
            alone = placement.surface is Surface.KIOSK and people_in_view == 1
            return alone or placement.surface is Surface.PRIVATE
        case PrivacyClass.PRIVATE:
            return placement.surface is Surface.PRIVATE
