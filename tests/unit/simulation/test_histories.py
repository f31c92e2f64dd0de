"""Simulated histories: what is true is what the events say, and how well anybody can know it is known."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.errors import HistoriesMissing
from visavis.scenarios.loader import load_scenario, scenario_names
from visavis.simulation.histories import Histories, best_accuracy, best_loss, histories

PACKS = [name for name in scenario_names() if load_scenario(name).simulator["histories"]]


def told(found: Histories, plan: dict[str, object], member: int) -> tuple[str, str]:
    """Class and offer, read off a member's events one by one as a person would."""
    series, section = found.series, plan
    first, end = series.starts[member], series.starts[member + 1]
    votes = dict.fromkeys(found.classes, 0)
    turnover = 0.0
    for n in range(first, end):
        kind = series.kinds[series.kind[n]]
        item = series.items[series.item[n]] if series.item[n] >= 0 else None
        for act in section["acts"].values():  # type: ignore[attr-defined]  # plain data of a pack
            meant = act["kind"] == kind and (item in act["items"] if act["items"] else item is None)
            large = series.value[n] >= act["from_value"] and series.dwell_s[n] >= act["from_dwell_s"]
            if meant and large and act["says"]:
                votes[act["says"]] += 1
        turnover += float(series.value[n]) if kind in section["turnover"] else 0.0  # type: ignore[operator]
    idle = section["idle"]  # type: ignore[index]
    behaviour = idle["behaviour"] if end - first < idle["fewer_than"] else max(votes, key=lambda name: votes[name])
    tiers = section["tiers"]  # type: ignore[index]
    tier = [name for name, tier in tiers.items() if turnover >= tier["reaches"]][-1]
    return behaviour, section["offers"][behaviour][tier]  # type: ignore[index]


@pytest.mark.parametrize("name", PACKS)
def test_without_noise_class_and_offer_are_what_the_events_say(name: str) -> None:
    """A reader of the pack's section finds the same for each of 300 members, so all of it can be learned."""
    scenario = load_scenario(name)
    found = histories(scenario, 300, seed=4)
    assert len(found.series.members) == 300
    for member in range(300):
        said = (found.classes[found.behaviour[member]], found.items[found.offers[member]])
        assert said == told(found, scenario.simulator["histories"], member)
    assert best_accuracy(found.offer_posterior) == 1.0
    assert best_loss(found.offer_posterior) == 0.0


@pytest.mark.parametrize("name", PACKS)
def test_a_guess_without_the_events_is_far_below(name: str) -> None:
    """Neither the commonest offer nor the offer of the commonest cell is right for a quarter of the members."""
    found = histories(load_scenario(name), 3000, seed=5)
    assert np.bincount(found.offers).max() / 3000 < 0.25
    assert set(np.bincount(found.behaviour) > 300) == {True}  # every class has its members


def test_the_same_seed_gives_the_same_and_noise_moves_only_the_truth() -> None:
    """Events are those of the seed; the truth is drawn anew."""
    scenario = load_scenario(PACKS[0])
    one, two = histories(scenario, 200, seed=7), histories(scenario, 200, seed=7)
    noisy, other = histories(scenario, 200, seed=7, noise=0.5), histories(scenario, 200, seed=8)
    for column in ("starts", "kind", "item", "placement", "at", "value", "dwell_s"):
        assert np.array_equal(getattr(one.series, column), getattr(two.series, column))
        assert np.array_equal(getattr(one.series, column), getattr(noisy.series, column))
    assert np.array_equal(one.offers, two.offers)
    assert not np.array_equal(one.offers, noisy.offers)
    assert len(one.series) != len(other.series)


@pytest.mark.parametrize("noise", [0.1, 0.3, 1.0])
def test_with_noise_the_bayes_optimum_is_exact(noise: float) -> None:
    """6,000 members: accuracy and loss of whoever knows the distribution lie within four standard errors of it."""
    found = histories(load_scenario(PACKS[0]), 6000, seed=9, noise=noise)
    for posterior, label in (
        (found.offer_posterior, found.offers),
        (found.behaviour_posterior, found.behaviour),
    ):
        assert np.allclose(posterior.sum(axis=1), 1.0)
        right = posterior.argmax(axis=1) == label
        assert abs(right.mean() - best_accuracy(posterior)) < 4 * np.sqrt(0.25 / 6000)
        loss = -np.log(posterior[np.arange(6000), label])
        assert abs(loss.mean() - best_loss(posterior)) < 4 * loss.std() / np.sqrt(6000)
    assert best_accuracy(found.offer_posterior) < best_accuracy(found.behaviour_posterior) < 1.0


def test_the_optimum_by_hand() -> None:
    """One member is a coin, one is sure: three of four guesses are right, and half of ln 2 is lost."""
    posterior = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert best_accuracy(posterior) == 0.75
    assert best_loss(posterior) == pytest.approx(np.log(2) / 2)


def test_a_pack_without_the_section_says_so() -> None:
    """The error names what to add."""
    scenario = load_scenario(PACKS[0])
    with pytest.raises(HistoriesMissing, match="histories:"):
        histories(replace(scenario, simulator={**scenario.simulator, "histories": None}), 10, seed=0)
