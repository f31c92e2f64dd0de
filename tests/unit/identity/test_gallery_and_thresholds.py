"""Search and error rates, worked out by hand."""

import threading
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import embeddings

from visavis.errors import GalleryMismatch, InputRefused, SettingInvalid
from visavis.identity.gallery import Gallery
from visavis.identity.identify import identify, verify_member
from visavis.identity.threshold import Threshold, calibrate, for_gallery, for_rate
from visavis.testing import an_embedding
from visavis.types import Embedding, MemberId

MODEL = an_embedding().model


def between(first: int, second: int, cosine: float) -> Embedding:
    """At this cosine from one axis, in the plane of two."""
    vector = np.zeros(128, np.float32)
    vector[first], vector[second] = cosine, np.sqrt(1 - cosine**2)
    return Embedding(vector=vector, model=MODEL)


def a_threshold(score: float) -> Threshold:
    return Threshold(score=score, false_match_rate=0.001, impostor_pairs=100_000, evidence="by hand")


def a_gallery() -> Gallery:
    gallery = Gallery(model=MODEL, dim=128)
    gallery.add(MemberId("ada"), "a1", an_embedding(0))
    gallery.add(MemberId("ben"), "b1", an_embedding(1))
    gallery.add(MemberId("ben"), "b2", an_embedding(2))
    return gallery


def test_the_nearest_template_names_the_member() -> None:
    """A probe at cosine 0.8 from axis 2 and 0.6 from axis 0 belongs to ben's second template."""
    (match,) = a_gallery().search((between(2, 0, 0.8),))
    assert match is not None
    assert (match.member_id, match.template_id) == ("ben", "b2")
    assert match.score == pytest.approx(0.8)


def test_a_stranger_is_nobody() -> None:
    """Just below the threshold is not a match, at it is."""
    gallery, probe = a_gallery(), between(0, 9, 0.9)
    assert identify((probe,), gallery, lambda _: a_threshold(0.9001)) == (None,)
    (hit,) = identify((probe,), gallery, lambda _: a_threshold(0.8999))
    assert hit is not None
    assert hit.member_id == "ada"


def test_the_farthest_above_their_own_threshold_is_the_member() -> None:
    """Ada scores 0.8 and needs 0.79, ben scores 0.6 and needs 0.5: he is farther above."""
    needed = {"ada": a_threshold(0.79), "ben": a_threshold(0.5)}
    (hit,) = identify((between(0, 2, 0.8),), a_gallery(), lambda member: needed[member])
    assert hit is not None
    assert (hit.member_id, hit.margin) == ("ben", pytest.approx(0.1))


def test_the_nearest_members_come_by_their_best_template() -> None:
    """Ben has two templates and is named once."""
    (found,) = a_gallery().nearest((between(2, 0, 0.8),), 5)
    assert [(m.member_id, m.template_id, round(m.score, 3)) for m in found] == [("ben", "b2", 0.8), ("ada", "a1", 0.6)]
    assert [len(m) for m in a_gallery().nearest((an_embedding(),) * 2, 1)] == [1, 1]


def test_a_dropped_member_is_gone_at_the_next_search_and_from_memory() -> None:
    """Both templates, and their numbers are overwritten."""
    gallery = a_gallery()
    assert gallery.drop(MemberId("ben")) == 2
    (match,) = gallery.search((an_embedding(2),))
    assert match is not None
    assert match.member_id == "ada"
    assert len(gallery) == 1
    assert not gallery._rows[1:].any()
    assert gallery.drop(MemberId("ben")) == 0


def test_verification_asks_about_one_member_alone() -> None:
    """At cosine 0.8 from ben's second template and 0.6 from ada's only one: a probe is whom the card names, or not."""
    gallery, probe = a_gallery(), between(2, 0, 0.8)
    as_ben = verify_member(probe, gallery, MemberId("ben"), a_threshold(0.59))
    as_ada = verify_member(probe, gallery, MemberId("ada"), a_threshold(0.59))
    assert as_ben is not None
    assert as_ada is not None
    assert (as_ben.member_id, as_ben.score) == ("ben", pytest.approx(0.8))
    assert (as_ada.member_id, as_ada.score) == ("ada", pytest.approx(0.6))
    assert verify_member(probe, gallery, MemberId("ada"), a_threshold(0.61)) is None
    assert verify_member(probe, gallery, MemberId("nobody"), a_threshold(-1.0)) is None
    with pytest.raises(GalleryMismatch):
        verify_member(an_embedding(model="other@111111111111"), gallery, MemberId("ada"), a_threshold(0.5))


