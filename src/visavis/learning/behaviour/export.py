"""From a trained behaviour network to the files that serve, proved equal to what was trained."""

import json

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.behaviour.encode import Encoded, Vocabulary
from visavis.behaviour.network import DOCUMENT, FORMAT, ITEMS, STEP, WHOLE_STEP, Network, load_network
from visavis.errors import ModelRefused
from visavis.learning.behaviour.graphs import items_graph, step_graph
from visavis.learning.behaviour.network import BehaviourNetwork
from visavis.learning.behaviour.recipe import Cell, Recipe

PARITY = 1e-4  # greatest difference of a component between PyTorch and ONNX Runtime
COARSE = 0.1  # greatest mean difference of the hidden state in whole numbers, which lies in [-1, 1]


def export(network: BehaviourNetwork, recipe: Recipe, vocabulary: Vocabulary, probe: Encoded) -> dict[str, bytes]:
    """The files of an artefact: step, step in whole numbers, next-item head, and what they are.

    Args:
        network: with its best weights, in evaluation mode.
        recipe: of its training.
        vocabulary: what it knows.
        probe: one member's events, on which both runtimes are compared; at least one.

    Raises:
        ModelRefused: ONNX Runtime does not give what PyTorch gives.
    """
    cells = 2 if recipe.cell is Cell.LSTM else 1
    document = {
        "format": FORMAT,
        "width": recipe.widths[-1],
        "carried": sum(recipe.widths) * cells,
        "vocabulary": vocabulary.document(),
        "recipe": recipe.document(),
    }
    files = {
        DOCUMENT: json.dumps(document, ensure_ascii=False).encode(),
        STEP: step_graph(network, recipe, whole_numbers=False),
        WHOLE_STEP: step_graph(network, recipe, whole_numbers=True),
        ITEMS: items_graph(network),
    }
    wanted = remembered(network, probe)
    exact = np.abs(walk(load_network(files, version="new"), probe) - wanted).max()
    coarse = np.abs(walk(load_network(files, version="new", whole_numbers=True), probe) - wanted).mean()
    if not (exact <= PARITY and coarse <= COARSE):
        raise ModelRefused(f"the exported network differs by {exact:.2g}, in whole numbers by {coarse:.2g}")
    return files


def walk(network: Network, events: Encoded) -> NDArray[np.float32]:
    """(T, W): what the served network remembers after each event of one member."""
    row, after = np.zeros((1, network.row), np.float32), []
    for k in range(len(events.names)):
        one = Encoded(names=events.names[k : k + 1], decimals=events.decimals[k : k + 1])
        row = network.advance(one, row)
        after.append(row[0, : network.width])
    return np.stack(after)


@torch.no_grad()
def remembered(network: BehaviourNetwork, events: Encoded) -> NDArray[np.float32]:
    """(T, W): the same as trained."""
    memory: NDArray[np.float32] = network(
        torch.from_numpy(events.names)[None], torch.from_numpy(events.decimals)[None]
    )[0].numpy()
    return memory
