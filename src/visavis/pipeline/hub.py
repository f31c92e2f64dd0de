"""The hub's half of the story: sighting -> profile -> decision -> impression -> outcome."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from visavis.behaviour.stream import Stream
from visavis.delivery.open_items import open_items
from visavis.errors import ConsentMissing, DecisionUnknown, EventRefused, PlacementUnknown
from visavis.feedback.attribute import attribute, lapse
from visavis.pipeline.books import Books
from visavis.pipeline.following import Following
from visavis.pipeline.guardrails import Vitals
from visavis.pipeline.models import Models, asked, ranked
from visavis.ports import (
    Allowance,
    AuditLog,
    Channel,
    Clock,
    ConsentLedger,
    DecisionLog,
    Eraser,
    EventLog,
    JudgedLog,
    OutcomeLog,
    PlayLog,
    StateStore,
)
from visavis.privacy.consent import permit
from visavis.recommend.decide import decide
from visavis.recommend.eligible import eligible
from visavis.recommend.horizon import REMEMBERED, exposure
from visavis.recommend.policies import build_policy
from visavis.recommend.policy import Policy
from visavis.recommend.scoring import RECENT
from visavis.types import (
    Candidate,
    Consent,
    Decision,
    Event,
    Impression,
    Method,
    Outcome,
    Placement,
    PolicyName,
    Profile,
    Purpose,
    Scenario,
    Sighting,
    Stage,
    Token,
    Withdrawal,
)

MOST_CANDIDATES = 100  # that a policy weighs; the best by score where more may be shown


@dataclass(slots=True, kw_only=True)
class Hub:
    """Knows tokens and events, never faces. Implements `ports.HubLink` for an edge in the same process."""

    site: str
    scenario: Scenario
    ledger: ConsentLedger
    events: EventLog
    states: StateStore
    decisions: DecisionLog
    plays: PlayLog
    outcomes: OutcomeLog
    allowance: Allowance
    eraser: Eraser
    audit: AuditLog
    channel: Channel
    policy: Policy  # swapped whole when a newer snapshot arrives
    clock: Clock
    rng: np.random.Generator
    ids: Callable[[], str]
    face_purposes: Collection[Purpose] = tuple(Purpose)  # for which the law of the place lets a face be used
    judged: JudgedLog | None = None  # what members were shown, for a policy that looks ahead
    vitals: Vitals = field(default_factory=Vitals)  # how the policy does; the guard looks at it
    models: Models = field(init=False)  # swapped whole when others are promoted
    following: Following = field(init=False)
    unscored: int = field(default=0, init=False)  # decisions in which the live model failed
    shadowed: int = field(default=0, init=False)  # decisions for which a model in shadow was asked, ...
    disagreed: int = field(default=0, init=False)  # ... and had another favourite
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.models = Models(stream=Stream(scenario=self.scenario))
        self.following = Following(events=self.events, states=self.states)
        self.books = Books(ledger=self.ledger, eraser=self.eraser, audit=self.audit, clock=self.clock)

    # ------ from the edge

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Keep consents and withdrawals of tokens."""
        await self.books.consented(entries)

    async def sighted(self, sighting: Sighting) -> Decision | None:
        """Decide for the member who stands at a placement; None without consent to personalise.

        Whom a face made known gets what everybody gets where the law lets no face be used to personalise.
        """
        if not self._may(Purpose.PERSONALISE, sighting):
            return await self.anybody(sighting.placement, people_in_view=sighting.people_in_view)
        try:
            consent = await self.permitted(sighting.token, Purpose.PERSONALISE)
        except ConsentMissing:
            return None
        return await self._decide(sighting, consent)

    def _may(self, purpose: Purpose, sighting: Sighting) -> bool:
        return sighting.method is not Method.FACE or purpose in self.face_purposes

    async def anybody(self, placement: str, *, people_in_view: int) -> Decision | None:
        """Draw by lot from what may be shown; nothing about the person is read, kept or learned from."""
        return await self._chosen(
            self.placement(placement),
            people_in_view=people_in_view,
            person=None,
            policy=build_policy(self.scenario, PolicyName.UNIFORM),
        )

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase the token everywhere at the hub."""
        self.following.due.pop(token, None)
        return await self.books.forget(token)

    async def note(self, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """Write to the hub's audit log."""
        await self.books.note(action, subject, detail)

    async def permitted(self, token: Token, purpose: Purpose) -> Consent:
        """The live consent of a token; raises ConsentMissing."""
        return permit(
            await self.ledger.history(token),
            purpose=purpose,
            scenario=self.scenario.name,
            site=self.site,
            notice_version=self.scenario.notices[purpose].version,
            at=self.clock.now(),
        )

    # ------ decide and deliver

    async def _decide(self, sighting: Sighting, consent: Consent) -> Decision | None:
        models = self.models  # one version to the end, whatever is promoted meanwhile
        events = await self.events.of(sighting.token, RECENT) if models.scorer or models.shadow else ()
        return await self._chosen(
            self.placement(sighting.placement),
            people_in_view=sighting.people_in_view,
            person=await self.following.profile(models.stream, sighting.token, self.clock.now()),
            policy=self.policy,
            sighting_id=sighting.id,
            receipt_id=consent.id,
            teaches=self._may(Purpose.IMPROVE, sighting),
            models=models,
            events=events,
        )

    async def _chosen(
        self,
        placement: Placement,
        *,
        people_in_view: int,
        person: Profile | None,
        policy: Policy,
        sighting_id: str | None = None,
        receipt_id: str | None = None,
        teaches: bool = True,
        models: Models | None = None,
        events: Sequence[Event] = (),
    ) -> Decision | None:
        now, token = self.clock.now(), person.token if person else None
        person = await self._tired(person, policy, now)
        facts = person.facts if person else {}
        campaigns = tuple(self.scenario.campaigns.values())
        exhausted = await self.allowance.exhausted(campaigns, token, now)
        while True:
            open_now = open_items(
                self.scenario,
                placement,
                people_in_view=people_in_view,
                exhausted=exhausted,
                now=now,
                eligible=lambda item: eligible(item, self.scenario, placement, facts, now),
            )
            candidates, heard = self._ranked(open_now, models, events, now)
            choose = partial(
                decide,
                profile=person,
                candidates=candidates,
                scenario=self.scenario,
                draw=float(self.rng.random()),
                decision_id=self.ids(),
                now=now,
                site=self.site,
                placement=placement.id,
                token=token,
                sighting_id=sighting_id,
                receipt_id=receipt_id,
            )
            decision = self.vitals.choose(
                partial(choose, policy=policy),
                partial(choose, policy=build_policy(self.scenario, PolicyName.UNIFORM)),
            )
            named = heard.named(decision.model_version) if heard else decision.model_version
            decision = replace(decision, teaches=teaches, model_version=named)
            campaign = self.scenario.campaigns[decision.campaign_id]
            if await self.allowance.reserve(decision.id, campaign, token, now):
                break
            exhausted |= {campaign.id}  # another process took the last one: choose again without it
        await self.decisions.append(decision)
        return await self._deliver(decision, placement)

    async def _tired(self, person: Profile | None, policy: Policy, now: datetime) -> Profile | None:
        """With how often each item was shown to the member of late, for a policy that looks ahead."""
        if person is None or self.judged is None or policy.name is not PolicyName.HORIZON:
            return person
        return replace(person, exposure=exposure(await self.judged.shown(person.token, now - REMEMBERED), now))

    def _ranked(
        self, candidates: Sequence[Candidate], models: Models | None, events: Sequence[Event], now: datetime
    ) -> tuple[Sequence[Candidate], Models | None]:
        """The best candidates with their scores, and what was heard; all of them for nobody, and without a model."""
        if models is None or models.scorer is None:
            return candidates, models
        items = [candidate.item_id for candidate in candidates]
        scores = asked(models.scorer, events, items, now)
        if scores is None:  # the member gets an answer all the same, and whoever watches a count
            self.unscored += 1
            return candidates, replace(models, scorer=None)
        beside = asked(models.shadow, events, items, now)
        if beside is not None:
            self.shadowed += 1
            self.disagreed += int(np.argmax(beside) != np.argmax(scores))
        return ranked(candidates, scores.tolist(), MOST_CANDIDATES), models

    async def _deliver(self, decision: Decision, placement: Placement) -> Decision | None:
        """Hand it over; None when consent has ended since it was made."""
        try:
            await self._permit_answer(decision)
        except ConsentMissing:
            await self.allowance.release(decision.id)
            return None
        await self.channel.deliver(decision, self.scenario.items[decision.item_id], placement)
        return decision

    async def _permit_answer(self, decision: Decision) -> None:
        """Raises ConsentMissing when the decision's member does not let it be used any more."""
        if decision.token is not None:
            await self.permitted(decision.token, Purpose.PERSONALISE)

    # ------ what came of it

    async def played(self, impressions: Sequence[Impression]) -> int:
        """Keep stages of plays; number that were new.

        An offer that left the glass without a reaction is worth nothing so far; a later reaction adds to that.
        """
        new = await self.plays.append(impressions)
        for impression in impressions:
            if impression.stage is Stage.ENDED:
                await self._ended(impression.decision_id)
        return new

    async def _ended(self, decision_id: str) -> None:
        decision = await self.decisions.get(decision_id)
        shown = any(play.stage is Stage.ON_GLASS for play in await self.plays.of(decision_id))
        if decision is not None and shown and not await self.outcomes.of(decision_id):
            await self.outcomes.append([lapse(decision, self.clock.now())])

    async def happened(self, events: Sequence[Event]) -> int:
        """Keep events and attribute reactions; number of events that were new.

        An event of a member needs their consent to personalise; raises ConsentMissing for the whole batch.
        An event that answers a decision belongs to the decision's member, whoever sent it.
        Sending an event again changes nothing, and repairs an attribution that a crash cut off.
        """
        answered = [await self._answered(event) for event in events]
        kept = [event for event, _ in answered]
        new = await self.events.append(kept)
        for event, decision in answered:
            if decision is not None:
                await self._attribute(event, decision)
        known = {event.token for event in kept if event.token is not None}
        followed = {token for token in known if await self._lets(token, Purpose.PERSONALISE)}
        await self.following.happened(self.models.stream, [event for event in kept if event.token in followed])
        if new == len(kept):  # what comes again was counted
            await self._counted(answered)
        return new

    async def _counted(self, answered: Sequence[tuple[Event, Decision | None]]) -> None:
        """Tell a model that counts, where the member lets models learn from them."""
        scorer = self.models.scorer
        for event, decision in answered if scorer else ():
            token = event.token if decision is None or decision.teaches else None
            if scorer is not None and token is not None and event.item_id and await self._lets(token, Purpose.IMPROVE):
                before = [one for one in await self.events.of(token, RECENT) if one.id != event.id]
                scorer.observe(before, event)

    async def _lets(self, token: Token, purpose: Purpose) -> bool:
        try:
            await self.permitted(token, purpose)
        except ConsentMissing:
            return False
        return True

    # ------ in the background

    async def refollow(self, most: int = 64) -> int:
        """Make states again that do not fit the log, of members who still let offers be chosen for them; how many."""
        made = 0
        for token in list(self.following.due)[:most]:
            self.following.due.pop(token, None)
            if await self._lets(token, Purpose.PERSONALISE):
                await self.following.replay(self.models.stream, [token])
                made += 1
        return made

    async def look_for_stale(self, after: str, most: int = 1000) -> str:
        """Note whose states are of another model or missed something; the last token looked at, "" at the end."""
        model = self.models.stream.model
        found = await self.states.stale(self.scenario.name, model, after=after, limit=most)
        self.following.due.update(dict.fromkeys(found))
        return found[-1] if len(found) == most else ""

    async def _answered(self, event: Event) -> tuple[Event, Decision | None]:
        if event.kind not in self.scenario.event_types:
            raise EventRefused(f"unknown type {event.kind[:64]!r}")
        values = self.scenario.event_types[event.kind].values
        if values is not None and not values[0] <= event.value <= values[1]:
            raise EventRefused(f"the value of {event.kind!r} is not within {values[0]:g} to {values[1]:g}")
        if event.item_id is not None and event.item_id not in self.scenario.items:
            raise EventRefused("unknown item")
        if event.decision_id is None:
            if event.token is not None:
                await self.permitted(event.token, Purpose.PERSONALISE)
            return replace(event, scenario=self.scenario.name), None
        decision = await self.decisions.get(event.decision_id)
        if decision is None:
            raise DecisionUnknown("in the event's decision_id")
        await self._permit_answer(decision)
        owner = replace(
            event,
            token=decision.token,
            scenario=decision.scenario,
            placement=decision.placement,
            item_id=event.item_id or decision.item_id,
        )
        return owner, decision

    async def _attribute(self, event: Event, decision: Decision) -> None:
        seen = [play.at for play in await self.plays.of(decision.id) if play.stage >= Stage.RENDERED]
        if not seen:
            return  # what was never on the glass cannot have caused anything
        while True:
            earlier = await self.outcomes.of(decision.id)
            outcome = attribute(event, decision, earlier, self.scenario, shown_at=min(seen), now=self.clock.now())
            if outcome is None or await self.outcomes.append([outcome]):
                return  # nothing to add, or added; otherwise another process was first: see what is left

    async def lapse(self, limit: int = 1000) -> int:
        """Close shown decisions that nobody reacted to within the attribution window; number closed."""
        now = self.clock.now()
        window = timedelta(seconds=self.scenario.attribution_window_s)
        closed: list[Outcome] = []
        for decision_id in await self.plays.unanswered(now - window, limit):
            decision = await self.decisions.get(decision_id)
            if decision is not None:
                closed.append(lapse(decision, now))
        return await self.outcomes.append(closed) if closed else 0

    def placement(self, name: str) -> Placement:
        """Raises PlacementUnknown."""
        try:
            return self.scenario.placements[name]
        except KeyError:
            raise PlacementUnknown(repr(name[:64])) from None
