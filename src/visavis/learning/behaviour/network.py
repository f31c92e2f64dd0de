"""The network: embeddings of what happened, one or more recurrent layers, three heads."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from visavis.behaviour.encode import DECIMALS, Vocabulary
from visavis.learning.behaviour.recipe import Cell, Recipe

SIGMA_FROM, SIGMA_TO = 0.05, 20.0  # of the log of the time to the next visit


class BehaviourNetwork(nn.Module):
    """Letters: B sequences, T events, D decimals, W width of the last layer, I items, C classes."""

    def __init__(self, recipe: Recipe, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.sizes = (len(vocabulary.kinds) + 1, len(vocabulary.items) + 1, len(vocabulary.placements) + 1)
        embedded = (recipe.kind_size, recipe.item_size, recipe.placement_size)
        self.kind, self.item, self.placement = (
            nn.Embedding(n, size) for n, size in zip(self.sizes, embedded, strict=True)
        )
        for embedding in (self.kind, self.item, self.placement):
            nn.init.normal_(embedding.weight, std=embedding.embedding_dim**-0.5)
        layer = nn.GRU if recipe.cell is Cell.GRU else nn.LSTM
        ins = (sum(embedded) + (DECIMALS if recipe.decimals else 0), *recipe.widths)
        self.layers = nn.ModuleList(
            layer(size, width, batch_first=True) for size, width in zip(ins, recipe.widths, strict=False)
        )
        self.query = nn.Linear(recipe.widths[-1], recipe.item_size)
        self.popularity = nn.Parameter(torch.zeros(self.sizes[1] - 1))
        self.classes = nn.Linear(recipe.widths[-1], len(vocabulary.classes))
        self.visit = nn.Linear(recipe.widths[-1], 2)
        self.visit_scale = nn.Buffer(torch.tensor([0.0, 1.0]))  # mean and spread of log seconds, from training data
        self.dropout, self.input_dropout = nn.Dropout(recipe.dropout), nn.Dropout(recipe.input_dropout)
        self.unknown, self.decimals = recipe.unknown, recipe.decimals

    def forward(self, names: Tensor, decimals: Tensor) -> Tensor:
        """What is remembered after each event: names (B, T, 3), decimals (B, T, D) -> (B, T, W)."""
        kind, item, placement = names.unbind(-1)  # (B, T)
        if self.training and self.unknown:
            item = item * (torch.rand(item.shape, device=item.device) >= self.unknown)
        seen = [self.input_dropout(self.item(item)), self.kind(kind), self.placement(placement)]
        if self.decimals:
            seen.append(decimals)
        memory = torch.cat(seen, dim=-1)
        for layer in self.layers:
            memory = self.dropout(layer(memory)[0])
        return memory

    def item_logits(self, memory: Tensor, items: Tensor | None = None) -> Tensor:
        """(N, W) -> (N, I), or of the given items alone (K,), which are numbered from 0."""
        query: Tensor = self.query(memory)
        if items is None:
            return query @ self.item.weight[1:].T + self.popularity
        return query @ self.item.weight[items + 1].T + self.popularity[items]

    def visit_time(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(N, W) -> mean and spread, (N,) each, of the log of the seconds until the next visit."""
        place, spread = self.visit(memory).unbind(-1)
        mean, scale = self.visit_scale
        return mean + scale * place, (scale * torch.exp(spread)).clamp(SIGMA_FROM, SIGMA_TO)

    def recurrent(self) -> Sequence[nn.RNNBase]:
        """The layers, from the events up."""
        return [cast("nn.RNNBase", layer) for layer in self.layers]


def build_network(recipe: Recipe, vocabulary: Vocabulary) -> BehaviourNetwork:
    """Random weights; the same for equal seeds, whatever torch's own generator has drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return BehaviourNetwork(recipe, vocabulary)
