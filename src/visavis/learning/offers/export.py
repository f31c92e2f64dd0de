"""From a trained network to the files of a model: ONNX, proved equal to what was trained, in floats and in bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from visavis.errors import ModelRefused
from visavis.learning.course.classifier import Rows
from visavis.learning.course.onnx_file import exported
from visavis.recommend.observed import Observed
from visavis.recommend.offer_model import INPUTS, NETWORK, VOCABULARY, WHOLE, example, logits_of, vocabulary
from visavis.runtime import Model, load_content
from visavis.runtime.compress import to_whole_weights

LEAST_SAME = 0.95  # of first answers; eight bits that change more of them are left out
PARITY = 1e-3  # greatest difference of a logit between PyTorch and ONNX Runtime, relative to the largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Files of a model."""

    files: dict[str, bytes]  # without the eight-bit brother where it answers too differently
    same_answers: float  # share of members for whom bytes and floats give the same first answer


def export(
    network: nn.Module,
    *,
    kinds: Sequence[str],
    items: Sequence[str],
    names: Sequence[str],
    tested: Rows,
) -> Exported:
    """Write the network, its eight-bit brother and the vocabulary with known answers of both.

    Args:
        network: kinds, items, numbers -> logits.
        kinds: of events, as they are numbered.
        items: likewise.
        names: of the logits.
        tested: members on whom both are compared.

    Raises:
        ModelRefused: ONNX Runtime does not give what PyTorch gives.
    """
    axes = {0: torch.export.Dim("B"), 1: torch.export.Dim("T")}
    seen, tests = example(len(kinds), len(items)), seen_of(tested)
    content = exported(
        network,
        tuple(torch.from_numpy(one) for one in seen.inputs),
        inputs=[spec.name for spec in INPUTS],
        outputs=["logits"],
        dynamic=(axes, axes, axes),
    )
    contents = {NETWORK: content, WHOLE: to_whole_weights(content)}
    models = {
        name: load_content(one, name=name, inputs=INPUTS, outputs=[logits_of(len(names))])
        for name, one in contents.items()
    }
    _compare(network, models[NETWORK], tests)
    answers = {name: model.run(*seen.inputs)[0] for name, model in models.items()}
    first = {name: model.run(*tests.inputs)[0].argmax(axis=1) for name, model in models.items()}
    same = float((first[NETWORK] == first[WHOLE]).mean())
    if same < LEAST_SAME:
        del contents[WHOLE], answers[WHOLE]
    words = vocabulary(kinds=kinds, items=items, names=names, answers=answers)
    return Exported(files={**contents, VOCABULARY: words}, same_answers=same)


@torch.no_grad()
def _compare(network: nn.Module, model: Model, tested: Observed) -> None:
    wanted = network(*(torch.from_numpy(np.ascontiguousarray(one)) for one in tested.inputs)).numpy()
    difference = float(np.abs(model.run(*tested.inputs)[0] - wanted).max() / max(1.0, np.abs(wanted).max()))
    if not difference <= PARITY:
        raise ModelRefused(f"the exported network differs from the trained one by {difference:.2g}")


def seen_of(rows: Rows) -> Observed:
    """Rows as the serving code takes them."""
    kind, item, numbers = rows.inputs
    return Observed(kind=kind, item=item, numbers=numbers)
