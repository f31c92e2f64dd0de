"""Two ways to test recommending on a table of choices; every model gets the same histories, masks and lots."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.learning.recommend.blending import Fitted, Outside, answers, fit_blend, weigh
from visavis.learning.recommend.fits import Progress, fit_sources
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.measures import Ranked, rank
from visavis.learning.recommend.names import HoldOut, Peer
from visavis.learning.recommend.peers import fit_peer
from visavis.learning.recommend.questions import LEAST, WEIGH_SHARE, Question, last_questions, split_questions
from visavis.learning.recommend.recipe import Recipe
from visavis.learning.recommend.report import Lists, ModelReport, RecommendReport, figures, lists_of
from visavis.recommend.blend import Blend
from visavis.recommend.candidates import Floats, Source

REFRESHED = "blend, statistics refreshed"
WEIGH_SPLITS = 2  # of what is known at random, on which together the weights are learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured."""

    protocol: HoldOut
    recipe: Recipe
    seeds: tuple[int, ...]
    k: int = 10
    peers: tuple[Peer, ...] = tuple(Peer)
    network: bool = False  # train the behaviour network too, and blend it in
    refreshed: bool = False  # also the blend whose statistics know the second last choice
    most: int | None = None  # members who are tested, drawn at random; None: all
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One seed."""

    fitted: Fitted
    asked: list[Question]
    seconds: Mapping[str, float]  # model -> to fit
    masked: Mapping[str, Lists]
    unmasked: Mapping[str, Lists]
    first_ranks: Mapping[str, NDArray[np.int64]] = field(repr=False)  # model -> of each member's best wanted item


def evaluate_recommend(data: Interactions, plan: Plan, progress: Progress) -> RecommendReport:
    """Fit, ask, measure; once a seed.

    Raises:
        InputRefused: too few choices for the protocol.
        ExtraMissing: a peer is not installed.
    """
    runs = []
    for number, seed in enumerate(plan.seeds):

        def told(step: str, share: float, number: int = number) -> None:
            progress(step, (number + share) / len(plan.seeds))

        match plan.protocol:
            case HoldOut.LEAVE_ONE_OUT:
                runs.append(_leave_one_out(data, plan, seed, told))
            case HoldOut.RANDOM_SPLIT:
                runs.append(_random_split(data, plan, seed, told))
    return _report(data, plan, runs)


def _leave_one_out(data: Interactions, plan: Plan, seed: int, progress: Progress) -> Run:
    """Statistics without the last two choices of whoever is tested, weights on the second last, test on the last."""
    known = data.without_last(2, least=LEAST)
    weighed, asked = last_questions(data, back=2), _drawn(last_questions(data, back=1), plan.most, seed)
    outside, network, seconds = _network(data, plan, seed, weighed, asked, progress)
    fitted = fit_blend(known, weighed, plan.recipe, seed=seed, threads=plan.threads, progress=progress, outside=outside)
    more: dict[str, Blend] = {}
    if plan.refreshed:
        later = data.without_last(1, least=LEAST)
        again, _ = fit_sources(later, plan.recipe, seed=seed, threads=plan.threads, progress=progress)
        more[REFRESHED] = Blend(again, fitted.blend.weights)
    return _ask(known, asked, plan, seed, fitted, progress, said=network, seconds=seconds, more=more)


def _random_split(data: Interactions, plan: Plan, seed: int, progress: Progress) -> Run:
    """Weights on splits of the known part, then statistics of all that is known, test on the rest."""
    rng = np.random.default_rng(seed)
    known, asked = split_questions(data, rng)
    started, parts = time.perf_counter(), []
    for _ in range(WEIGH_SPLITS):
        inner, weighed = split_questions(known, rng, WEIGH_SHARE)
        first, _ = fit_sources(inner, plan.recipe, seed=seed, threads=plan.threads, progress=progress)
        parts.append(answers(first, weighed, len(known.items), plan.recipe, seed=seed, outside={}))
    weights = weigh(parts, plan.recipe)
    weighing = time.perf_counter() - started
    sources, seconds = fit_sources(known, plan.recipe, seed=seed, threads=plan.threads, progress=progress)
    fitted = Fitted(blend=Blend(sources, weights), seconds={**seconds, "weights": weighing})
    return _ask(known, _drawn(asked, plan.most, seed), plan, seed, fitted, progress)


def _drawn(asked: list[Question], most: int | None, seed: int) -> list[Question]:
    if most is None or most >= len(asked):
        return asked
    chosen = np.sort(np.random.default_rng(seed).permutation(len(asked))[:most])
    return [asked[number] for number in chosen]


def _network(
    data: Interactions,
    plan: Plan,
    seed: int,
    weighed: Sequence[Question],
    asked: Sequence[Question],
    progress: Progress,
) -> tuple[Outside, Outside, Mapping[str, float]]:
    if not plan.network:
        return {}, {}, {}
    from visavis.learning.recommend.network import next_items  # noqa: PLC0415 - torch only where it is asked for

    started = time.perf_counter()
    before, after = next_items(data, weighed, asked, seed=seed, threads=plan.threads, progress=progress)
    return {"network": before}, {"network": after}, {"network": time.perf_counter() - started}


def _ask(
    known: Interactions,
    asked: list[Question],
    plan: Plan,
    seed: int,
    fitted: Fitted,
    progress: Progress,
    *,
    said: Outside | None = None,
    seconds: Mapping[str, float] | None = None,
    more: Mapping[str, Blend] | None = None,
) -> Run:
    said, more = said or {}, more or {}
    took = {**fitted.seconds, **(seconds or {})}
    took["blend"] = sum(took.values())
    others: list[Source] = []
    for peer in plan.peers:
        started = time.perf_counter()
        others.append(fit_peer(peer, known, seed=seed, threads=plan.threads))
        took[peer.value] = time.perf_counter() - started
        progress("fitting the peers", len(others) / len(plan.peers))
    masked: dict[str, list[Ranked]] = {}
    unmasked: dict[str, list[Ranked]] = {}
    nothing = np.zeros(0, np.int32)
    for number, question in enumerate(asked):
        found = _scores(question, [*fitted.blend.sources, *others], len(known.items))
        found |= {name: given[number] for name, given in said.items()}
        own = {source.name: found[source.name] for source in fitted.blend.sources} | {n: found[n] for n in said}
        found["blend"] = fitted.blend.combined(own, question.history, len(known.items))
        for name, blend in more.items():
            given = {given: scores[number] for given, scores in said.items()}
            found[name] = blend.scores(question.history, len(known.items), given)
        for name, scores in found.items():  # the same lots for every model
            lots = (np.random.default_rng((seed, question.member)) for _ in range(2))
            masked.setdefault(name, []).append(
                rank(scores, question.wanted, question.history.items, plan.k, next(lots))
            )
            unmasked.setdefault(name, []).append(rank(scores, question.wanted, nothing, plan.k, next(lots)))
        if number % 100 == 0:
            progress("asking", number / len(asked))
    size = len(known.items)
    return Run(
        fitted=fitted,
        asked=asked,
        seconds=took,
        masked={name: lists_of(ranked, k=plan.k, item_count=size) for name, ranked in masked.items()},
        unmasked={name: lists_of(ranked, k=plan.k, item_count=size) for name, ranked in unmasked.items()},
        first_ranks={name: np.array([one.ranks[0] for one in ranked]) for name, ranked in masked.items()},
    )


def _scores(question: Question, sources: Sequence[Source], item_count: int) -> dict[str, Floats]:
    return {source.name: source.scores(question.history, item_count) for source in sources}


def _report(data: Interactions, plan: Plan, runs: Sequence[Run]) -> RecommendReport:
    peers = {peer.value for peer in plan.peers} | {"popular"}
    names = list(runs[0].masked)
    return RecommendReport(
        protocol=plan.protocol.value,
        k=plan.k,
        seeds=plan.seeds,
        members=len(data.members),
        items=len(data.items),
        events=len(data),
        repeats=data.repeats,
        tested=len(runs[0].asked),
        too_short=int((data.lengths < LEAST).sum()) if plan.protocol is HoldOut.LEAVE_ONE_OUT else 0,
        weights={
            name: float(np.mean([run.fitted.blend.weights[name] for run in runs]))
            for name in runs[0].fitted.blend.weights
        },
        left_out=tuple(name for name in plan.recipe.sources if name not in names),
        models=tuple(
            ModelReport(
                name=name,
                masked=figures([run.masked[name] for run in runs]),
                unmasked=figures([run.unmasked[name] for run in runs]),
                fit_s=float(np.mean([run.seconds.get(name, run.seconds["blend"]) for run in runs])),
                ours=name not in peers,
            )
            for name in sorted(names, key=lambda name: -np.mean([run.masked[name].ndcgs.mean() for run in runs]))
        ),
        members_tested=tuple(data.members[question.member] for question in runs[0].asked),
        ndcg_by_member={name: runs[0].masked[name].ndcgs for name in names},
        rank_by_member={name: runs[0].first_ranks[name] for name in names},
    )
