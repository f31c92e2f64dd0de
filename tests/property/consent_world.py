"""Processes of two sites and two scenarios over one database: the worst case, where the gate alone keeps them apart."""

from collections.abc import Callable, Coroutine, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
from consent_oracle import Oracle, Place

from visavis.errors import DatabaseUnavailable
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge, Welcome
from visavis.pipeline.erasure import Erasures, replay
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.recommend.policies import build_policy, restore_policy
from visavis.testing import (
    FixedClock,
    MemoryErasures,
    MemoryKeys,
    MemoryStorage,
    a_scenario,
    counted_ids,
    memory_storage,
)
from visavis.types import (
    Decision,
    Embedding,
    Event,
    Item,
    Method,
    Notice,
    Outcome,
    Placement,
    Purpose,
    Scenario,
    Sighting,
    Token,
)

T = TypeVar("T")
DIM, MODEL = 8, "story@000000000000"
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)
CONSENT_DAYS = 30
HELD = Place("south", "other")  # where the member's card holds a part of their key: level L2
LAWS = {"north": "default", "south": "US-IL"}  # no guardian may consent; guardians may, and faces need a signature


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine over ports in memory returns; none of them ever waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("a port in memory waited")


def face(person: int) -> Embedding:
    """Every person looks like nobody else."""
    vector = np.zeros(DIM, np.float32)
    vector[person] = 1.0
    return Embedding(vector=vector, model=MODEL)


class Lens:
    """What `Edge` asks of an embedder, for people who come as numbers."""

    model, dim = MODEL, DIM


