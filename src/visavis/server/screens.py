"""The screen channel: decisions reach players by server-sent events, whichever process serves them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import Any

import structlog
from fastapi.sse import ServerSentEvent

from visavis.errors import StorageError
from visavis.ports import Clock, DecisionLog, Signals
from visavis.recommend.reasons import words
from visavis.server.tally import Tally
from visavis.types import Decision, Item, Placement, Scenario, Token

log = structlog.get_logger()

TOPIC = "screen"
QUEUE = 8  # a player that is slower than this misses the oldest, never the newest


class _Word(Enum):
    """What a player may be told besides a decision."""

    TAKE_DOWN = auto()
    GOODBYE = auto()


def item_view(item: Item, scenario: Scenario) -> dict[str, Any]:
    """An item as pages show it."""
    return {
        "id": item.id,
        "category": item.category,
        "category_title": dict(scenario.category_titles.get(item.category, {})),
        "title": dict(item.title),
        "text": dict(item.text),
        "price": item.price,
        "currency": scenario.currency,
        "art": f"/art/{scenario.name}/{item.category}.svg",
    }


def decision_view(decision: Decision, scenario: Scenario) -> dict[str, Any]:
    """A decision as pages show it: nothing about the member."""
    return {
        "decision_id": decision.id,
        "placement": decision.placement,
        "item": item_view(scenario.items[decision.item_id], scenario),
        "reasons": [
            {"code": r.code, "detail": dict(r.detail), "text": dict(words(r, scenario))} for r in decision.reasons
        ],
        "decided_at": decision.decided_at.isoformat(),
    }


class ScreenChannel:
    """Implements `ports.Channel`: every process hears of the decision and tells the players it serves."""

    def __init__(
        self,
        *,
        scenario: Scenario,
        signals: Signals,
        decisions: DecisionLog,
        clock: Clock,
        tally: Tally,
        show_s: float,
    ) -> None:
        self._scenario = scenario
        self._signals = signals
        self._decisions = decisions
        self._clock = clock
        self._tally = tally
        self._show_s = show_s
        self._current: dict[str, Decision] = {}
        self._open = True
        self._listeners: dict[str, set[asyncio.Queue[Decision | _Word]]] = {}

    async def deliver(self, decision: Decision, item: Item, placement: Placement) -> None:
        """Announce the decision; the players fetch nothing, they are told."""
        del item
        payload = json.dumps({"placement": placement.id, "decision_id": decision.id})
        await self._signals.publish(TOPIC, payload)

    def take_down(self, token: Token) -> None:
        """Take what was shown to a forgotten member off the screens of this process."""
        for placement, decision in list(self._current.items()):
            if decision.token == token:
                del self._current[placement]
                self._tell(placement, _Word.TAKE_DOWN)

    async def drop_erased(self) -> None:
        """Take down what the log does not hold any more: its member was forgotten, or objected, in another process."""
        for placement, decision in list(self._current.items()):
            if decision.token is not None and await self._decisions.get(decision.id) is None:
                self._current.pop(placement, None)
                self._tell(placement, _Word.TAKE_DOWN)

    async def relay(self) -> None:
        """Pass announcements on to this process's players until cancelled."""
        async for topic, payload in self._signals.subscribe(TOPIC):
            if topic != TOPIC:
                continue
            note = json.loads(payload)
            try:
                decision = await self._decisions.get(note["decision_id"])
            except StorageError as error:
                log.warning("screen_decision_unread", error=error.code())
                continue
            if decision is not None:
                self._current[decision.placement] = decision
                self._tell(decision.placement, decision)

    def end(self, placement: str) -> None:
        """End the streams of one placement; a player that may have one comes back."""
        self._tell(placement, _Word.GOODBYE)

    def close(self) -> None:
        """End every stream, so that a server that stops need not wait for its players."""
        self._open = False
        for placement in self._listeners:
            self._tell(placement, _Word.GOODBYE)

    def _tell(self, placement: str, word: Decision | _Word) -> None:
        for queue in self._listeners.get(placement, ()):
            if queue.full():
                with suppress(asyncio.QueueEmpty):
                    queue.get_nowait()
            queue.put_nowait(word)

    @contextmanager
    def _listening(self, placement: str) -> Iterator[asyncio.Queue[Decision | _Word]]:
        queue: asyncio.Queue[Decision | _Word] = asyncio.Queue(QUEUE)
        self._listeners.setdefault(placement, set()).add(queue)
        self._tally.screens.inc()
        try:
            yield queue
        finally:
            self._listeners[placement].discard(queue)
            self._tally.screens.dec()

    async def stream(self, placement: Placement, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Endless events for one player: the house loop, then each decision as it is made."""
        with self._listening(placement.id) as queue:
            yield self._house(placement)
            current = self._current.get(placement.id)
            if current is not None and current.id != last_event_id and self._fresh(current):
                yield self._event(current)
            while self._open:
                word = await queue.get()
                if isinstance(word, Decision):
                    yield self._event(word)
                elif word is _Word.TAKE_DOWN:
                    yield self._house(placement)
                else:
                    return

    def _fresh(self, decision: Decision) -> bool:
        return (self._clock.now() - decision.decided_at).total_seconds() < self._show_s

    def _event(self, decision: Decision) -> ServerSentEvent:
        view = decision_view(decision, self._scenario) | {"show_s": self._show_s}
        return ServerSentEvent(event="decision", id=decision.id, data=view)

    def _house(self, placement: Placement) -> ServerSentEvent:
        house = [
            self._scenario.items[item_id]
            for campaign in self._scenario.campaigns.values()
            if campaign.house and (not campaign.placements or placement.id in campaign.placements)
            for item_id in campaign.items
        ]
        return ServerSentEvent(event="house", data={"items": [item_view(item, self._scenario) for item in house]})
