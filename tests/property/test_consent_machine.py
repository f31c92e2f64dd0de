"""Ten thousand stories of two sites: after every step, whatever was done to anybody was allowed by them."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import consent_world
import pytest
from consent_stories import SEEN, STEPS, told
from hypothesis import Phase

from visavis.pipeline import edge as edge_module
from visavis.pipeline import hub as hub_module
from visavis.pipeline.edge import Edge
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.privacy.consent import permit
from visavis.testing import T0, MemoryEraser, MemoryRoster
from visavis.types import Consent, MemberId

SEQUENCES = int(os.environ.get("VISAVIS_SEQUENCES", "300"))
FAR = T0 + timedelta(days=10_000)
Careless = Callable[[Sequence[Any], dict[str, Any]], Sequence[Any]]


def said(entry: Any, **changes: Any) -> Any:
    """A consent that says something else; withdrawals as they are."""
    return replace(entry, **changes) if isinstance(entry, Consent) else entry


async def nothing(*_: Any, **__: Any) -> Any:
    """Says that it was done."""
    return {"rows": 0}


async def believed(edge: Edge, member_id: MemberId) -> Any:
    """A member as this process remembers them."""
    return edge.member(member_id)


def found(what: str) -> None:
    """The stories come upon it."""
    with pytest.raises(AssertionError, match=what):
        told(3000, phases=(Phase.generate,), derandomize=True, database=None, report_multiple_bugs=False)


def test_whatever_is_done_was_allowed() -> None:
    """The oracle's say on every recognition, profile, decision, delivery, event and training row."""
    told(SEQUENCES)
    sys.stdout.write(f"{SEQUENCES} stories of at most {STEPS} steps: {dict(SEEN)}; 0 violations\n")
    wanted = {"recognition by face", "recognition by card", "recognition by pin", "profile", "decision", "delivery"}
    assert wanted | {"event", "training row"} <= SEEN.keys(), SEEN


# ------ the oracle bites: each of these mistakes is found

GATES: dict[str, Careless] = {
    "forgets withdrawals": lambda history, _: [entry for entry in history if isinstance(entry, Consent)],
    "lets consents last for ever": lambda history, _: [said(entry, expires_at=FAR) for entry in history],
    "does not look at the site": lambda history, asked: [said(e, site=asked["site"]) for e in history],
    "does not look at the scenario": lambda history, asked: [said(e, scenario=asked["scenario"]) for e in history],
    "does not look at the purpose": lambda history, asked: [said(e, purpose=asked["purpose"]) for e in history],
    "does not look at the notice": lambda history, asked: [
        said(e, notice_version=asked["notice_version"]) for e in history
    ],
}


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_is_careless_is_found(monkeypatch: pytest.MonkeyPatch, gate: str) -> None:
    """A gate that sees another history than there is lets something pass that nobody allowed."""

    def careless(history: Sequence[Any], **asked: Any) -> Consent:
        return permit(GATES[gate](history, asked), **asked)

    for module in (edge_module, hub_module):
        monkeypatch.setattr(module, "permit", careless)
    found("without (recognise|personalise|improve)")


@pytest.mark.parametrize(
    ("part", "name", "what"),
    [
        (Learner, "_may_teach", "training row"),
        (Hub, "_permit_answer", "(delivery|event) of"),
        (consent_world, "replay", "came back"),
        (MemoryEraser, "erase", "is kept at the hub"),
    ],
)
def test_a_part_that_does_nothing_is_found(monkeypatch: pytest.MonkeyPatch, part: Any, name: str, what: str) -> None:
    """No gate before training or delivery, an erasure list that nobody replays, a hub that erases nothing."""
    monkeypatch.setattr(part, name, nothing)
    found(what)


def test_a_process_that_writes_the_forgotten_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has not heard, and believes its own memory."""
    monkeypatch.setattr(MemoryRoster, "_is_still", lambda *_: True)
    monkeypatch.setattr(Edge, "fresh", believed)
    found("came back")
