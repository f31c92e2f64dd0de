"""What is not surely better does not serve; what does worse than before is taken back."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from visavis.errors import ArtefactInvalid, ModelMoveRefused
from visavis.pipeline.guardrails import Guard, Rails, Vitals
from visavis.pipeline.lessons import Teachers
from visavis.pipeline.promotion import Gate
from visavis.privacy.registry import Registry
from visavis.recommend.bounds import Gain
from visavis.recommend.kept_policy import load_policy, packed, policy_artefact, unpacked
from visavis.recommend.policies import build_policy
from visavis.recommend.policy import Policy
from visavis.scenarios.loader import load_scenario
from visavis.testing import (
    T0,
    FixedClock,
    MemoryKeys,
    MemoryStorage,
    a_consent,
    a_decision,
    an_artefact,
    an_outcome,
    memory_storage,
)
from visavis.types import Artefact, Candidate, Decision, ModelKind, ModelState, PolicyName, Purpose, Token

RETAIL = load_scenario("retail")
ITEMS = tuple(RETAIL.items)[:2]
BETTER = Gain(measure="NDCG@10", new=0.12, current=0.10, low=0.01, high=0.03, rows=1000)


class Site:
    """Everything that a gate and a guard stand on, in memory."""

    def __init__(self) -> None:
        self.storage: MemoryStorage = memory_storage()
        self.clock = FixedClock()
        storage = self.storage
        self.registry = Registry(store=storage.models, keys=MemoryKeys(), audit=storage.hub_audit, clock=self.clock)
        teachers = Teachers(
            ledger=storage.hub_ledger,
            eraser=storage.eraser,
            events=storage.events,
            decisions=storage.decisions,
            scenario=RETAIL,
            site="site-1",
        )
        self.gate = Gate(
            scenario=RETAIL,
            registry=self.registry,
            judged=storage.judged,
            teachers=teachers,
            audit=storage.hub_audit,
            clock=self.clock,
            least_rows=200,
        )
        self.vitals = Vitals()
        self.guard = Guard(
            scenario=RETAIL,
            registry=self.registry,
            judged=storage.judged,
            vitals=self.vitals,
            audit=storage.hub_audit,
            clock=self.clock,
            rails=Rails(least_decisions=100),
        )

    async def saved(self, artefact: Artefact | None = None) -> int:
        kept = await self.registry.save(artefact or an_artefact(scenario=RETAIL.name))
        return kept.version

    async def state(self, kind: ModelKind, version: int) -> ModelState:
        (found,) = [e for e in await self.registry.list(RETAIL.name) if (e.kind, e.version) == (kind, version)]
        return found.state

    async def noted(self, action: str) -> list[dict[str, str]]:
        return [dict(e.detail) for e in await self.storage.hub_audit.after(0) if e.action == action]

    async def log(self, rewards: Sequence[float], *, name: str, members: int = 1) -> None:
        """Decisions between two items, of which the second was shown, a second apart; members take turns."""
        for number, reward in enumerate(rewards):
            decision = logged(id=f"{name}-{number}", token=Token(f"m{number % members}"), decided_at=self.clock.now())
            await self.storage.decisions.append(decision)
            outcome = an_outcome(id=f"o-{name}-{number}", decision_id=decision.id, reward=reward)
            await self.storage.outcomes.append([outcome])
            self.clock.advance(1.0)

    async def consent(self, token: str) -> None:
        notice = RETAIL.notices[Purpose.IMPROVE].version
        consent = a_consent(
            id=f"c-{token}", subject=token, purpose=Purpose.IMPROVE, scenario=RETAIL.name, notice_version=notice
        )
        await self.storage.hub_ledger.append([consent])


def logged(**changed: object) -> Decision:
    """Both items were as likely; nothing was known of either."""
    policy = build_policy(RETAIL, PolicyName.UNIFORM)
    decision = a_decision(
        scenario=RETAIL.name,
        candidates=tuple(Candidate(item_id=item, campaign_id="c") for item in ITEMS),
        item_id=ITEMS[1],
        probabilities=(0.5, 0.5),
        estimates=(0.0, 0.0),
        features=policy.person(None),
        policy="uniform",
        model_version=build_policy(RETAIL, PolicyName.GREEDY).model_version,
    )
    return replace(decision, **changed)  # type: ignore[arg-type]


def taught(item: str) -> Policy:
    """A greedy policy that has seen one item rewarded, and the other not, fifty times each."""
    policy = build_policy(RETAIL, PolicyName.GREEDY)
    for _ in range(50):
        for one in ITEMS:
            policy.update(policy.person(None), one, float(one == item), first=True)
    return policy


@pytest.fixture
def site() -> Site:
    return Site()


# ------ the gate


async def test_what_is_better_at_the_lower_bound_serves(site: Site) -> None:
    """The registry says by how much, the audit log too."""
    version = await site.saved()
    verdict = await site.gate.consider(ModelKind.BEHAVIOUR, version, BETTER, against=0)
    assert verdict.promoted
    assert await site.state(ModelKind.BEHAVIOUR, version) is ModelState.LIVE
    entry = (await site.registry.list(RETAIL.name))[0]
    assert entry.changes[-1].why == ("gate: NDCG@10: 0.12, what is built in 0.1, better by at least 0.01, 1000 rows")
    (noted,) = await site.noted("model_considered")
    assert (noted["promoted"], noted["low"], noted["against"]) == ("True", "0.01", "0")


@pytest.mark.parametrize("found", [replace(BETTER, low=0.0), replace(BETTER, low=-0.01), replace(BETTER, rows=199)])
async def test_what_may_be_no_better_stays_in_shadow(site: Site, found: Gain) -> None:
    """Equal at the lower bound, worse, or measured on too few rows; it is noted all the same."""
    version = await site.saved()
    assert not (await site.gate.consider(ModelKind.BEHAVIOUR, version, found, against=0)).promoted
    assert await site.state(ModelKind.BEHAVIOUR, version) is ModelState.SHADOW
    assert [noted["promoted"] for noted in await site.noted("model_considered")] == ["False"]


async def test_a_comparison_with_what_serves_no_more_counts_nothing(site: Site) -> None:
    """Measured against the first, while the second serves."""
    first, second, third = [await site.saved() for _ in range(3)]
    await site.gate.consider(ModelKind.BEHAVIOUR, first, BETTER, against=0)
    await site.gate.consider(ModelKind.BEHAVIOUR, second, BETTER, against=first)
    with pytest.raises(ModelMoveRefused, match="was compared with 1, and 2 serves"):
        await site.gate.consider(ModelKind.BEHAVIOUR, third, BETTER, against=first)
    assert await site.state(ModelKind.BEHAVIOUR, second) is ModelState.LIVE


async def test_a_gain_that_training_measured(site: Site) -> None:
    """It stands in what is signed; without it there is nothing to go by."""
    said = {"measure": "m", "new": 2.0, "current": 1.0, "low": 0.5, "high": 1.5, "rows": 900, "against": 0}
    version = await site.saved(an_artefact(scenario=RETAIL.name, meta={"gain": said}))
    assert (await site.gate.consider_as_measured(ModelKind.BEHAVIOUR, version)).promoted
    bare = await site.saved()
    with pytest.raises(ModelMoveRefused, match="holds no gain"):
        await site.gate.consider_as_measured(ModelKind.BEHAVIOUR, bare)


async def test_a_policy_is_judged_by_the_log(site: Site) -> None:
    """The second item was shown at even odds and paid every other time; who knows it beats who prefers the first."""
    for number in range(20):
        await site.consent(f"m{number}")
    await site.log([1.0, 0.0] * 200, name="log", members=20)
    good = await site.saved(policy_artefact(taught(ITEMS[1]).snapshot(T0, position=0), {}))
    verdict = await site.gate.consider_policy(good, taught(ITEMS[0]))
    assert verdict.promoted
    assert verdict.gain.new == pytest.approx(2 * 0.5 * (1 - 0.0005), rel=1e-6)  # w = p / 0.5, and greedy's floor
    assert verdict.gain.current == pytest.approx(2 * 0.5 * 0.0005, rel=1e-6)
    bad = await site.saved(policy_artefact(taught(ITEMS[0]).snapshot(T0, position=0), {}))
    assert not (await site.gate.consider_policy(bad, taught(ITEMS[1]))).promoted
    assert await site.state(ModelKind.POLICY, good) is ModelState.LIVE


async def test_one_member_alone_decides_nothing(site: Site) -> None:
    """Hundreds of rows, and all of one person: as good as one."""
    await site.consent("m0")
    await site.log([1.0, 0.0] * 150, name="log")
    version = await site.saved(policy_artefact(taught(ITEMS[1]).snapshot(T0, position=0), {}))
    assert not (await site.gate.consider_policy(version, taught(ITEMS[0]))).promoted


async def test_who_lets_no_model_learn_judges_none(site: Site) -> None:
    """Ben has consented to nothing: his rows are not read."""
    await site.log([1.0] * 10, name="ben")
    version = await site.saved(policy_artefact(taught(ITEMS[1]).snapshot(T0, position=0), {}))
    with pytest.raises(ModelMoveRefused, match="0 decisions of 30 days"):
        await site.gate.consider_policy(version, taught(ITEMS[0]))


# ------ policies as files


async def test_a_policy_comes_back_from_its_files(site: Site) -> None:
    """With the same estimates, and the number of its artefact in each decision."""
    policy = taught(ITEMS[1])
    kept = await site.registry.save(policy_artefact(policy.snapshot(T0, position=0), {"seed": 1}))
    back = load_policy(await site.registry.at(ModelKind.POLICY, RETAIL.name, kept.version), RETAIL)
    here, there = (p.beliefs(p.person(None), list(ITEMS)).mean for p in (policy, back))
    assert here.tolist() == there.tolist()
    assert (back.name, back.version) == (PolicyName.GREEDY, kept.version)


@pytest.mark.parametrize("content", [b"", b"PK no zip", packed({"a": np.array([np.nan])})])
def test_files_that_are_no_policy(content: bytes) -> None:
    with pytest.raises(ArtefactInvalid):
        unpacked(content)


def test_an_artefact_of_another_kind_is_no_policy() -> None:
    with pytest.raises(ArtefactInvalid, match="holds no policy"):
        load_policy(an_artefact(scenario=RETAIL.name), RETAIL)


# ------ guardrails


async def live(site: Site) -> tuple[int, int]:
    """Two policies, of which the second serves and the first did."""
    first, second = [await site.saved(policy_artefact(taught(item).snapshot(T0, position=0), {})) for item in ITEMS]
    for version in (first, second):
        await site.registry.move(ModelKind.POLICY, RETAIL.name, version, ModelState.LIVE, "by hand")
    return first, second


async def test_lower_rewards_bring_the_predecessor_back(site: Site) -> None:
    """Half of the decisions paid before, one in ten after; the registry and the audit log say so."""
    await site.log([1.0, 0.0] * 100, name="before")
    first, second = await live(site)
    await site.log(([1.0] + [0.0] * 9) * 20, name="after")
    (why,) = await site.guard.check()
    assert why.startswith("mean reward 0.1 after 0.5: at least 0.")
    assert await site.state(ModelKind.POLICY, first) is ModelState.LIVE
    assert await site.state(ModelKind.POLICY, second) is ModelState.RETIRED
    (noted,) = await site.noted("model_rolled_back")
    assert (noted["version"], noted["back_to"]) == (str(second), str(first))
    assert await site.guard.check() == ()


async def test_rewards_that_chance_explains_change_nothing(site: Site) -> None:
    """As good as before, or too few to tell."""
    await site.log([1.0, 0.0] * 100, name="before")
    _, second = await live(site)
    await site.log([0.0] * 50, name="few")
    assert await site.guard.check() == ()
    await site.log([1.0, 0.0, 1.0] * 100, name="after")
    assert await site.guard.check() == ()
    assert await site.state(ModelKind.POLICY, second) is ModelState.LIVE


async def test_without_a_predecessor_what_is_built_in_serves_again(site: Site) -> None:
    """The only policy goes back into shadow."""
    await site.log([1.0] * 100, name="before")
    version = await site.saved(policy_artefact(taught(ITEMS[0]).snapshot(T0, position=0), {}))
    await site.registry.move(ModelKind.POLICY, RETAIL.name, version, ModelState.LIVE, "by hand")
    await site.log([0.0] * 100, name="after")
    assert len(await site.guard.check()) == 1
    assert await site.state(ModelKind.POLICY, version) is ModelState.SHADOW
    assert (await site.noted("model_rolled_back"))[0]["back_to"] == "built in"


async def test_what_came_later_never_comes_back(site: Site) -> None:
    """After a roll-back the first fails too: the second, which did harm, is no way out."""
    first, second = await live(site)
    site.vitals.choose(lambda: logged(probabilities=(1.5, -0.5)), logged)
    await site.guard.check()
    site.vitals.choose(lambda: logged(probabilities=(1.5, -0.5)), logged)
    await site.guard.check()
    assert await site.state(ModelKind.POLICY, first) is ModelState.SHADOW
    assert await site.state(ModelKind.POLICY, second) is ModelState.RETIRED


def failing() -> Decision:
    raise ZeroDivisionError


async def test_a_policy_that_fails_costs_nobody_an_answer(site: Site) -> None:
    """The other one decides; two of 100 are too many."""
    await live(site)
    for number in range(100):
        own = failing if number < 2 else logged
        assert site.vitals.choose(own, lambda: logged(id="instead")).id == ("instead" if number < 2 else "decision-1")
        if number < 99:
            assert await site.guard.check() == ()
    assert await site.guard.check() == ("2 of 100 decisions failed",)
    assert site.vitals.decisions == 0


async def test_probabilities_that_are_none_are_never_logged(site: Site) -> None:
    """One such decision is enough to go."""
    await live(site)
    chosen = site.vitals.choose(lambda: logged(probabilities=(1.5, -0.5)), lambda: logged(id="instead"))
    assert chosen.id == "instead"
    assert await site.guard.check() == ("1 of 1 decisions without probabilities that sum to 1",)


async def test_a_slow_policy_goes(site: Site) -> None:
    """Half a second a decision, by a clock of the test's own."""
    ticks = iter(np.arange(0.0, 1000.0, 0.5).tolist())
    guard = replace(site.guard, vitals=Vitals(ticks=lambda: next(ticks)))
    await live(site)
    for _ in range(100):
        guard.vitals.choose(logged, logged)
    (why,) = await guard.check()
    assert why == "99 of 100 decisions within 0.500 s, 0.25 s are allowed"
