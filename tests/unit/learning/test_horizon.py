"""Looking ahead beats the bandit where members tire, serves as it was fitted, and serves only when that is sure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from visavis.errors import LogTooSmall, PolicyUntrained
from visavis.learning.horizon.bench import bench_horizon
from visavis.learning.horizon.fit import Recipe, epsilon_greedy, fit_horizon, fit_myopic
from visavis.learning.horizon.from_log import visits_of
from visavis.learning.horizon.judge import judge_horizon
from visavis.learning.horizon.train import train_horizon
from visavis.learning.horizon.visits import Visits, values
from visavis.learning.horizon.world import Tiring
from visavis.recommend.decide import decide, replay
from visavis.recommend.features import Features
from visavis.recommend.horizon import Layout, exposure, layout_of
from visavis.recommend.kept_policy import load_policy
from visavis.recommend.learn import learn
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_decision, a_profile, an_outcome
from visavis.types import Candidate, Judged, PolicyName, Token

RETAIL = load_scenario("retail")
WORLD = Tiring()
RECIPE = Recipe()
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def evenly(people: Floats) -> Floats:
    return np.full((len(people), WORLD.items), 1.0 / WORLD.items)


def by(weights: Floats) -> Callable[[Floats], Floats]:
    """Mostly the best by these weights."""
    layout = WORLD.layout

    def chooses(people: Floats) -> Floats:
        each = [layout.design(people, np.full(len(people), item)) @ weights for item in range(layout.items)]
        return epsilon_greedy(RECIPE.epsilon)(np.stack(each, axis=1))

    return chooses


def total(visits: Visits) -> Floats:
    """Reward of each member over all of their visits."""
    return np.bincount(visits.member, weights=visits.reward)


@pytest.fixture(scope="module")
def log() -> Visits:
    """Two thousand members, to whom everything was shown alike."""
    return WORLD.live(2000, evenly, np.random.default_rng(1))


# ------ planning


def test_looking_ahead_brings_more_in_the_long_run(log: Visits) -> None:
    """Members tire of what pays at once: twice what the myopic policy brings in 120 days, by members of its own."""
    ahead = total(WORLD.live(2000, by(fit_horizon(log, RECIPE)), np.random.default_rng(2)))
    myopic = total(WORLD.live(2000, by(fit_myopic(log, RECIPE)), np.random.default_rng(2)))
    assert ahead.mean() > 2.0 * myopic.mean()
    assert ahead.mean() > total(log).mean()


def test_without_a_morrow_it_is_the_bandit(log: Visits) -> None:
    """A discount of 0 leaves the reward of this visit; only whose next visit is cut off is left out."""
    now = replace(RECIPE, gamma=0.0)
    kept = log.part(log.known)
    assert fit_horizon(log, now) == pytest.approx(fit_myopic(kept, now), abs=1e-9)


def test_it_is_judged_better_where_it_is(log: Visits) -> None:
    """From the even log alone, at the lower bound."""
    found = judge_horizon(log, RECIPE, rng=np.random.default_rng(3))
    assert found.gain.beats
    assert found.gain.rows == 2000


def test_it_is_not_judged_better_than_itself(log: Visits) -> None:
    """Against the same weights there is nothing to gain."""
    small = log.part(log.member < 600)
    found = judge_horizon(small, RECIPE, rng=np.random.default_rng(3), current=fit_horizon(small, RECIPE))
    assert not found.gain.beats


def test_who_is_cut_off_is_not_taken_for_gone() -> None:
    """One member's last visit is a month before the end, another's a day: of the second nobody knows."""
    layout = Layout(kinds=(0, 1), categories=2)
    visits = Visits(
        layout=layout,
        people=np.zeros((3, layout.person)),
        item=np.array([0, 1, 1]),
        propensity=np.full(3, 0.5),
        allowed=np.ones((3, 2), np.bool_),
        reward=np.ones(3),
        member=np.array([0, 0, 1]),
        day=np.array([10.0, 12.0, 59.0]),
        end_day=60.0,
    )
    assert visits.goes_on.tolist() == [True, False, False]
    assert visits.known.tolist() == [True, True, False]
    assert visits.discounts(0.5).tolist() == [0.25, 0.0, 0.0]
    assert np.isneginf(values(replace(visits, allowed=np.array([[True, False]] * 3)), np.ones(layout.size))[:, 1]).all()


def test_the_bench_asks_both_worlds() -> None:
    """Small: each policy lives in each, and the gate is asked of each."""
    found = bench_horizon(members=200, logs=1, seed=1)
    assert [(one.world, one.policy) for one in found.lived][:4] == [
        ("tiring", policy) for policy in ("horizon", "myopic", "uniform", "gentle")
    ]
    assert [(one.world, one.logs) for one in found.judged] == [("tiring", 1), ("calm", 1)]
    assert all(one.reward.low < one.reward.value < one.reward.high for one in found.lived)


# ------ what it sees


def test_exposures_wear_off_by_half_a_week() -> None:
    """Shown now counts in the next decision, not in this one; a week ago counts half, two weeks a quarter."""
    week = timedelta(days=7)
    shown = [("tea", T0 - 2 * week), ("tea", T0 - week), ("cake", T0), ("cake", T0 + week)]
    assert exposure(shown, T0) == {"tea": pytest.approx(0.75)}


def test_a_design_row_by_hand() -> None:
    """Two items of one category each; the member was shown the first e - 1 times."""
    layout = Layout(kinds=(0, 1), categories=2)
    person = np.array([[0.25, 0.75, 0.1, 0.2, 0.5, np.e - 1.0, 0.0]])  # shares, interests, place, exposures
    first, second = (layout.design(person, np.array([item]))[0].tolist() for item in (0, 1))
    assert len(first) == layout.size == 20
    assert first == pytest.approx([1, 0.25, 0.1, 0.5, 1, 1, 1, 0.1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    assert second == pytest.approx([1, 0.75, 0.2, 0.5, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0])


def test_the_log_tells_what_was_shown_before() -> None:
    """Two members; the second decision of each knows of the first, and nobody of another's."""
    items = tuple(RETAIL.items)[:2]
    rows = [
        Judged(
            decision=a_decision(
                id=f"{token}-{number}",
                token=Token(token),
                scenario=RETAIL.name,
                candidates=tuple(Candidate(item_id=item, campaign_id="c") for item in items),
                probabilities=(0.5, 0.5),
                estimates=(0.0, 0.0),
                item_id=items[0],
                features=build_policy(RETAIL).person(None),
                decided_at=T0 + timedelta(days=7 * number),
            ),
            reward=float(number),
        )
        for number in (1, 0)
        for token in ("b", "a")
    ]
    visits = visits_of(rows, RETAIL, T0 + timedelta(days=20))
    layout = layout_of(Features(scenario=RETAIL))
    assert visits.member.tolist() == [0, 0, 1, 1]
    assert visits.reward.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert visits.people[:, layout.person - layout.items].tolist() == [0.0, 0.5, 0.0, 0.5]
    assert visits.allowed.sum(axis=1).tolist() == [2, 2, 2, 2]
    assert (visits.end_day - visits.day).tolist() == pytest.approx([20, 13, 20, 13])


