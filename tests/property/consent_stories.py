"""What people, machines and accidents do to two sites, in any order: the rules of a machine that tells stories."""

from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from consent_oracle import HOUSES, Allowed, Joining
from consent_people import (
    ANN,
    JOINING,
    Card,
    codes,
    places,
    ports,
    reactions,
    signatures,
    some_nodes,
    some_of,
    some_people,
    some_purposes,
)
from consent_world import CONSENT_DAYS, HELD, Node, World, done, face
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from visavis.errors import MemberUnknown, StorageError, VisavisError
from visavis.identity.enrol import with_templates
from visavis.pipeline import learner as learner_module
from visavis.pipeline.card_and_face import claimed, verified
from visavis.pipeline.choices import allow
from visavis.pipeline.edge import Welcome
from visavis.privacy.declared import Declared
from visavis.types import Decision, Event, Impression, MemberId, Method, Outcome, Purpose, Stage

STEPS = 40
SEEN: Counter[str] = Counter()  # over all stories: what was looked at


class Stories(RuleBasedStateMachine):
    """One world; every rule is something that people, machines or accidents do."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.cards: list[Card] = []
        self.shown: list[Decision] = []
        self.backups: list[Any] = []
        self.refused: set[tuple[int, MemberId]] = set()  # a process that once refused a face may have dropped it
        self.real_learn = learner_module.learn
        learner_module.learn = self.learn

    def teardown(self) -> None:
        learner_module.learn = self.real_learn
        SEEN.update(self.world.counted)

    def learn(self, policy: Any, decision: Decision, outcome: Outcome) -> None:
        """Every training row passes here."""
        learner = next(node.learner for node in self.world.nodes if node.learner.policy is policy)
        self.world.teaches(learner, decision, outcome)
        self.real_learn(policy, decision, outcome)

    # ------ what people do

    @initialize(number=some_nodes)
    def begin(self, number: int) -> None:
        """Somebody is a member already, and everything is allowed."""
        self.join(0, number, set(Purpose), photo=True, joining=ANN)

    @rule(
        person=some_people,
        number=some_nodes,
        purposes=st.one_of(st.just(set(Purpose)), st.sets(some_purposes, min_size=1)),
        photo=st.booleans(),
        joining=st.sampled_from([ANN, *JOINING]),
    )
    def join(self, person: int, number: int, purposes: set[Purpose], photo: bool, joining: Joining) -> None:
        """Somebody joins, and is told their PIN; or is told that it did not work."""
        node = self.world.nodes[number]
        shots = [face(person)] if photo else []
        ticked = sorted(purposes)
        said = Declared(of_age=not joining.child, guardian=joining.guardian, signature=joining.signature)
        expected = joining.may(node.place.site, face=photo) and (not photo or Purpose.RECOGNISE in purposes)
        works = not node.lost and node.trips is None
        enrolled = self.tried(node.edge.enrol_embedded(shots, name="Ann", locale="en", consents=ticked, declared=said))
        assert expected or enrolled is None
        assert enrolled is not None or not (expected and works)
        if enrolled is None:
            return
        member = enrolled.member
        guardian = joining.signature if joining.child else ""
        card = Card(member.id, member.token, person, enrolled.pin, enrolled.card, number, guardian)
        card.has_face = photo and node.place != HELD  # there, nobody is searched for
        self.cards.append(card)
        self.world.people[member.token] = member.id
        for purpose in ticked:
            self.promised(member.id, purpose, node)
        self.world.changed()
        node.fresh = True

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places, purpose=some_purposes, signature=signatures)
    def say_yes(self, which: int, place: int | None, purpose: Purpose, signature: str) -> None:
        """A member ticks one more box, or the same again on a new text; perhaps at another site or for another use."""
        card, node = self.at(which, place)
        self.world.clock.advance(1)  # after whatever was taken back
        counts = card.guardian in ("", signature)  # for a child, only the guardian's yes is one
        counts &= bool(signature) or purpose is not Purpose.RECOGNISE or HOUSES[node.place.site].unsigned_faces
        said = allow(node.edge, card.who, [purpose], locale="en", method="kiosk", signature=signature)
        try:
            done(said)
        except StorageError:  # they said it, and were told to try again
            if counts:
                self.promised(card.who, purpose, node)
            self.world.oracle.doubt(card.who)
        except VisavisError:
            return
        else:
            assert counts, "a yes was taken from somebody who cannot give it"
            self.promised(card.who, purpose, node)

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places)
    def add_photo(self, which: int, place: int | None) -> None:
        """A member who allows to be recognised shows their face."""
        card, node = self.at(which, place)
        member = node.edge.members.get(card.who)
        if member is None or not node.fresh or not self.may(card, Purpose.RECOGNISE, node):
            return

        async def add() -> bool:
            (turned,) = node.edge.rotations.turned([face(card.person)])
            edge = node.edge
            grown = with_templates(member, [turned], keys=edge.keys, now=self.world.clock.now(), ids=edge.ids)
            await edge.keep(grown, "templates_added", {})
            return True

        if self.tried(add()) is None:
            self.world.oracle.doubt(card.who)
        else:
            card.has_face = True
            self.world.changed()
            node.fresh = True

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places, purpose=some_purposes)
    def take_back(self, which: int, place: int | None, purpose: Purpose) -> None:
        """A member ends one consent."""
        card, node = self.at(which, place)
        self.asked(card, node, node.edge.withdraw(card.who, purpose, method="kiosk"), purpose)

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places)
    def forget(self, which: int, place: int | None) -> None:
        """A member asks to be forgotten."""
        card, node = self.at(which, place)
        self.asked(card, node, node.edge.forget(card.who, method="kiosk"), None)

    def asked(self, card: Card, node: Node, work: Coroutine[Any, Any, Any], purpose: Purpose | None) -> None:
        """Do it; the oracle holds what the member was told."""
        oracle = self.world.oracle
        try:
            done(work)
        except MemberUnknown:
            return
        except VisavisError:
            oracle.doubt(card.who)
            self.world.changed()
            return
        if purpose is None:
            oracle.forget(card.who)
            card.gone = True
        else:
            oracle.take_back(card.who, purpose, node.place)
        if purpose in (None, Purpose.RECOGNISE):
            card.has_face = False
        self.world.changed()

    # ------ what a site does

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places, meanwhile=st.booleans(), purpose=some_purposes, then=reactions)
    def look(self, which: int, place: int | None, meanwhile: bool, purpose: Purpose, then: str | None) -> None:
        """Somebody stands before a camera; perhaps a withdrawal at another desk comes between two instants."""
        (card, node), world = self.at(which, place), self.world
        person, number = card.person, node.number
        found = node.edge.identify([face(person)])
        if found is None:
            known = None
        else:
            if meanwhile:
                self.take_back(which, (number + 1) % 5, purpose)
            seen = node.edge.recognised(
                found, [face(person)], placement="screen", people_in_view=1, at=world.clock.now()
            )
            known = self.known(seen, node)
            if known is None:
                self.refused.add((number, found.member_id))
        if known is not None:
            owner = next(card for card in self.cards if card.who == known.member_id)
            assert owner.person == person
        mine = [card for card in self.cards if card.person == person]
        if len(mine) == 1 and mine[0].has_face and not meanwhile and self.at_its_best(node, number, mine[0]):
            expected = self.must(mine[0], Purpose.RECOGNISE, node)
            assert known is not None or not expected
        self.answered(known, node, then)

    @precondition(lambda self: self.cards)
    @rule(which=some_of, place=places, method=codes, cut=st.booleans(), then=reactions)
    def present(self, which: int, place: int | None, method: Method, cut: bool, then: str | None) -> None:
        """Somebody shows a card or types a PIN; perhaps they end it between the decision and the screen."""
        card, node = self.at(which, place)
        ready = not node.lost and node.trips is None and not cut
        expected = ready and self.must(card, Purpose.PERSONALISE, node)
        if cut:
            desk = (node.number + 1) % 5
            self.world.meanwhile = ("decisions.append", lambda: self.take_back(which, desk, Purpose.PERSONALISE))
        secret = card.card if method is Method.CARD else card.pin
        known = self.known(node.edge.presented(secret, method=method, placement="screen"), node)
        self.world.meanwhile = None
        assert known is None or known.member_id == card.who
        if expected:
            assert known is not None
            assert known.decision is not None
            assert known.decision.token == card.token
        self.answered(known, node, then)

    def answered(self, known: Welcome | None, node: Node, kind: str | None) -> None:
        """They react to what they were shown, at once or later."""
        if known is not None and known.decision is not None:
            self.shown.append(known.decision)
            if kind is not None:
                self.reacted(known.decision, node, kind)

    @precondition(lambda self: self.cards)
    @rule(which=some_of, other=some_of, place=places, meanwhile=st.booleans(), then=reactions)
    def show_card_and_face(self, which: int, other: int, place: int | None, meanwhile: bool, then: str | None) -> None:
        """Somebody shows a card and is compared with its member alone; perhaps the card is another's."""
        (card, node), person = self.at(which, place), self.card(other).person
        claim = self.tried(claimed(node.edge, card.card))
        if claim is None or not claim.templates:
            return
        self.world.check(node, "template opened by its card", card.token, Purpose.RECOGNISE)
        hit = verified(node.edge, claim, [face(person)])
        assert (hit is not None) == (person == card.person)
        if hit is None:
            return
        if meanwhile:
            self.take_back(which, (node.number + 1) % 5, Purpose.RECOGNISE)
        now = self.world.clock.now()
        seen = node.edge.recognised(
            hit, [face(person)], placement="screen", people_in_view=1, at=now, holder=claim.holder
        )
        self.answered(self.known(seen, node), node, then)

    @precondition(lambda self: self.shown)
    @rule(which=some_of, number=some_nodes, kind=st.sampled_from(["tapped", "bought"]))
    def react(self, which: int, number: int, kind: str) -> None:
        """Something that was shown is answered, wherever and however late."""
        self.reacted(self.shown[which % len(self.shown)], self.world.nodes[number], kind)

    def reacted(self, decision: Decision, node: Node, kind: str) -> None:
        now = self.world.clock.now()
        plays = [
            Impression(
                id=f"{decision.id} {stage}",
                decision_id=decision.id,
                placement="screen",
                item_id=decision.item_id,
                stage=stage,
                at=now,
            )
            for stage in (Stage.RENDERED, Stage.ON_GLASS)
        ]
        event = Event(id=self.world.ids(), kind=kind, occurred_at=now, decision_id=decision.id)
        self.tried(node.hub.played(plays))
        self.tried(node.hub.happened([event]))

    @precondition(lambda self: self.cards)
    @rule(which=some_of, number=some_nodes)
    def come_in(self, which: int, number: int) -> None:
        """A till tells of a member by their token."""
        event = Event(
            id=self.world.ids(), kind="visited", occurred_at=self.world.clock.now(), token=self.card(which).token
        )
        self.tried(self.world.nodes[number].hub.happened([event]))

    @rule(number=st.sampled_from([None, *range(5)]))
    def learn_what_there_is(self, number: int | None) -> None:
        """The learner of one process catches up; also with what nobody answered."""
        node = self.world.nodes[self.cards[0].home if number is None and self.cards else number or 0]
        self.world.clock.advance(120)
        self.tried(node.hub.lapse())
        self.tried(node.learner.catch_up())

    # ------ time, packs, machines and accidents

    @rule(days=st.integers(1, CONSENT_DAYS + 5))
    def wait(self, days: int) -> None:
        self.world.clock.advance(days=days)

    @rule(scenario=st.sampled_from(["sample", "other"]), purpose=some_purposes)
    def new_notice(self, scenario: str, purpose: Purpose) -> None:
        self.world.new_notice(scenario, purpose)

    @rule(number=some_nodes)
    def restart(self, number: int) -> None:
        self.world.nodes[number].start()

    @rule(number=some_nodes)
    def hear(self, number: int) -> None:
        """A process hears of changes, or finds its line to the database again."""
        node = self.world.nodes[number]
        node.lost, node.trips = False, None
        node.hear()

    @rule(number=some_nodes, port=ports)
    def accident(self, number: int, port: str | None) -> None:
        """A process loses its line to the database, or trips at one call."""
        node = self.world.nodes[number]
        node.lost, node.trips = port is None, port

    @rule()
    def back_up(self) -> None:
        self.backups = [*self.backups[-2:], self.world.copy()]

    @precondition(lambda self: self.backups)
    @rule(which=some_of, running=st.booleans())
    def restore(self, which: int, running: bool) -> None:
        self.world.restore(self.backups[which % len(self.backups)], running=running)
        for card in self.cards:
            card.has_face = False  # it may have been added since
        self.refused.clear()

    # ------ what always holds

    @invariant()
    def who_is_gone_stays_gone(self) -> None:
        """No row of them is left, wherever it stood, also after a restore."""
        storage, gone = self.world.storage, {card.who for card in self.cards if card.gone}
        tokens = {card.token for card in self.cards if card.gone}
        assert not gone & {member.id for member in done(storage.roster.members())}, "somebody came back"
        assert not tokens & done(storage.eraser.tokens()), "something is kept at the hub"

    # ------ words

    def card(self, which: int) -> Card:
        return self.cards[which % len(self.cards)]

    def at(self, which: int, place: int | None) -> tuple[Card, Node]:
        card = self.card(which)
        return card, self.world.nodes[card.home if place is None else place]

    def tried(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result; None where it was refused or broke."""
        try:
            return done(work)
        except VisavisError:
            return None

    def known(self, work: Coroutine[Any, Any, Welcome | None], node: Node) -> Welcome | None:
        """Who was recognised, as the kiosk greets them."""
        welcome: Welcome | None = self.tried(work)
        if welcome is not None:
            self.world.greeted(node, welcome)
        return welcome

    def promised(self, who: MemberId, purpose: Purpose, node: Node) -> None:
        until = self.world.clock.now() + timedelta(days=CONSENT_DAYS)
        self.world.oracle.allow(Allowed(who, purpose, node.place, node.notice(purpose), until))

    def may(self, card: Card, purpose: Purpose, node: Node) -> bool:
        now = self.world.clock.now()
        return self.world.oracle.may(card.who, purpose, node.place, node.notice(purpose), now)

    def must(self, card: Card, purpose: Purpose, node: Node) -> bool:
        now = self.world.clock.now()
        return self.world.oracle.must(card.who, purpose, node.place, node.notice(purpose), now)

    def at_its_best(self, node: Node, number: int, card: Card) -> bool:
        """Nothing stands between this process and a member's face."""
        return node.fresh and not node.lost and node.trips is None and (number, card.who) not in self.refused


def told(sequences: int, **changes: Any) -> None:
    """So many stories."""
    SEEN.clear()
    plan = settings(
        max_examples=sequences,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **changes,
    )
    run_state_machine_as_test(Stories, settings=plan)