class Line:
    """A port of one process: it breaks when the database is lost, once, or at the call that a story names."""

    def __init__(self, node: "Node", name: str) -> None:
        self._node, self._name = node, name

    def __getattr__(self, method: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(*args: Any, **named: Any) -> Any:
            self._node.reach(self._name)
            self._node.world.saw(self._node, f"{self._name}.{method}", args)
            answer = await getattr(getattr(self._node.world.storage, self._name), method)(*args, **named)
            self._node.world.after(f"{self._name}.{method}")
            return answer

        return call


class Glass:
    """The channel of one process: what is handed over is looked at."""

    def __init__(self, node: "Node") -> None:
        self._node = node

    async def deliver(self, decision: Decision, item: Item, placement: Placement) -> None:
        if decision.token is not None:  # what is for nobody in particular needs nobody's yes
            self._node.world.check(self._node, "delivery", decision.token, Purpose.PERSONALISE)


@dataclass
class Node:
    """One process of a site, and what it has in memory."""

    world: "World"
    number: int
    place: Place
    lost: bool = False  # its line to the database
    trips: str | None = None  # the port whose next call fails
    fresh: bool = False  # it has heard of every change
    edge: Edge = field(init=False)
    hub: Hub = field(init=False)
    learner: Learner = field(init=False)

    def reach(self, port: str) -> None:
        if self.trips == port:
            self.trips = None
            raise DatabaseUnavailable
        if self.lost:
            raise DatabaseUnavailable

    def port(self, name: str) -> Any:
        return Line(self, name)

    def start(self) -> None:
        """Build everything from what is stored, as a process does that begins."""
        world, scenario = self.world, self.world.scenarios[self.place.scenario]
        self.hub = Hub(
            site=self.place.site,
            scenario=scenario,
            ledger=self.port("hub_ledger"),
            events=self.port("events"),
            states=self.port("states"),
            decisions=self.port("decisions"),
            plays=self.port("plays"),
            outcomes=self.port("outcomes"),
            allowance=self.port("allowance"),
            eraser=self.port("eraser"),
            audit=self.port("hub_audit"),
            channel=Glass(self),
            policy=build_policy(scenario),
            clock=world.clock,
            rng=np.random.default_rng(self.number),
            ids=world.ids,
        )
        self.edge = Edge(
            site=self.place.site,
            scenario=scenario,
            observer=cast("Observer", Lens()),
            calibration=ROWS,
            false_match_rate=0.1,
            keys=world.keys,
            roster=self.port("roster"),
            ledger=self.port("edge_ledger"),
            erasures=Erasures(world.erased, self.port("erasures")),
            link=cast("Any", Ear(self)),
            audit=self.port("audit"),
            clock=world.clock,
            ids=world.ids,
            law=load_jurisdiction(LAWS[self.place.site]),
            held=self.place == HELD,
        )
        self.lost, self.trips = False, None
        self.learner = Learner(
            hub=self.hub,
            outcomes=self.port("outcomes"),
            store=self.port("policies"),
            policy=build_policy(scenario),
        )
        snapshot = done(self.learner.store.latest(self.hub.policy.name, scenario.name))
        if snapshot is not None:
            self.learner.policy = restore_policy(snapshot, scenario)
            self.learner.position = int(snapshot.state["position"][0])
        self.hear()

    def hear(self) -> None:
        """What a process does when its line is there again."""
        done(cast("Erasures", self.edge.erasures).align())
        done(replay(self.edge, self.port("eraser")))
        done(self.edge.load())
        self.fresh = True

    def notice(self, purpose: Purpose) -> str:
        return self.edge.scenario.notices[purpose].version

    def read_notices(self) -> None:
        """The pack was edited."""
        self.edge.scenario = self.hub.scenario = self.world.scenarios[self.place.scenario]


class Ear:
    """The way from edge to hub: every sighting is looked at before the hub hears it."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def sighted(self, sighting: Sighting) -> Decision | None:
        self._node.world.check(self._node, "sighting", sighting.token, Purpose.PERSONALISE)
        return await self._node.hub.sighted(sighting)

    def __getattr__(self, method: str) -> Any:
        return getattr(self._node.hub, method)


@dataclass
class World:
    """All processes, what they share, and the oracle that watches them."""

    oracle: Oracle = field(default_factory=Oracle)
    storage: MemoryStorage = field(default_factory=memory_storage)
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    erased: MemoryErasures = field(default_factory=MemoryErasures)  # the file beside the database
    clock: FixedClock = field(default_factory=FixedClock)
    ids: Callable[[], str] = field(default_factory=lambda: counted_ids("id"))
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)  # token -> who, of everybody who was told that they joined
    counted: dict[str, int] = field(default_factory=dict)
    meanwhile: tuple[str, Callable[[], None]] | None = None  # what happens right after a call of a port

    def __post_init__(self) -> None:
        for name in ("sample", "other"):
            self.scenarios[name] = a_scenario(name=name, consent_days=CONSENT_DAYS)
        places = [Place(site, scenario) for site in ("north", "south") for scenario in self.scenarios]
        self.nodes = [Node(self, number, place) for number, place in enumerate([*places, places[0]])]
        for node in self.nodes:
            node.start()

    # ------ what is looked at

    def check(self, node: Node, what: str, token: Token, purpose: Purpose) -> None:
        """The oracle is asked about everything that is done to anybody."""
        self.counted[what] = self.counted.get(what, 0) + 1
        who = self.people.get(token)
        assert who is not None, f"{what} of somebody who never joined"
        here = (node.place, node.notice(purpose), self.clock.now())
        assert self.oracle.may(who, purpose, *here), f"{what} of {who} at {node.place} without {purpose}"

    def greeted(self, node: Node, known: Welcome) -> None:
        """A kiosk calls somebody by their name. Whoever shows a card or types a PIN asks for that."""
        if known.sighting.method is Method.FACE:
            self.check(node, "recognition by face", known.sighting.token, Purpose.RECOGNISE)
        else:
            how = f"recognition by {known.sighting.method}"
            self.counted[how] = self.counted.get(how, 0) + 1
            assert self.people[known.sighting.token] not in self.oracle.gone, f"{how} of somebody who is gone"

    def saw(self, node: Node, call: str, args: Sequence[Any]) -> None:
        """A port was called."""
        match call, args:
            case "events.of", (token, *_):
                self.check(node, "profile", token, Purpose.PERSONALISE)
            case "states.of", (tokens,):
                for token in tokens:
                    self.check(node, "profile", token, Purpose.PERSONALISE)
            case "decisions.append", (Decision() as decision,) if decision.token is not None:
                self.check(node, "decision", decision.token, Purpose.PERSONALISE)
            case "events.append", (events,):
                for event in events:
                    if cast("Event", event).token is not None:
                        self.check(node, "event", event.token, Purpose.PERSONALISE)

    def after(self, call: str) -> None:
        if self.meanwhile is not None and self.meanwhile[0] == call:
            (_, act), self.meanwhile = self.meanwhile, None
            act()

    def teaches(self, learner: Learner, decision: Decision, outcome: Outcome) -> None:
        """A row is about to be learned."""
        node = next(node for node in self.nodes if node.hub is learner.hub)
        assert decision.token is not None, "a training row of nobody"
        assert outcome.decision_id == decision.id
        self.check(node, "training row", decision.token, Purpose.IMPROVE)

    # ------ what happens to all

    def changed(self) -> None:
        """Somebody wrote to the roster; who has not looked since is behind."""
        for node in self.nodes:
            node.fresh = False

    def new_notice(self, scenario: str, purpose: Purpose) -> None:
        """The text of a notice changes, everywhere at once."""
        pack = self.scenarios[scenario]
        before = pack.notices[purpose]
        after: Notice = replace(before, version=str(int(before.version) + 1))
        self.scenarios[scenario] = replace(pack, notices={**pack.notices, purpose: after})
        for node in self.nodes:
            node.read_notices()

    def copy(self) -> MemoryStorage:
        """A backup of the database."""
        return deepcopy(self.storage)

    def restore(self, backup: MemoryStorage, *, running: bool) -> None:
        """An older database; its processes were stopped meanwhile, or lost and found their line."""
        self.storage = deepcopy(backup)
        self.oracle.doubt_all()
        self.changed()
        for node in self.nodes:
            if running:
                node.lost, node.trips = False, None
                node.hear()
            else:
                node.start()