def test_an_empty_gallery_knows_nobody() -> None:
    """And a probe of another model is refused even then."""
    gallery = Gallery(model=MODEL, dim=128)
    assert gallery.search((an_embedding(),)) == (None,)
    with pytest.raises(GalleryMismatch):
        gallery.search((an_embedding(model="other@111111111111"),))
    with pytest.raises(GalleryMismatch):
        gallery.add(MemberId("x"), "t", an_embedding(dim=64))


def test_the_gallery_shows_no_numbers() -> None:
    """Not in its representation, and neither does an embedding."""
    assert repr(a_gallery()) == f"Gallery(model='{MODEL}', templates=3)"
    assert "1." not in repr(an_embedding())


@given(st.lists(embeddings(), min_size=1, max_size=90), st.lists(embeddings(), min_size=1, max_size=3))
def test_search_equals_comparing_with_everybody(templates: list[Embedding], probes: list[Embedding]) -> None:
    """Also beyond the first allocation of 64 rows."""
    gallery = Gallery(model=MODEL, dim=8)
    for number, template in enumerate(templates):
        gallery.add(MemberId(str(number)), "t", template)
    for probe, match in zip(probes, gallery.search(tuple(probes)), strict=True):
        scores = [float(probe.vector @ template.vector) for template in templates]
        assert match is not None
        assert match.score == pytest.approx(max(scores), abs=1e-6)
        assert scores[int(match.member_id)] == pytest.approx(max(scores), abs=1e-6)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), embeddings()), min_size=1, max_size=90), embeddings())
def test_a_gallery_that_changed_answers_as_one_that_was_made_so(
    edits: list[tuple[str, bool, Embedding]], probe: Embedding
) -> None:
    """Members add templates and are dropped in any order: search, 1:1, counts and memory show who is left."""
    gallery = Gallery(model=MODEL, dim=8)
    left: dict[str, dict[str, Embedding]] = {}
    for number, (member, drops, template) in enumerate(edits):
        if drops:
            assert gallery.drop(MemberId(member)) == len(left.pop(member, {}))
        else:
            gallery.add(MemberId(member), f"t{number}", template)
            left.setdefault(member, {})[f"t{number}"] = template
    scores = {(m, t): float(e.vector @ probe.vector) for m, own in left.items() for t, e in own.items()}
    assert (len(gallery), gallery.members) == (len(scores), len(left))
    assert not gallery._rows[len(gallery) :].any()
    (match,) = gallery.search((probe,))
    assert (match is None) == (not scores)
    assert match is None or match.score == pytest.approx(max(scores.values()), abs=1e-6)
    assert match is None or scores[match.member_id, match.template_id] == pytest.approx(match.score, abs=1e-6)
    for member in "abcd":
        best = gallery.compare(probe, MemberId(member))
        own = [score for (owner, _), score in scores.items() if owner == member]
        assert (best.score if best else None) == (pytest.approx(max(own), abs=1e-6) if own else None)


def test_growing_leaves_no_template_in_the_old_memory() -> None:
    """The 65th template moves all to new rows; the 64 old ones are overwritten."""
    gallery = Gallery(model=MODEL, dim=128)
    old = gallery._rows
    for number in range(65):
        gallery.add(MemberId(str(number)), "t", an_embedding(number))
    assert gallery._rows is not old
    assert not old.any()


def test_searching_while_members_come_and_go_never_fails() -> None:
    """Perception searches in a thread while the event loop edits."""
    gallery, failures = a_gallery(), []

    def search() -> None:
        for _ in range(300):
            match = gallery.search((an_embedding(0),))[0]
            if match is None or match.member_id != "ada":
                failures.append(match)

    thread = threading.Thread(target=search)
    thread.start()
    for number in range(300):
        gallery.add(MemberId(f"m{number}"), "t", an_embedding(5))
        gallery.drop(MemberId(f"m{number - 3}"))
    thread.join()
    assert not failures


# ------ thresholds


@dataclass(frozen=True)
class Row:
    false_match_rate: float
    threshold: float
    impostor_pairs: int = 100_000
    evidence: str = "by hand"
    templates: int = 1
    shots: int = 1


ROWS = (Row(0.1, 0.5), Row(0.01, 0.6), Row(0.001, 0.7))


def test_calibration_lets_through_at_most_the_asked_share() -> None:
    """Of scores 0.000 to 0.999, a rate of 2 % lets the highest 20 through: 0.980 and above."""
    found = calibrate(np.arange(1000) / 1000, 0.02, evidence="by hand")
    assert 0.979 < found.score <= 0.980
    assert found.impostor_pairs == 1000


def test_a_rate_without_support_is_refused_with_the_pairs_needed() -> None:
    """Ten false matches have to stand behind a rate."""
    with pytest.raises(InputRefused, match="needs 10000"):
        calibrate(np.arange(9999) / 9999, 0.001, evidence="by hand")


