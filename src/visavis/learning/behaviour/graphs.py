"""The ONNX graphs of a behaviour network, written node by node: one recurrent step, and the next-item head.

The step's weights are constants of `Gemm` and `MatMulInteger` nodes, which ONNX Runtime packs once; `behaviour.network`
says why that matters. In whole numbers, inputs and states are eight bits at a scale that is fixed beforehand, not
measured on the batch: a row stays independent of the others.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from visavis.behaviour.encode import DECIMALS, NAMES
from visavis.learning.behaviour.network import SIGMA_FROM, SIGMA_TO, BehaviourNetwork
from visavis.learning.behaviour.recipe import Cell, Recipe

OPSET, IR = 17, 9
SEVEN_BITS = 64  # largest weight: two products of 255 and 64 still fit sixteen bits, which some processors add in
DECIMALS_TO = 2.0  # asinh(1490) / 4, log(8.9 million seconds) / 8: what lies beyond is cut off in whole numbers


class Graph:
    """Nodes and constants as they are written."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[np.generic]) -> str:
        """The name of a new constant."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, names: Sequence[str] = (), **attributes: int) -> str:
        """The name of a new node's output, or the first of those given."""
        outputs = list(names) or [f"n{len(self.nodes)}"]
        node = helper.make_node(kind, list(inputs), outputs)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self.nodes.append(node)
        return outputs[0]

    def split(self, tensor: str, sizes: Sequence[int]) -> list[str]:
        """Columns apart."""
        if len(sizes) == 1:
            return [tensor]
        names = [f"n{len(self.nodes)}_{k}" for k in range(len(sizes))]
        self.add("Split", tensor, self.constant(np.array(sizes, np.int64)), names=names, axis=1)
        return names

    def content(self, inputs: Sequence[onnx.ValueInfoProto], output: onnx.ValueInfoProto) -> bytes:
        """The file."""
        graph = helper.make_graph(self.nodes, "behaviour", list(inputs), [output], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def step_graph(network: BehaviourNetwork, recipe: Recipe, *, whole_numbers: bool) -> bytes:
    """Names (B, 3), decimals (B, D), carried (B, S) -> row (B, S + C + 2), as `behaviour.network` describes it."""
    g = Graph()
    cells = 2 if recipe.cell is Cell.LSTM else 1
    order = [*reversed(recipe.widths)]  # the last layer's hidden state stands first
    states = g.split("carried", order * cells)
    seen, bound = _seen(g, network)
    hidden: list[str] = []
    memory: list[str] = []
    for number, layer in enumerate(network.recurrent()):
        place = len(order) - 1 - number
        weights = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
        w_in, w_on, b_in, b_on = (_array(w) for w in weights)
        scale = bound if number == 0 else 1.0
        from_below = _multiply(g, seen, w_in, b_in, scale if whole_numbers else None)
        from_before = _multiply(g, states[place], w_on, b_on, 1.0 if whole_numbers else None)
        if recipe.cell is Cell.GRU:
            seen = _gru(g, from_below, from_before, states[place], recipe.widths[number])
        else:
            seen, cell = _lstm(g, from_below, from_before, states[len(order) + place], recipe.widths[number])
            memory.insert(0, cell)
        hidden.insert(0, seen)
    g.add("Concat", *hidden, *memory, *_heads(g, network, seen), names=["row"], axis=1)
    carried = sum(recipe.widths) * cells
    inputs = (
        helper.make_tensor_value_info("names", TensorProto.INT64, ["B", NAMES]),
        helper.make_tensor_value_info("decimals", TensorProto.FLOAT, ["B", DECIMALS]),
        helper.make_tensor_value_info("carried", TensorProto.FLOAT, ["B", carried]),
    )
    width = carried + network.classes.out_features + 2
    return g.content(inputs, helper.make_tensor_value_info("row", TensorProto.FLOAT, ["B", width]))


def items_graph(network: BehaviourNetwork) -> bytes:
    """Hidden (B, W) -> logits (B, I)."""
    g = Graph()
    query = _multiply(g, "hidden", _array(network.query.weight), _array(network.query.bias), None)
    table, popularity = g.constant(_array(network.item.weight)[1:].T), g.constant(_array(network.popularity))
    g.add("Gemm", query, table, popularity, names=["logits"])
    inputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["B", network.query.in_features])]
    return g.content(inputs, helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", len(network.popularity)]))


def _seen(g: Graph, network: BehaviourNetwork) -> tuple[str, float]:
    """What the first layer takes, and the greatest number that may be in it."""
    item, kind, place = (_array(table.weight) for table in (network.item, network.kind, network.placement))
    columns = g.split("names", [1, 1, 1])  # kind, item, placement: (B, 1) each
    parts = [
        g.add("Gather", g.constant(table), column)  # (B, 1, E)
        for table, column in ((item, columns[1]), (kind, columns[0]), (place, columns[2]))
    ]
    embedded = g.add("Squeeze", g.add("Concat", *parts, axis=2), g.constant(np.array([1], np.int64)))
    bound = max(float(np.abs(table).max()) for table in (item, kind, place))
    if not network.decimals:
        return embedded, bound
    return g.add("Concat", embedded, "decimals", axis=1), max(bound, DECIMALS_TO)


def _multiply(
    g: Graph, tensor: str, weight: NDArray[np.float32], bias: NDArray[np.float32], bound: float | None
) -> str:
    """Tensor @ weight.T + bias; with a bound, the tensor in steps of bound / 127 and weights of seven bits a row."""
    if bound is None:
        return g.add("Gemm", tensor, g.constant(weight.T), g.constant(bias))
    step = np.float32(bound / 127)
    steps = np.maximum(np.abs(weight).max(axis=1), np.float32(1e-8)) / SEVEN_BITS  # (G,)
    whole = np.clip(np.rint(weight / steps[:, None]), -SEVEN_BITS, SEVEN_BITS).astype(np.int8)
    zero = g.constant(np.array(128, np.uint8))
    quantised = g.add("QuantizeLinear", tensor, g.constant(np.array(step)), zero)
    product = g.add("MatMulInteger", quantised, g.constant(whole.T), zero)
    scaled = g.add("Mul", g.add("Cast", product, to=TensorProto.FLOAT), g.constant((steps * step).astype(np.float32)))
    return g.add("Add", scaled, g.constant(bias))


def _gru(g: Graph, below: str, before: str, state: str, width: int) -> str:
    """PyTorch's GRU: h' = n + z (h - n), n = tanh(Wx + r (Uh)), with r, z = sigmoid(...)."""
    gates_below, new_below = g.split(below, [2 * width, width])
    gates_before, new_before = g.split(before, [2 * width, width])
    reset, update = g.split(g.add("Sigmoid", g.add("Add", gates_below, gates_before)), [width, width])
    new = g.add("Tanh", g.add("Add", new_below, g.add("Mul", reset, new_before)))
    return g.add("Add", new, g.add("Mul", update, g.add("Sub", state, new)))


def _lstm(g: Graph, below: str, before: str, cell: str, width: int) -> tuple[str, str]:
    """PyTorch's LSTM: c' = f c + i g, h' = o tanh(c')."""
    taken, kept, new, given = g.split(g.add("Add", below, before), [width] * 4)
    fresh = g.add("Mul", g.add("Sigmoid", taken), g.add("Tanh", new))
    after = g.add("Add", g.add("Mul", g.add("Sigmoid", kept), cell), fresh)
    return g.add("Mul", g.add("Sigmoid", given), g.add("Tanh", after)), after


def _heads(g: Graph, network: BehaviourNetwork, hidden: str) -> tuple[str, str, str]:
    """Probability a class; mean and log of the spread of the log of the seconds until the next visit.

    One product gives all of them; the scale of training is folded into its weights.
    """
    mean, scale = _array(network.visit_scale).tolist()
    place, spread = _array(network.visit.weight)
    place_bias, spread_bias = _array(network.visit.bias).tolist()
    weight = np.concatenate([_array(network.classes.weight), [place * scale], [spread]]).astype(np.float32)
    bias = np.append(_array(network.classes.bias), [mean + scale * place_bias, np.log(scale) + spread_bias])
    said = _multiply(g, hidden, weight, bias.astype(np.float32), None)
    logits, when, how_sure = g.split(said, [network.classes.out_features, 1, 1])
    low, high = (g.constant(np.array(np.log(limit), np.float32)) for limit in (SIGMA_FROM, SIGMA_TO))
    return g.add("Softmax", logits, axis=1), when, g.add("Clip", how_sure, low, high)


def _array(tensor: object) -> NDArray[np.float32]:
    values: NDArray[np.float32] = tensor.detach().cpu().numpy()  # type: ignore[attr-defined]  # a weight
    return values
