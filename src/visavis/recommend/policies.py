"""The one place that builds each policy, fresh or from a snapshot."""

import math

from visavis.errors import PolicyUntrained
from visavis.recommend.crosses import Crossed
from visavis.recommend.epsilon_greedy import EpsilonGreedy
from visavis.recommend.features import Features
from visavis.recommend.greedy import Greedy
from visavis.recommend.horizon import Planned
from visavis.recommend.learned import Learned
from visavis.recommend.linucb import LinUCB
from visavis.recommend.policy import Chooser, Policy
from visavis.recommend.safety import Safety
from visavis.recommend.shared import KEEP, Model, Shared
from visavis.recommend.softmax import Softmax
from visavis.recommend.squarecb import SquareCB
from visavis.recommend.thompson import Thompson
from visavis.recommend.uniform import Ignorant, Uniform
from visavis.types import PolicyName, PolicySnapshot, Scenario

AHEAD = 0.05  # share that the policy that looks ahead explores
BOLD = 10.0  # by which the others divide what is SquareCB's gamma, to explore about as much
WITH_WIDTHS = frozenset({PolicyName.THOMPSON, PolicyName.LINUCB, PolicyName.NEURAL_LINEAR})


def build_policy(scenario: Scenario, name: PolicyName | None = None) -> Policy:
    """The policy that the scenario names, or this one, knowing nothing yet.

    Raises:
        PolicyUntrained: it needs a model, trained beforehand.
    """
    wanted = name or scenario.policy
    if wanted is PolicyName.HORIZON:
        raise PolicyUntrained(wanted)
    return _learned(scenario, wanted)


def restore_policy(snapshot: PolicySnapshot, scenario: Scenario) -> Policy:
    """The policy of a snapshot; what it learned is left behind when the scenario's features have changed since."""
    policy = _learned(scenario, PolicyName(snapshot.policy))
    policy.restore(snapshot.state, snapshot.version)
    return policy


def build_chooser(name: PolicyName, *, exploration: float) -> Chooser:
    """How that policy chooses; `exploration` is the scenario's: larger explores less."""
    match name:
        case PolicyName.SQUARECB:
            return SquareCB(gamma=exploration)
        case PolicyName.THOMPSON | PolicyName.NEURAL_LINEAR:
            return Thompson()
        case PolicyName.LINUCB:
            return LinUCB()
        case PolicyName.EPSILON_GREEDY:
            return EpsilonGreedy(epsilon=1.0 / (1.0 + exploration / BOLD))
        case PolicyName.SOFTMAX:
            return Softmax(sharpness=exploration / BOLD)
        case PolicyName.UNIFORM:
            return Uniform()
        case PolicyName.GREEDY:
            return Greedy()
        case PolicyName.HORIZON:
            return EpsilonGreedy(epsilon=AHEAD)


def _model(name: PolicyName, features: Features, *, keep: float) -> Model:
    match name:
        case PolicyName.UNIFORM:
            return Ignorant(features)
        case PolicyName.HORIZON:
            return Planned(features)
        case _:
            return Shared(features, needs_width=name in WITH_WIDTHS, keep=keep)


def _learned(scenario: Scenario, name: PolicyName) -> Learned:
    chooser = build_chooser(name, exploration=scenario.exploration)
    features = Crossed(scenario=scenario) if name is PolicyName.NEURAL_LINEAR else Features(scenario=scenario)
    keep = math.exp(-1 / scenario.memory) if scenario.memory else KEEP
    model = _model(name, features, keep=keep)
    safety = Safety(scenario.items, budget=scenario.exploration_budget, floor=scenario.safety_floor)
    return Learned(name=name, scenario=scenario.name, chooser=chooser, model=model, safety=safety)
