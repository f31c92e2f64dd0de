"""What every Allowance does."""

from datetime import timedelta

from visavis.ports import Allowance
from visavis.testing import T0, a_campaign
from visavis.types import Token

ANNA, BEN = Token("anna"), Token("ben")
LIMITED = a_campaign(budget_impressions=3, cap_per_member_day=2)


async def test_a_budget_ends(allowance: Allowance) -> None:
    """Three may be taken, by anybody and by nobody; the fourth may not."""
    campaign = a_campaign(budget_impressions=3)
    taken = [await allowance.reserve(str(n), campaign, token, T0) for n, token in enumerate((ANNA, BEN, None, ANNA))]
    assert taken == [True, True, True, False]
    assert await allowance.exhausted([campaign], BEN, T0) == {"campaign-1"}


async def test_a_cap_is_a_members_and_a_days(allowance: Allowance) -> None:
    """Anna has two a UTC day, Ben his own two, and nobody in particular has no cap."""
    campaign = a_campaign(cap_per_member_day=2)
    assert [await allowance.reserve(f"a{n}", campaign, ANNA, T0) for n in range(3)] == [True, True, False]
    assert await allowance.exhausted([campaign], ANNA, T0) == {"campaign-1"}
    assert await allowance.exhausted([campaign], BEN, T0) == frozenset()
    assert await allowance.reserve("b", campaign, BEN, T0)
    assert [await allowance.reserve(f"n{n}", campaign, None, T0) for n in range(3)] == [True, True, True]
    midnight = T0.replace(hour=0) + timedelta(days=1)
    assert not await allowance.reserve("late", campaign, ANNA, midnight - timedelta(microseconds=1))
    assert await allowance.reserve("next", campaign, ANNA, midnight)


async def test_what_is_refused_takes_nothing(allowance: Allowance) -> None:
    """Anna's third was refused by her cap and left the budget alone: Ben gets the last one."""
    assert [await allowance.reserve(f"a{n}", LIMITED, ANNA, T0) for n in range(3)] == [True, True, False]
    assert await allowance.reserve("b1", LIMITED, BEN, T0)
    assert not await allowance.reserve("b2", LIMITED, BEN, T0)
    await allowance.release("a0")
    assert await allowance.reserve("b3", LIMITED, BEN, T0)  # the refusal of b2 left his cap alone


async def test_a_decision_reserves_once(allowance: Allowance) -> None:
    """Asking again is granted and takes nothing more."""
    campaign = a_campaign(budget_impressions=2)
    assert [await allowance.reserve("same", campaign, ANNA, T0) for _ in range(5)] == [True] * 5
    assert await allowance.reserve("other", campaign, ANNA, T0)
    assert await allowance.reserve("same", campaign, ANNA, T0)
    assert not await allowance.reserve("third", campaign, ANNA, T0)


async def test_release_gives_back_once(allowance: Allowance) -> None:
    campaign = a_campaign(budget_impressions=1, cap_per_member_day=1)
    await allowance.reserve("a", campaign, ANNA, T0)
    await allowance.release("a")
    await allowance.release("a")
    await allowance.release("unknown")
    assert await allowance.exhausted([campaign], ANNA, T0) == frozenset()
    assert await allowance.reserve("b", campaign, ANNA, T0)
    assert not await allowance.reserve("c", campaign, ANNA, T0)


async def test_zero_is_a_limit_too(allowance: Allowance) -> None:
    """A campaign with nothing to give is exhausted from the start."""
    no_budget = a_campaign(id="no-budget", budget_impressions=0)
    no_cap = a_campaign(id="no-cap", cap_per_member_day=0)
    assert not await allowance.reserve("a", no_budget, None, T0)
    assert not await allowance.reserve("b", no_cap, ANNA, T0)
    assert await allowance.exhausted([no_budget, no_cap], ANNA, T0) == {"no-budget", "no-cap"}
    assert await allowance.exhausted([no_budget, no_cap], None, T0) == {"no-budget"}


async def test_campaigns_without_limits_never_end(allowance: Allowance) -> None:
    free = a_campaign()
    assert all([await allowance.reserve(str(n), free, ANNA, T0) for n in range(10)])
    await allowance.release("1")
    assert await allowance.exhausted([free], ANNA, T0) == frozenset()
    assert await allowance.exhausted([], ANNA, T0) == frozenset()