# ------ serving


def trained() -> Visits:
    """Members of the retail pack, to whom two items were shown in turn; the second pays."""
    features = Features(scenario=RETAIL)
    layout, rng, n = layout_of(features), np.random.default_rng(5), 400
    item = rng.integers(2, size=n)
    return Visits(
        layout=layout,
        people=np.zeros((n, layout.person)),
        item=item,
        propensity=np.full(n, 0.5),
        allowed=np.tile(np.arange(layout.items) < 2, (n, 1)),
        reward=(item == 1).astype(np.float64),
        member=np.repeat(np.arange(100), 4),
        day=np.tile(np.arange(4.0), 100),
        end_day=100.0,
    )


def test_it_serves_as_it_was_fitted() -> None:
    """From the files of its artefact, with exact probabilities that replay; decisions bear the artefact's number."""
    artefact, judgement = train_horizon(
        trained(), scenario=RETAIL.name, against=0, current=None, recipe=RECIPE, seed=1, now=T0
    )
    assert artefact.meta["gain"]["against"] == 0
    assert artefact.meta["gain"]["new"] == judgement.gain.new
    policy = load_policy(replace(artefact, version=3), RETAIL)
    items = tuple(RETAIL.items)[:2]
    decision = decide(
        profile=a_profile(exposure={items[0]: 2.0}),
        candidates=tuple(Candidate(item_id=item, campaign_id="c") for item in items),
        scenario=RETAIL,
        policy=policy,
        draw=0.5,
        decision_id="d",
        site="s",
        placement="p",
        token=None,
        sighting_id=None,
        receipt_id=None,
        now=T0,
    )
    assert (decision.policy, decision.policy_version, decision.item_id) == ("horizon", 3, items[1])
    assert decision.probabilities == pytest.approx((0.025, 0.975))
    layout = layout_of(Features(scenario=RETAIL))
    assert decision.features[layout.person - layout.items] == 2.0
    assert replay(decision, policy)


def test_the_bandit_learns_nothing_from_what_it_cannot_read() -> None:
    """Decisions of the policy that looks ahead have features of their own."""
    bandit = build_policy(RETAIL, PolicyName.GREEDY)
    decision = a_decision(model_version="horizon-1+recommend-2", features=(1.0,) * 99)
    learn(bandit, decision, an_outcome())
    assert bandit.version == 0


def test_it_serves_nobody_before_it_was_trained() -> None:
    """Neither fresh, nor from too few members."""
    with pytest.raises(PolicyUntrained):
        build_policy(RETAIL, PolicyName.HORIZON)
    few = trained().part(trained().member < 29)
    with pytest.raises(LogTooSmall, match="29 members"):
        train_horizon(few, scenario=RETAIL.name, against=0, current=None, recipe=RECIPE, seed=1, now=T0)
