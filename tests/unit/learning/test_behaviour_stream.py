"""A served network: equal to what was trained, and to itself however events arrive."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.behaviour.encode import Encoded, Vocabulary
from visavis.behaviour.network import DOCUMENT, STEP, Network, load_network
from visavis.behaviour.stream import Stream
from visavis.errors import ModelRefused
from visavis.learning.behaviour.export import export, remembered, walk
from visavis.learning.behaviour.network import build_network
from visavis.learning.behaviour.recipe import REFERENCE, Cell, Recipe
from visavis.testing import T0, a_scenario, an_event
from visavis.types import Event, MemberState, Token

SCENARIO = a_scenario()
ITEMS, KINDS = list(SCENARIO.items), list(SCENARIO.event_types)
KNOWN = Vocabulary(
    kinds=tuple(KINDS), items=tuple(ITEMS[:-1]), placements=tuple(SCENARIO.placements), classes=("new", "often", "gone")
)
RECIPES = (Recipe(), Recipe(widths=(24, 40)), replace(REFERENCE, item_size=16), Recipe(decimals=False, widths=(20,)))


def drawn(count: int) -> Encoded:
    rng = np.random.default_rng(2)
    sizes = (len(KNOWN.kinds), len(KNOWN.items), len(KNOWN.placements))
    names = np.stack([rng.integers(0, size + 1, count) for size in sizes], axis=1)
    return Encoded(names=names, decimals=rng.random((count, 4)).astype(np.float32))


def files(recipe: Recipe) -> dict[str, bytes]:
    return export(build_network(recipe, KNOWN).eval(), recipe, KNOWN, drawn(8))


FILES = files(Recipe())
STREAMS = [
    Stream(scenario=SCENARIO, network=load_network(FILES, version="b-1", whole_numbers=w)) for w in (False, True)
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: f"{r.cell}-{r.widths}")
def test_one_step_at_a_time_is_the_whole_sequence(recipe: Recipe) -> None:
    """What ONNX Runtime remembers after each of thirty events is what PyTorch remembers; in whole numbers, nearly."""
    network = build_network(recipe, KNOWN).eval()
    content = export(network, recipe, KNOWN, drawn(8))
    wanted = remembered(network, drawn(30))
    assert np.allclose(walk(load_network(content, version="b"), drawn(30)), wanted, atol=1e-5)
    whole = walk(load_network(content, version="b", whole_numbers=True), drawn(30))
    assert np.abs(whole - wanted).mean() < 0.02


def test_heads_say_what_was_trained() -> None:
    """Class probabilities, the median of the next visit and the next item's logits, beside PyTorch."""
    import torch

    recipe = Recipe()
    network = build_network(recipe, KNOWN).eval()
    network.visit_scale.copy_(torch.tensor([11.0, 2.0]))
    served = load_network(export(network, recipe, KNOWN, drawn(8)), version="b")
    row = served.advance(drawn(1), np.zeros((1, served.row), np.float32))
    with torch.no_grad():
        memory = network(torch.from_numpy(drawn(1).names)[None], torch.from_numpy(drawn(1).decimals)[None])[0]
        classes = torch.softmax(network.classes(memory), dim=1)[0]
        mean, spread = network.visit_time(memory)
        logits = network.item_logits(memory)
    assert served.classes(row[0]) == pytest.approx(dict(zip(KNOWN.classes, classes.tolist(), strict=True)), abs=1e-5)
    assert served.next_visit_s(row[0]) == pytest.approx(float(mean.exp()), rel=1e-4)
    assert np.exp(row[0, -1]) == pytest.approx(float(spread), rel=1e-4)
    assert np.allclose(served.item_logits(row), logits.numpy(), atol=1e-5)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """What a few members did, in the order of time; several things at one moment too."""
    return [
        an_event(
            id=f"e{number:03}",
            token=Token(f"t{draw(st.integers(0, 4))}"),
            kind=draw(st.sampled_from([*KINDS, "unknown"])),
            item_id=draw(st.sampled_from(ITEMS)),
            value=draw(st.floats(-1e3, 1e3, width=32)),
            dwell_s=draw(st.floats(0, 1e4, width=32)),
            occurred_at=T0 + timedelta(minutes=number // 3 * 97),
        )
        for number in range(draw(st.integers(1, 24)))
    ]


@pytest.mark.parametrize("stream", STREAMS, ids=["float", "int8"])
@settings(max_examples=25, deadline=None)
@given(log=logs(), size=st.integers(1, 24))
def test_state_is_the_same_to_the_bit_however_events_arrive(stream: Stream, log: list[Event], size: int) -> None:
    """One by one, in batches of any size, and replayed from the log in another order: equal bits and equal sums."""
    alone, batched = dict[Token, MemberState](), dict[Token, MemberState]()
    for event in log:
        alone |= stream.follow(alone, [event])
    for i in range(0, len(log), size):
        batched |= stream.follow(batched, log[i : i + size])
    assert alone
    for token, state in alone.items():
        replayed = stream.replay(token, [event for event in reversed(log) if event.token == token])
        for other in (batched[token], replayed):
            assert _same(state, other)


def _same(a: MemberState, b: MemberState) -> bool:
    bits = a.hidden.tobytes() == b.hidden.tobytes()
    return bits and (a.sums, a.events, a.last_at, a.last_id) == (b.sums, b.events, b.last_at, b.last_id)


@pytest.mark.parametrize(
    "recipe", [*RECIPES, Recipe(cell=Cell.LSTM, widths=(8,))], ids=lambda r: f"{r.cell}-{r.widths}"
)
@pytest.mark.parametrize("whole", [False, True], ids=["float", "int8"])
def test_a_row_does_not_depend_on_the_batch(recipe: Recipe, whole: bool) -> None:
    """150 members at once, and each alone: the same bits, whichever way this processor computes them."""
    network = load_network(files(recipe), version="b", whole_numbers=whole)
    rows = np.tanh(np.random.default_rng(3).standard_normal((150, network.row))).astype(np.float32)
    events = drawn(150)
    together = network.advance(events, rows)
    for k in range(150):
        one = Encoded(names=events.names[k : k + 1], decimals=events.decimals[k : k + 1])
        assert together[k].tobytes() == network.advance(one, rows[k : k + 1])[0].tobytes()


def test_rows_that_would_differ_are_computed_alone() -> None:
    """A network that may not be batched gives the same as one that may."""
    network = STREAMS[0].network
    assert isinstance(network, Network)
    alone = Network(**{name: getattr(network, name) for name in network.__dataclass_fields__} | {"alone": True})
    rows = np.zeros((9, network.row), np.float32)
    assert np.array_equal(alone.advance(drawn(9), rows), network.advance(drawn(9), rows))


def test_a_profile_names_classes_state_and_model() -> None:
    """After three events: probabilities that sum to 1, the hidden state, and who says so."""
    stream = STREAMS[0]
    events = _three()
    state = stream.replay(Token("t"), events)
    found = stream.profile(state, T0 + timedelta(days=2))
    assert set(found.classes) == {"new", "often", "gone"}
    assert sum(found.classes.values()) == pytest.approx(1.0, abs=1e-6)
    assert found.state == tuple(state.hidden[:128].tolist())
    assert found.model_version == stream.model
    assert stream.model.endswith("+b-1")
    assert found.next_visit_days is not None
    assert found.traits["recency_days"].value == 0.0
    assert stream.profile(stream.start(Token("u")), T0).classes == {}


def test_a_state_of_another_model_or_of_later_events_is_not_continued() -> None:
    """An older network's state, a late event, and the same event again are for the log to replay."""
    older = Stream(scenario=SCENARIO, network=load_network(FILES, version="b-0"))
    stream, events = STREAMS[0], _three()
    state = stream.replay(Token("t"), events[:2])
    assert stream.follows(state, events[2])
    for wrong in (older.replay(Token("t"), events[:2]), stream.replay(Token("t"), events), state):
        event = events[1] if wrong is state else events[2]
        assert not stream.follows(wrong, event)
        with pytest.raises(ValueError, match="replay the log"):
            stream.advance([wrong], [event])


def _three() -> Sequence[Event]:
    moments = [T0 + timedelta(days=day) for day in range(3)]
    return [
        an_event(id=f"e{n}", token=Token("t"), kind=KINDS[0], item_id=ITEMS[n], occurred_at=m)
        for n, m in enumerate(moments)
    ]


def test_without_a_network_a_state_holds_the_traits() -> None:
    """Nothing is trained yet: states have sums and no row."""
    stream = Stream(scenario=SCENARIO)
    state = stream.replay(Token("t"), _three())
    assert (state.events, state.hidden.shape, state.model) == (3, (0,), stream.traits.version)
    assert stream.profile(state, T0 + timedelta(days=2)).events == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: {name: content for name, content in f.items() if name != STEP},
        lambda f: f | {DOCUMENT: b"\xff"},
        lambda f: f | {DOCUMENT: b"[]"},
        lambda f: f | {DOCUMENT: json.dumps(json.loads(f[DOCUMENT]) | {"format": 2}).encode()},
        lambda f: f | {DOCUMENT: json.dumps(json.loads(f[DOCUMENT]) | {"width": 64}).encode()},
        lambda f: f | {DOCUMENT: json.dumps(json.loads(f[DOCUMENT]) | {"carried": 10**9}).encode()},
        lambda f: f | {STEP: f[STEP][:-100]},
        lambda f: f | {STEP: b"<html>"},
    ],
)
def test_a_damaged_network_is_refused(damage: object) -> None:
    """A missing file, no JSON, another format, sizes that do not fit, a cut-off graph."""
    with pytest.raises(ModelRefused):
        load_network(damage(FILES), version="b")  # type: ignore[operator]  # a function of files
