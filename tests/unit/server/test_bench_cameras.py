"""How the bench of cameras judges a run."""

import numpy as np
import pytest

from visavis.server.bench_cameras import Minute, _first_decision, _load, _Log, _Round, _wide, growth

MINUTE = Minute(number=1, frames=1, p50_ms=1, p95_ms=1, dropped=0, cpu_percent=50, rss_mb=100)


def a_log(lag_ms: float, grows_ms_a_s: float = 0.0) -> _Log:
    """A minute at 10 frames a second."""
    at = np.arange(600) / 10
    return _Log(at_s=list(at), lag_s=list((lag_ms + grows_ms_a_s * at) / 1000))


@pytest.mark.parametrize(("a_second", "expected"), [(0.0, 0.0), (2.0, 100.0), (-1.0, -50.0)])
def test_growth_is_that_of_a_straight_line(a_second: float, expected: float) -> None:
    """Six windows of ten seconds have their middles 50 seconds apart."""
    log = a_log(30, a_second)
    assert growth(np.array(log.at_s), 1000 * np.array(log.lag_s)) == pytest.approx(expected, abs=1e-6)


def test_one_slow_second_is_no_growth() -> None:
    """The median of its ten seconds does not move."""
    log = a_log(30)
    log.lag_s[-10:] = [3.0] * 10
    assert growth(np.array(log.at_s), 1000 * np.array(log.lag_s)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("grows", "dropped", "verdict"),
    [(0.0, 0, "keeps up"), (0.0, 6, "keeps up"), (0.0, 60, "drops frames"), (3.0, 0, "lag grows")],
)
def test_the_verdict(grows: float, dropped: int, verdict: str) -> None:
    """Up to one frame of 100 ms, and one dropped frame in a hundred, is keeping up."""
    load = _load(a_log(30, grows), (MINUTE,), cameras=4, fps=10, seconds=60, dropped=dropped, late=0)
    assert load.verdict == verdict


@pytest.mark.parametrize("size", [(640, 480), (480, 270), (200, 720)])
def test_a_picture_keeps_its_proportions(size: tuple[int, int]) -> None:
    """Only margins are added, until it is 16 : 9."""
    wide = _wide(np.zeros((size[1], size[0], 3), np.uint8))
    assert wide.shape[1] / wide.shape[0] == pytest.approx(16 / 9, abs=0.01)
    assert wide.shape[0] >= size[1]
    assert wide.shape[1] >= size[0]


@pytest.mark.parametrize(
    ("decided_ms", "embeddings", "in_time"),
    [([100, 140, 390], 2.0, True), ([160, 160, 160], 1.0, False), ([100, 100, 900], 1.0, False), ([90], 3.5, False)],
)
def test_whether_decisions_come_in_time(decided_ms: list[int], embeddings: float, in_time: bool) -> None:
    """Half within 150 ms, 95 of 100 within 400 ms, and at most three embeddings a track."""
    first = _first_decision("clip", [_Round(ms / 1000, embeddings, 1) for ms in decided_ms], 5.0)
    assert (first.in_time, first.arrivals, first.max_ms) == (in_time, len(decided_ms), max(decided_ms))


def test_nobody_was_welcomed() -> None:
    """Rounds without a decision have no times, and are neither in time nor late."""
    first = _first_decision("clip", [_Round(None, 0.0, 0)], 5.0)
    assert (first.rounds, first.decided, first.p50_ms, first.in_time) == (1, 0, None, None)
