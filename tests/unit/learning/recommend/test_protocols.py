"""What each protocol lets a model know."""

from pathlib import Path

import numpy as np
import pytest

from visavis.errors import InputRefused, TableInvalid
from visavis.learning.recommend import protocols
from visavis.learning.recommend.fits import fit_ease, fit_factors, fit_successors
from visavis.learning.recommend.interactions import Interactions, find_column, interactions_of, read_interactions
from visavis.learning.recommend.names import HoldOut, Peer
from visavis.learning.recommend.output import plot_recommend, write_members
from visavis.learning.recommend.peers import fit_peer
from visavis.learning.recommend.protocols import REFRESHED, Plan, evaluate_recommend
from visavis.learning.recommend.questions import last_questions, split_questions
from visavis.learning.recommend.recipe import EaseRule, FactorRule, Recipe, SuccessorRule
from visavis.learning.recommend.report import RecommendReport, over_runs
from visavis.recommend import ease
from visavis.recommend.candidates import Floats, History

SHARED = Path(__file__).parents[5] / "shared" / "data" / "recommend"
SMALL = Recipe(factors=FactorRule(factors=4, rounds=3))


def made(members: int = 30, items: int = 12, seed: int = 0) -> Interactions:
    """Members walk round a ring of items, one step or two at a time."""
    rng = np.random.default_rng(seed)
    rows = []
    for member in range(members):
        at = int(rng.integers(items))
        for step in range(int(rng.integers(4, 9))):
            rows.append((member, at % items, step))
            at += int(rng.integers(1, 3))
    member, item, when = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    names = tuple(f"i{n}" for n in range(items))
    return interactions_of(member, item, when, tuple(f"m{n}" for n in range(members)), names)


def nothing(_step: str, _share: float) -> None:
    """Nobody looks."""


def evaluated(data: Interactions, **given: object) -> RecommendReport:
    plan = {"protocol": HoldOut.LEAVE_ONE_OUT, "recipe": SMALL, "seeds": (1,), "peers": ()} | given
    return evaluate_recommend(data, Plan(**plan), nothing)  # type: ignore[arg-type]


def test_rows_are_ordered_by_member_time_and_file_and_repeats_go(tmp_path: Path) -> None:
    """Equal times keep the order of the file; the second choice of an item is left out and counted."""
    path = tmp_path / "log.csv"
    path.write_text("user,item,time\nb,x,5\na,y,3\na,x,1\na,z,3\na,x,9\nb,y,4\n")
    data = read_interactions(path, user="user", item="item", time="time")
    by_member = {name: [data.items[n] for n in data.history(k).items] for k, name in enumerate(data.members)}
    assert by_member == {"b": ["y", "x"], "a": ["x", "y", "z"]}
    assert data.repeats == 1
    assert data.history(1).at.tolist() == [1_000_000, 3_000_000, 3_000_000]


def test_a_time_that_is_none_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,item,time\na,x,2026-01-31T12:00:00Z\na,y,soon\n")
    with pytest.raises(TableInvalid, match="row 3, column time"):
        read_interactions(path, user="user", item="item", time="time")


def test_usual_columns_are_found_and_others_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "log.inter"
    path.write_text("user_id:token\tmovie:token\ttimestamp:float\n1\t2\t3\n")
    assert find_column(path, None, "user", "user_id") == "user_id"
    assert find_column(path, "movie", "item") == "movie"
    with pytest.raises(TableInvalid, match="none of the columns item, item_id; the file has user_id, movie"):
        find_column(path, None, "item", "item_id")


