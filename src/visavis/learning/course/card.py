"""The card of a model: what it learned from, how well it does, what it is not for, how to make it again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from visavis.learning.course.epoch import PARTS, Epoch
from visavis.learning.estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    name: str
    estimate: Estimate
    part: str  # of the data


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a reader has to know before using the model. Holds counts, never a person."""

    title: str
    scenario: str
    source: str  # of the data, in words
    members: Mapping[str, int]  # part -> count
    events: int
    period: tuple[str, str] | None  # first and last event, ISO 8601
    network: str
    weights: int
    recipe: Mapping[str, Any]
    figures: Sequence[Figure]
    beside: Mapping[str, Mapping[str, float]]  # other network -> figure -> value, on the same held-out members
    history: Sequence[Epoch]
    kept: int  # number of the epoch whose weights these are
    limits: Sequence[str]
    licence: str
    command: str  # makes it again
    gain: Mapping[str, object] | None = None  # over the model that serves: what the gate reads


LIMITS = (
    "It knows what members did, never who they are; it says nothing about people who are no members.",
    "Figures hold for members like those it was measured on. Measure again when offers, prices or members change.",
    "A simulated data set shows that the method works, not how well it works at a site.",
    "It proposes; rules of eligibility, consent and the policy decide. Use it for no decision with legal effect.",
)


def as_json(card: Card) -> bytes:
    """For programs."""
    return (json.dumps(asdict(card), ensure_ascii=False, indent=1, default=str) + "\n").encode()


def as_meta(card: Card) -> dict[str, Any]:
    """The same without the table, for the registry's list."""
    document: dict[str, Any] = json.loads(as_json(card))
    return {name: value for name, value in document.items() if name != "history"} | {"epochs": len(card.history)}


def as_markdown(card: Card) -> bytes:
    """For people."""
    period = f", {card.period[0][:10]} to {card.period[1][:10]}" if card.period else ""
    members = ", ".join(f"{count:,} {part.replace('_', ' ')}" for part, count in card.members.items())
    lines = [
        f"# {card.title}",
        "",
        f"- scenario: {card.scenario}",
        f"- data: {card.source}; members: {members}; {card.events:,} events{period}",
        f"- network: {card.network}, {card.weights:,} weights; epoch {card.kept} of {len(card.history)} kept",
        f"- seed: {card.recipe.get('seed')}",
        f"- licence: {card.licence}",
        f"- made by: `{card.command}`",
        "",
        "## Figures",
        "",
        "| figure | part | value | 95 % interval |",
        "| --- | --- | --- | --- |",
        *(
            f"| {f.name} | {f.part.replace('_', ' ')} | {f.estimate.value:.4f} "
            f"| {f.estimate.low:.4f} to {f.estimate.high:.4f} |"
            for f in card.figures
        ),
    ]
    if card.gain:
        against = card.gain["against"] or "what is built in"
        lines += [
            "",
            f"Over {against}: {card.gain['measure']}, better by {card.gain['low']:.4f} to {card.gain['high']:.4f}.",
        ]
    if card.beside:
        head = (
            "## Beside it, on the same held-out members",
            "",
            "| network | loss | accuracy |",
            "| --- | --- | --- |",
        )
        lines += ["", *head]
        lines += [f"| {name} | {one['loss']:.4f} | {one['accuracy']:.4f} |" for name, one in card.beside.items()]
    titles = " | ".join(f"{part.replace('_', ' ')} loss | accuracy" for part in PARTS)
    lines += ["", "## Epochs", "", f"| epoch | {titles} |"]
    lines += ["| --- |" + " --- | --- |" * len(PARTS), *map(_row, card.history)]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in card.limits), ""]
    return "\n".join(lines).encode()


def _row(epoch: Epoch) -> str:
    cells = (f"{getattr(epoch, part).loss:.4f} | {getattr(epoch, part).accuracy:.4f}" for part in PARTS)
    return f"| {epoch.number} | " + " | ".join(cells) + " |"