@pytest.mark.parametrize(("rate", "score"), [(0.1, 0.5), (0.01, 0.6), (10**-2.5, 0.65), (0.0001, 0.8), (0.5, 0.5)])
def test_rates_between_and_beyond_the_measured_ones(rate: float, score: float) -> None:
    """Log-linear between points, straight on beyond the last, never below the first."""
    assert for_rate(ROWS, rate).score == pytest.approx(score)


def test_beyond_the_evidence_the_most_cautious_of_three_slopes_goes_on() -> None:
    """Slopes 0.3, 0.1, 0.04 and 0.05 a decade: one decade on, 0.1 (not 0.3, the fourth from the end, nor 0.05)."""
    rows = (Row(0.1, 0.3), Row(0.01, 0.6), Row(1e-3, 0.7), Row(1e-4, 0.74), Row(1e-5, 0.79))
    beyond = for_rate(rows, 1e-6)
    assert beyond.score == pytest.approx(0.89)
    assert beyond.false_match_rate == 1e-6
    assert beyond.evidence == "by hand; extrapolated beyond 1e-05"
    assert for_rate(rows, 1e-5).evidence == "by hand"
    assert for_rate(rows, 0.9999e-5).score == pytest.approx(0.79, abs=1e-4)  # no step where the evidence ends


def test_extrapolated_thresholds_keep_the_promise_on_a_normal_tail() -> None:
    """40 calibrations of 20,000 pairs, asked for a rate 100 times below the last: at most 3 break it.

    The last segment's slope alone would break it in 7.
    """
    rng, sigma = np.random.default_rng(0), NormalDist(0.0, 0.2)
    broken = 0
    for _ in range(40):
        scores = rng.normal(0.0, 0.2, 20_000)
        found = [calibrate(scores, rate, evidence="drawn") for rate in (0.03, 0.01, 0.003, 0.001)]
        rows = [Row(t.false_match_rate, t.score) for t in found]
        broken += 1.0 - sigma.cdf(for_rate(rows, 1e-5).score) > 1e-5
    assert broken <= 3


@given(st.floats(1e-9, 0.99), st.floats(1e-9, 0.99))
def test_a_stricter_rate_never_has_a_lower_score(one: float, other: float) -> None:
    """Between, beyond and above the measured points."""
    strict, loose = sorted((one, other))
    assert for_rate(ROWS, strict).score >= for_rate(ROWS, loose).score


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    """Before any arithmetic that would fail on it, or worse, not fail."""
    with pytest.raises(SettingInvalid, match="between 0 and 1"):
        for_rate(ROWS, rate)
    with pytest.raises(SettingInvalid, match="between 0 and 1"):
        for_gallery(ROWS, rate, 10)
    with pytest.raises(SettingInvalid, match="between 0 and 1"):
        calibrate(np.arange(1000) / 1000, rate, evidence="by hand")


@pytest.mark.parametrize("rows", [(Row(0.01, 0.5), Row(0.1, 0.6)), (Row(0.01, 0.5), Row(0.01, 0.6))])
def test_rates_that_do_not_fall_with_the_score_are_refused(rows: tuple[Row, ...]) -> None:
    """Such a line would be continued towards letting strangers in."""
    with pytest.raises(SettingInvalid, match="lower false match rate"):
        for_rate(rows, 0.001)


def test_scores_that_are_no_numbers_are_refused() -> None:
    """With the cause, not with a count of pairs."""
    with pytest.raises(InputRefused, match="finite"):
        calibrate(np.array([0.1, np.nan] * 500), 0.1, evidence="by hand")


@given(st.lists(st.floats(-1, 1), min_size=100, max_size=300), st.floats(0.1, 0.5))
def test_no_more_than_the_asked_share_reaches_a_calibrated_score(scores: list[float], rate: float) -> None:
    """Also with many equal scores; and one step lower would let too many through."""
    found = calibrate(np.array(scores), rate, evidence="drawn")
    allowed = int(rate * len(scores))
    assert sum(score >= found.score for score in scores) <= allowed
    assert sum(score >= np.nextafter(found.score, -np.inf) for score in scores) > allowed


def test_a_larger_gallery_asks_for_a_higher_score() -> None:
    """FPIR 1 % over ten people is FMR 0.1005 %: just below the score of 0.1 %."""
    assert for_gallery(ROWS, 0.01, 1).score == pytest.approx(0.6)
    assert for_gallery(ROWS, 0.01, 10).score == pytest.approx(0.7, abs=0.001)
    scores = [for_gallery(ROWS, 0.01, size).score for size in (0, 1, 10, 100, 10_000)]
    assert scores == sorted(scores)


def test_a_pack_without_calibration_is_refused() -> None:
    """With the remedy."""
    with pytest.raises(SettingInvalid, match="calibrate it first"):
        for_rate((), 0.01)