def test_statistics_know_neither_the_last_nor_the_second_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but two choices of each are fitted on; the weights learn the second last, the test asks the last."""
    data, seen = made(), []
    fit = protocols.fit_blend

    def spied(known: Interactions, asked: list[protocols.Question], *rest: object, **more: object) -> object:
        seen.append((known, asked))
        return fit(known, asked, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(protocols, "fit_blend", spied)
    evaluated(data)
    ((known, weighed),) = seen
    assert (known.lengths == data.lengths - 2).all()
    for question in weighed:
        whole = data.history(question.member).items
        assert question.wanted.tolist() == [whole[-2]]
        assert question.history.items.tolist() == whole[:-2].tolist()
    for question in last_questions(data, back=1):
        whole = data.history(question.member).items
        assert question.wanted.tolist() == [whole[-1]]
        assert question.history.items.tolist() == whole[:-1].tolist()


def test_members_with_fewer_than_three_choices_are_learned_from_but_not_tested() -> None:
    member, item = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 2])
    data = interactions_of(member, item, np.arange(5), ("a", "b"), ("x", "y", "z"))
    assert [question.member for question in last_questions(data, back=1)] == [0]
    assert data.without_last(2, least=3).lengths.tolist() == [1, 2]


def test_too_few_choices_are_refused() -> None:
    data = interactions_of(np.array([0, 1]), np.array([0, 1]), np.arange(2), ("a", "b"), ("x", "y"))
    with pytest.raises(InputRefused, match="nobody has 3 events"):
        last_questions(data, back=1)
    with pytest.raises(InputRefused, match="no item was chosen often"):
        split_questions(data, np.random.default_rng(0))


class Oracle:
    """Scores what the member has seen highest, then what is said to come."""

    name = "item-to-item"

    def scores(self, history: History, item_count: int) -> Floats:
        scores = np.zeros(item_count, np.float32)
        scores[history.items] = 2.0
        return scores


def test_masking_is_the_same_for_every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that repeats what was seen has, masked, the figures of one that says nothing; unmasked it finds none."""
    data = made(60)
    monkeypatch.setattr(protocols, "fit_peer", lambda *_given, **_more: Oracle())
    report = evaluated(data, peers=(Peer.ITEM_TO_ITEM,), k=3, seeds=tuple(range(8)))
    repeats = next(model for model in report.models if model.name == "item-to-item")
    open_items = 12 - (data.lengths - 1)
    chance = float(np.mean(np.minimum(3 / open_items, 1.0)))
    assert repeats.masked.hit_rate.value == pytest.approx(chance, abs=0.06)
    assert repeats.unmasked.hit_rate.value < 0.1


def test_a_quarter_of_each_item_is_held_out_and_nothing_is_lost() -> None:
    data = made(200)
    known, asked = split_questions(data, np.random.default_rng(0))
    held = np.concatenate([question.wanted for question in asked])
    times = np.bincount(data.item, minlength=12)
    assert (np.bincount(held, minlength=12) == np.round(times / 4)).all()
    assert len(known) + len(held) == len(data)
    for question in asked:
        assert not np.intersect1d(question.wanted, question.history.items).size


