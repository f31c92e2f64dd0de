"""Everything that decides how a behaviour network is trained. Equal recipes on equal events give equal networks."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Cell(StrEnum):
    """What carries the memory of a member from event to event."""

    GRU = "gru"  # Cho and others 2014
    LSTM = "lstm"  # Hochreiter and Schmidhuber 1997


class Keep(StrEnum):
    """What the kept epoch is best at, on validation data."""

    LOSS = "loss"  # least joint loss of the three heads
    NDCG = "ndcg"  # highest NDCG@10 of the next item


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyper-parameters of one run."""

    cell: Cell = Cell.GRU
    widths: tuple[int, ...] = (128,)  # of the layers, from the events up
    item_size: int = 64  # of an item's embedding, which the next-item head shares
    kind_size: int = 8
    placement_size: int = 4
    decimals: bool = True  # whether value, dwell and gap are seen
    epochs: int = 25
    batch: int = 16  # sequences a step, of about the same length
    longest: int = 800  # events; a longer history is learned from in several pieces
    lr: float = 2e-3  # at the end of the warm-up; falls along half a cosine to 0 (Loshchilov and Hutter 2017)
    warmup: float = 0.05  # share of all steps over which the rate rises from 0
    weight_decay: float = 0.01  # AdamW (Loshchilov and Hutter 2019)
    clip: float = 1.0  # greatest norm of a gradient
    dropout: float = 0.3  # after each layer
    input_dropout: float = 0.2  # of embeddings
    unknown: float = 0.0  # share of items that training hides, so that number 0 comes to mean something
    negatives: int = 0  # items that the right one is compared with, drawn anew for each step; 0: all of them
    next_item: float = 1.0  # weights of the three losses; 0 leaves a head out
    behaviour: float = 1.0
    next_visit: float = 0.2
    keep: Keep = Keep.LOSS
    patience: int = 5  # epochs without a better one after which training stops
    seed: int = 1
    threads: int = 1  # runs are repeated to the bit with the same number

    def document(self) -> dict[str, Any]:
        """As it is written into a checkpoint or beside a network."""
        return asdict(self) | {"cell": str(self.cell), "keep": str(self.keep), "widths": list(self.widths)}


FREE = {"threads", "patience"}  # may change between the parts of a run


def changed(recipe: Recipe, document: dict[str, Any]) -> list[str]:
    """Names of what differs from a run that was begun, apart from what may."""
    mine = recipe.document()
    return sorted(f.name for f in fields(recipe) if f.name not in FREE and document.get(f.name) != mine[f.name])


REFERENCE = Recipe(cell=Cell.LSTM, widths=(256, 128))
"""The network of the reference description: two LSTM layers."""
