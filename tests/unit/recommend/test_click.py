"""The click model, worked out by hand, and what must hold whatever it learns."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.recommend.click import ClickModel, ClickRule
from visavis.recommend.click_contexts import ClickColumns, Contexts, Rows, code

COLUMNS = ClickColumns(categories=("page", "who"), numbers=("price", "age"))
SMALL = ClickRule(bits=14)


def a_log(rows: int, seed: int = 0, *, numbers: int = 2) -> tuple[ClickColumns, Rows, np.ndarray]:
    """Pages and people that click with their own chances; the first number speaks too."""
    rng = np.random.default_rng(seed)
    pages, people = rng.integers(0, 12, rows), rng.integers(0, 200, rows)
    drawn = rng.lognormal(0, 1, (rows, numbers))
    odds = rng.normal(0, 1.5, 12)[pages] + rng.normal(0, 0.5, 200)[people] - 1.0 + (drawn[:, 0] > 1)
    names = [[code("page", page), code("who", person)] for page, person in zip(pages, people, strict=True)]
    columns = ClickColumns(categories=("page", "who"), numbers=tuple(f"n{n}" for n in range(numbers)))
    clicked = rng.random(rows) < 1 / (1 + np.exp(-odds))
    return columns, Rows(categories=np.array(names, np.uint64), numbers=drawn), clicked


def test_the_first_prediction_is_even() -> None:
    """Nothing is known: one imagined click of two."""
    assert ClickModel(COLUMNS, SMALL).predict({"page": "a", "who": "b", "price": 1.0, "age": 3}) == 0.5


def test_the_second_prediction_by_hand() -> None:
    """One category, one click: rate 2/3, and what each expert adds to its log odds."""
    model = ClickModel(ClickColumns(categories=("page",), numbers=()), SMALL)
    assert model.learn({"page": "a"}, clicked=True) == 0.5
    rate = 2 / 3
    prior = 2.0 / (rate * (1 - rate))  # 9 shows at the running rate
    counted = math.log((1 + prior * rate) / (prior * (1 - rate))) - math.log(2)
    # weights after one step of 0.5 - 1: counts were 0 then, so theirs stayed; the cell's and the constant's moved
    weight = 0.4 * 0.5 / math.sqrt(0.25 + 1)
    constant = 0.9 * 0.5 / math.sqrt(0.25 + 1)
    # the fast count remembers the click as the slow one does
    above = 0.4 * (2 * 0.075 * counted + weight + constant)
    assert model.predict({"page": "a"}) == pytest.approx(1 / (1 + math.exp(-math.log(2) - above)), abs=1e-6)


def test_it_learns_who_clicks() -> None:
    """After 3,000 events the chances are near the frequencies of the pages, and their mean is that of the clicks."""
    columns, rows, clicked = a_log(3000)
    found = ClickModel(columns, SMALL).run(rows, clicked)
    late = slice(1500, None)
    assert found[late].mean() == pytest.approx(clicked[late].mean(), abs=0.03)
    pages = rows.categories[late, 0]
    for page in np.unique(pages):
        here = pages == page
        assert found[late][here].mean() == pytest.approx(clicked[late][here].mean(), abs=0.12)


def test_what_drifts_is_followed() -> None:
    """A page that everybody clicked and nobody clicks any more is below one half within 60 events."""
    model = ClickModel(ClickColumns(categories=("page",), numbers=()), SMALL)
    for number in range(400):
        model.learn({"page": number % 2}, clicked=number % 2 == 0)
    assert model.predict({"page": 0}) > 0.9
    for number in range(120):
        model.learn({"page": number % 2}, clicked=number % 2 == 1)
    assert model.predict({"page": 0}) < 0.5 < model.predict({"page": 1})


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**16), cut=st.lists(st.integers(1, 1400), max_size=5), numbers=st.integers(0, 7))
def test_blocks_change_nothing(seed: int, cut: list[int], numbers: int) -> None:
    """Read at once, in parts or interrupted by a snapshot: the same probabilities bit for bit."""
    columns, rows, clicked = a_log(1400, seed, numbers=numbers or 1)
    if not numbers:
        columns, rows = (
            ClickColumns(categories=("page", "who"), numbers=()),
            Rows(categories=rows.categories, numbers=rows.numbers[:, :0]),
        )
    whole = ClickModel(columns, SMALL, seed=seed).run(rows, clicked)
    model, found = ClickModel(columns, SMALL, seed=seed), []
    edges = [0, *sorted(cut), len(rows)]
    for begin, end in itertools.pairwise(edges):
        found.append(model.run(rows[begin:end], clicked[begin:end]))
        model = ClickModel.restored(model.state(), columns, SMALL, seed=seed)
    assert np.concatenate(found).tobytes() == whole.tobytes()
    assert model.events == len(rows)


def test_a_row_is_predicted_before_it_is_learned() -> None:
    """Other answers from a row on leave every probability up to that row as it was."""
    columns, rows, clicked = a_log(600)
    other = clicked.copy()
    other[300:] = ~other[300:]
    first, second = ClickModel(columns, SMALL).run(rows, clicked), ClickModel(columns, SMALL).run(rows, other)
    assert (first[:301] == second[:301]).all()
    assert not (first[301:] == second[301:]).all()


def test_parts_of_numbers_come_from_earlier_rows_alone() -> None:
    """A wild number later changes nothing of what was read before; nor does its own row know it."""
    columns, rows, clicked = a_log(300)
    wild = Rows(categories=rows.categories, numbers=rows.numbers.copy())
    wild.numbers[250:] *= 1e9
    first, second = ClickModel(columns, SMALL).run(rows, clicked), ClickModel(columns, SMALL).run(wild, clicked)
    assert (first[:250] == second[:250]).all()
    contexts = Contexts(columns, bits=14, seed=0)
    contexts.observe(rows[:64])
    dense = contexts.dense(rows[64:65])
    mean, deviation = rows.numbers[:64].mean(axis=0), rows.numbers[:64].std(axis=0)
    assert np.allclose(dense[0, 1:3], np.clip((rows.numbers[64] - mean) / deviation, -4, 4), atol=1e-5)


def test_scoring_learns_nothing() -> None:
    columns, rows, clicked = a_log(400)
    model = ClickModel(columns, SMALL)
    model.run(rows[:300], clicked[:300])
    before = model.state()
    scores = model.score(rows[300:])
    row = {"page": "1", "who": "2", "n0": 1.0, "n1": 1.0}
    assert 0.0 < model.predict(row) < 1.0
    after = model.state()
    assert all((after[name] == array).all() for name, array in before.items())
    assert scores[0] == model.run(rows[300:301], clicked[300:301])[0]


def test_chances_stay_inside_and_finite() -> None:
    """A log of one answer, a constant number and a huge one."""
    columns = ClickColumns(categories=(), numbers=("constant", "huge"))
    model = ClickModel(columns, SMALL)
    chances = [model.learn({"constant": 1.0, "huge": 1e12 * n}, clicked=True) for n in range(300)]
    assert all(0.0 < chance < 1.0 for chance in chances)
    assert chances[-1] > 0.95


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        ClickModel(COLUMNS, SMALL).predict({"page": 1, "who": 2, "price": math.nan, "age": 3})
    with pytest.raises(ValueError, match="at least one column"):
        ClickColumns(categories=(), numbers=())


def test_contexts_of_use_go_on_alone() -> None:
    """Where there are many, so many are kept, and the page that decides is among them."""
    columns, rows, clicked = a_log(1100, numbers=16)
    rule = ClickRule(bits=16, prune=((1024, 20),))
    model = ClickModel(columns, rule)
    assert model.contexts.count > 150
    model.run(rows, clicked)
    assert model.contexts.count == 20
    assert 0 in model.contexts.kept  # the page


def test_speed() -> None:
    """An event costs less than 250 microseconds of one core, encoding and all (seen: 40)."""
    columns, rows, clicked = a_log(6000, numbers=6)
    model = ClickModel(columns, ClickRule(bits=18))
    model.run(rows[:4200], clicked[:4200])
    since = time.process_time()
    model.run(rows[4200:], clicked[4200:])
    assert (time.process_time() - since) / 1800 < 250e-6