def test_weights_of_a_random_split_never_meet_the_test_part(monkeypatch: pytest.MonkeyPatch) -> None:
    data, fitted, weighed = made(80), [], []
    fit, answer = protocols.fit_sources, protocols.answers

    def spied_fit(known: Interactions, *rest: object, **more: object) -> object:
        fitted.append(known)
        return fit(known, *rest, **more)  # type: ignore[arg-type]

    def spied_answer(sources: object, asked: list[protocols.Question], *rest: object, **more: object) -> object:
        weighed.append(asked)
        return answer(sources, asked, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(protocols, "fit_sources", spied_fit)
    monkeypatch.setattr(protocols, "answers", spied_answer)
    evaluated(data, protocol=HoldOut.RANDOM_SPLIT)
    _, tested = split_questions(data, np.random.default_rng(1))
    held = {(question.member, item) for question in tested for item in question.wanted.tolist()}
    assert held
    assert len(weighed) == protocols.WEIGH_SPLITS
    for known, asked in zip(fitted, weighed, strict=False):  # the last fit is on all that is known
        learned = set(zip(known.member.tolist(), known.item.tolist(), strict=True))
        asked_for = {(question.member, item) for question in asked for item in question.wanted.tolist()}
        assert not held & (learned | asked_for)
        assert not learned & asked_for
    assert not held & set(zip(fitted[-1].member.tolist(), fitted[-1].item.tolist(), strict=True))


def test_the_ring_is_learned_and_the_report_is_whole(tmp_path: Path) -> None:
    """The next item is one of two: the blend puts it among three nearly always; popularity cannot."""
    report = evaluated(made(150), k=3, peers=tuple(Peer), refreshed=True, seeds=(1, 2))
    models = {model.name: model for model in report.models}
    sources = {"popular", "neighbours", "ease", "successors", "factors"}
    assert set(models) == sources | {"blend", REFRESHED, *(peer.value for peer in Peer)}
    assert models["blend"].masked.hit_rate.value > 0.9
    assert models["popular"].masked.hit_rate.value < 0.5
    assert set(report.weights) == sources
    plot_recommend(tmp_path / "plot.svg", report)
    write_members(tmp_path / "members.csv", report)
    assert "hit rate" in (tmp_path / "plot.svg").read_text()
    lines = (tmp_path / "members.csv").read_text().splitlines()
    assert len(lines) == report.tested + 1
    assert lines[0].startswith("member,")


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again = evaluated(made()), evaluated(made())
    assert [m.masked for m in first.models] == [m.masked for m in again.models]


def test_a_large_catalogue_goes_without_the_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.learning.recommend.fits.MOST_ITEMS", ease.MOST_ITEMS // 1024)
    report = evaluated(made())
    assert report.left_out == ("ease", "successors")


def test_fits_do_not_reorder_what_they_are_given() -> None:
    data = made()
    before = data.item.copy()
    fit_ease(data, EaseRule())
    fit_successors(data, SuccessorRule())
    fit_factors(data, FactorRule(factors=4, rounds=2), seed=1, threads=1)
    fit_peer(Peer.IMPLICIT_BPR, data, seed=1, threads=1)
    assert (data.item == before).all()


def test_folding_in_is_what_the_library_solves() -> None:
    """Factors of a member by numpy equal those of `implicit` within its single precision."""
    from visavis.learning.recommend.fits import alternating_least_squares, matrix, quiet_blas

    data, rule = made(), FactorRule(factors=4, rounds=3)
    with quiet_blas():
        als = alternating_least_squares(rule, seed=1, threads=1)
        als.fit(matrix(data), show_progress=False)
        theirs = als.recalculate_user(np.arange(5), matrix(data)[:5])
    ours = fit_factors(data, rule, seed=1, threads=1)
    for member in range(5):
        np.testing.assert_allclose(ours.member(data.history(member)), theirs[member], rtol=2e-3, atol=1e-4)


def test_an_interval_over_seeds_by_hand() -> None:
    """0.1, 0.2, 0.3: mean 0.2, deviation 0.1, Student's 4.303 / 3^0.5 = 2.484: 0.2 -+ 0.2484."""
    found = over_runs([0.1, 0.2, 0.3])
    assert (found.value, found.low, found.high) == pytest.approx((0.2, -0.0484, 0.4484), abs=1e-4)


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_movielens_at_the_figures_that_are_promised() -> None:
    """Leave-one-out over all members, one seed, without the network; settings come from validation items."""
    data = read_interactions(SHARED / "ml-100k.inter", user="user_id", item="item_id", time="timestamp")
    report = evaluate_recommend(
        data, Plan(protocol=HoldOut.LEAVE_ONE_OUT, recipe=Recipe(), seeds=(1,), peers=()), nothing
    )
    blend = next(model for model in report.models if model.name == "blend")
    assert blend.masked.ndcg.value >= 0.112
    assert blend.masked.hit_rate.value >= 0.21
