"""Recognition, profile, decision, delivery and training: each asks the one gate, and stops when it cannot answer."""

from datetime import timedelta
from typing import Any

import pytest
from consent_oracle import Allowed
from consent_world import HELD, Node, World, done, face

from visavis.errors import ConsentMissing, DatabaseUnavailable, VisavisError
from visavis.pipeline import edge as edge_module
from visavis.pipeline import hub as hub_module
from visavis.pipeline import learner as learner_module
from visavis.pipeline.edge import Welcome
from visavis.privacy.consent import permit
from visavis.types import Decision, Event, Impression, Purpose, Stage

PERSON = 0


@pytest.fixture
def node() -> Node:
    """A process of a site with one member, who allowed everything."""
    world = World()
    node = world.nodes[0]
    enrolled = done(
        node.edge.enrol_embedded([face(PERSON)], name="Ann", locale="en", consents=tuple(Purpose)),
    )
    world.people[enrolled.member.token] = enrolled.member.id
    until = world.clock.now() + timedelta(days=30)
    for purpose in Purpose:
        world.oracle.allow(Allowed(enrolled.member.id, purpose, node.place, "1", until))
    return node


def look(node: Node) -> Welcome | None:
    """The member stands before the camera."""
    (found,) = [node.edge.identify([face(PERSON)])]
    assert found is not None
    now = node.world.clock.now()
    work = node.edge.recognised(found, [face(PERSON)], placement="screen", people_in_view=1, at=now)
    return done(work)


def react(node: Node, decision: Decision) -> None:
    """The offer is on the glass, and the member taps it."""
    now = node.world.clock.now()
    play = Impression(
        id="play", decision_id=decision.id, placement="screen", item_id=decision.item_id, stage=Stage.ON_GLASS, at=now
    )
    done(node.hub.played([play]))
    done(node.hub.happened([Event(id="tap", kind="tapped", occurred_at=now, decision_id=decision.id)]))


def whole_story(node: Node) -> int:
    """From the camera to the training row; how many there are."""
    known = look(node)
    assert known is not None
    assert known.decision is not None
    react(node, known.decision)
    return done(node.learner.catch_up())


class Gate:
    """The real gate, which keeps what it was asked, and may refuse one of the questions."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, Purpose]] = []
        self.refuse: int | None = None
        for half, module in (("edge", edge_module), ("hub", hub_module)):
            patched.setattr(module, "permit", self._at(half))

    def _at(self, half: str) -> Any:
        def asked(history: Any, **question: Any) -> Any:
            self.asked.append((half, question["purpose"]))
            if self.refuse is not None and len(self.asked) > self.refuse:
                raise ConsentMissing(question["purpose"].value)
            return permit(history, **question)

        return asked


STAGES = [
    ("edge", Purpose.RECOGNISE),  # recognition
    ("edge", Purpose.PERSONALISE),  # what the hub may hear
    ("hub", Purpose.PERSONALISE),  # profile and decision
    ("hub", Purpose.PERSONALISE),  # delivery
    ("hub", Purpose.PERSONALISE),  # the reaction
    ("hub", Purpose.PERSONALISE),  # what a model remembers of it
    ("hub", Purpose.IMPROVE),  # the training row
]


def test_each_stage_asks_the_one_gate(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """One question a stage, in the order of the story, of the ledger as it is at that moment."""
    gate = Gate(monkeypatch)
    assert whole_story(node) == 1
    assert gate.asked == STAGES


@pytest.mark.parametrize("refused", range(len(STAGES)))
def test_where_the_gate_refuses_the_story_ends(node: Node, monkeypatch: pytest.MonkeyPatch, refused: int) -> None:
    """What came before has happened; nothing of what comes after."""
    gate = Gate(monkeypatch)
    gate.refuse = refused
    world, learned = node.world, 0
    known = look(node)
    assert (known is None) == (refused == 0)
    if known is not None and known.decision is not None and known.decision.token is not None:
        try:
            react(node, known.decision)
        except ConsentMissing:
            assert refused == 4
        learned = done(node.learner.catch_up())
    happened = {what: world.counted.get(what, 0) for what in ("sighting", "profile", "decision", "delivery", "event")}
    assert happened == {
        "sighting": int(refused > 1),
        "profile": int(refused > 2) + int(refused > 5),  # for the decision, and to remember the reaction
        "decision": int(refused > 2),
        "delivery": int(refused > 3),
        "event": int(refused > 4),
    }
    assert learned == 0


@pytest.mark.parametrize("ledger", ["edge_ledger", "hub_ledger"])
def test_a_ledger_that_does_not_answer_allows_nothing(node: Node, ledger: str) -> None:
    """Nobody is greeted, and nothing is decided, shown or learned on a guess."""
    known = look(node)
    assert known is not None
    assert known.decision is not None
    react(node, known.decision)
    before = dict(node.world.counted)
    node.trips = ledger
    with pytest.raises(DatabaseUnavailable):
        look(node)
    assert {k: v for k, v in node.world.counted.items() if k != "sighting"} == {
        k: v for k, v in before.items() if k != "sighting"
    }


def test_a_ledger_that_does_not_answer_teaches_nothing(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row waits: it is neither learned nor lost."""
    learned: list[str] = []
    monkeypatch.setattr(learner_module, "learn", lambda *row: learned.append(row[2].id))
    known = look(node)
    assert known is not None
    assert known.decision is not None
    react(node, known.decision)
    node.trips = "hub_ledger"
    with pytest.raises(DatabaseUnavailable):
        done(node.learner.catch_up())
    assert learned == []
    assert done(node.learner.catch_up()) == 1


def test_r05_nobody_is_known_at_another_site_or_for_another_use(node: Node) -> None:
    """One database, one key, one gallery, all consents given: elsewhere they count for nothing."""
    elsewhere = [other for other in node.world.nodes if other.place not in (node.place, HELD)]
    assert len(elsewhere) == 2
    for other in elsewhere:
        other.hear()
        assert other.edge.identify([face(PERSON)]) is not None
        assert look(other) is None
    assert not node.world.counted


def test_r11_a_process_that_lost_its_line_stops_and_drops_the_member_when_it_is_back(node: Node) -> None:
    """It had the member's template in memory while another process was told to forget them."""
    away = node.world.nodes[4]
    assert away.place == node.place
    away.hear()
    away.lost = True
    (member_id,) = node.edge.members
    done(node.edge.forget(member_id, method="kiosk"))
    assert away.edge.identify([face(PERSON)]) is not None  # it knows no better
    with pytest.raises(VisavisError):
        look(away)
    away.lost = False
    assert look(away) is None  # also before it has heard of anything
    away.hear()
    assert away.edge.identify([face(PERSON)]) is None
    assert not away.edge.members
    assert not node.world.counted
