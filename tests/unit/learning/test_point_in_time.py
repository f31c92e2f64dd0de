"""Nothing after the prediction time is used, and a feature that does it is found."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from strategies import member_events

from visavis.behaviour.encode import Vocabulary, encode_series
from visavis.behaviour.profile import profile
from visavis.behaviour.series import Series, moment
from visavis.learning.series.leaks import leaks
from visavis.learning.series.point_in_time import Examples, happened_within, next_events
from visavis.testing import T0, a_scenario, an_event
from visavis.types import Event, Scenario, Token

SCENARIO = a_scenario()
ITEMS, KINDS = list(SCENARIO.items), list(SCENARIO.event_types)
SECOND = timedelta(seconds=1)
VOCABULARY = Vocabulary(kinds=tuple(KINDS), items=tuple(ITEMS), placements=("screen",), classes=("idle", "keen"))


def series_of(*seconds: float, token: str = "ada") -> list[Event]:  # noqa: S107 - a pseudonym
    return [
        an_event(
            id=f"{token}{n}",
            token=Token(token),
            kind=KINDS[n % 3],
            item_id=ITEMS[n % 3],
            value=float(n),
            occurred_at=T0 + s * SECOND,
        )
        for n, s in enumerate(seconds)
    ]


def test_each_event_is_predicted_from_those_before_it() -> None:
    """Ada at 0, 4, 9: two examples; Bob has one event and none."""
    series = Series.of_events([*series_of(0, 4, 9), *series_of(1, token="bob")], SCENARIO)
    examples = next_events(series)
    assert list(examples.prefixes()) == [(slice(0, 1), 1), (slice(0, 2), 2)]
    assert examples.wait_s.tolist() == [4.0, 5.0]
    assert len(next_events(series, least=0)) == 4
    assert np.isnan(next_events(series, least=0).wait_s[0])


def test_what_happens_at_one_moment_is_not_known_yet() -> None:
    """A basket at second 4: both of its items are predicted from what was before it; in published order, one by one."""
    series = Series.of_events(series_of(0, 4, 4), SCENARIO)
    assert list(next_events(series).prefixes()) == [(slice(0, 1), 1), (slice(0, 1), 2)]
    assert list(next_events(series, ties_in_order=True).prefixes()) == [(slice(0, 1), 1), (slice(0, 2), 2)]


def test_a_cut_parts_examples_by_when_their_target_happened() -> None:
    """The target at the very moment belongs to what comes."""
    examples = next_events(Series.of_events(series_of(0, 4, 9), SCENARIO))
    assert examples.before(T0 + 9 * SECOND).target.tolist() == [1]
    assert examples.since(T0 + 9 * SECOND).target.tolist() == [2]


def test_an_example_that_knows_its_target_does_not_exist() -> None:
    series = Series.of_events(series_of(0, 4), SCENARIO)
    one = np.array([1])
    with pytest.raises(ValueError, match="must end before"):
        Examples(series=series, whose=one * 0, first=one * 0, known=one + 1, target=one)


def test_labels_of_a_window() -> None:
    """From the moment on, before the end of the window; a window that has not ended may still bring it."""
    events = [*series_of(0, 5, 30), *series_of(2, token="bob")]
    series = Series.of_events(events, SCENARIO)
    label = happened_within(series, T0 + 5 * SECOND, 10, kinds=(KINDS[1],))
    assert label.happened.tolist() == [True, False]
    assert label.wait_s[0] == 0.0
    assert label.complete
    assert not happened_within(series, T0 + 25 * SECOND, 10, kinds=(KINDS[1],)).complete
    assert not happened_within(series, T0 + 6 * SECOND, 24, kinds=tuple(KINDS)).happened.any()


# ------ the detector


def history() -> Series:
    """Sixty events of three members."""
    rng = np.random.default_rng(3)
    names = ("ada", "bob", "cy")
    return Series.of_events([e for t in names for e in series_of(*rng.integers(0, 5000, 20), token=t)], SCENARIO)


def honest(series: Series, at: datetime) -> Mapping[str, object]:
    """What was known."""
    known = series.before(at)
    last = np.array([known.at[span].max(initial=0) for span in known.spans()])
    return {"events": np.diff(known.starts), "spent": known.value.sum(), "last": last}


PLANTED = {
    "total": lambda s, _at: np.diff(s.starts),  # counts what comes
    "spent_in_all": lambda s, _at: s.value.sum(),
    "favourite": lambda s, _at: np.bincount(s.item + 1, minlength=4).argmax(),
    "mean_of_everybody": lambda s, at: s.before(at).value.sum() - s.value.mean(),  # normalised with the whole file
    "until_next": lambda s, at: (s.at[s.at >= s.before(at).at.max(initial=0) + 1]).min(initial=2**62),
    "that_very_moment": lambda s, at: (
        int((s.at <= s.before(at).at.max(initial=0) + 0).sum() - len(s.before(at)))
        + int((s.at == round(at.timestamp() * 1e6)).sum())
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_leak_is_found_and_nothing_else(planted: str) -> None:
    """Six ways to look ahead, each beside three features that do not."""
    found = leaks(lambda s, at: {**honest(s, at), planted: PLANTED[planted](s, at)}, history())
    assert [leak.feature for leak in found] == [planted]


def test_the_future_must_be_there_to_be_seen() -> None:
    """After the last event there is none: that is no proof of anything."""
    series = history()
    with pytest.raises(ValueError, match="nothing could leak"):
        leaks(honest, series, moments=[moment(int(series.at.max()) + 1)])


def test_features_of_chance_are_no_features() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="fixed seed"):
        leaks(lambda _s, _at: {"noise": rng.normal()}, history())


def as_events(series: Series, scenario: Scenario) -> dict[str, list[Event]]:
    """The events of each member."""
    assert set(series.kinds) == set(scenario.event_types)
    return {
        member: [
            an_event(
                id=f"{n:06}",
                token=Token(member),
                kind=series.kinds[series.kind[n]],
                item_id=series.items[series.item[n]] if series.item[n] >= 0 else None,
                value=float(series.value[n]),
                dwell_s=float(series.dwell_s[n]),
                occurred_at=moment(int(series.at[n])),
            )
            for n in range(span.start, span.stop)
        ]
        for member, span in zip(series.members, series.spans(), strict=True)
    }


def profiles(series: Series, at: datetime) -> Mapping[str, object]:
    """Every field of every member's profile, between events: at the very moment of an event it is known."""
    now = at - timedelta(microseconds=1)
    fields: dict[str, object] = {}
    for member, events in as_events(series, SCENARIO).items():
        found = profile(Token(member), events, SCENARIO, now)
        fields |= {f"{member}.{name}": repr(getattr(found, name)) for name in found.__dataclass_fields__}
    return fields


def test_our_own_profile_does_not_look_ahead() -> None:
    assert leaks(profiles, history()) == ()


def encoded(series: Series, at: datetime) -> Mapping[str, object]:
    """What the network would see of each member's past: the last row that is known."""
    known = series.before(at)
    rows = encode_series(known, VOCABULARY)
    lasts = [span.stop - 1 for span in known.spans() if span.stop > span.start]
    return {"names": rows.names[lasts], "decimals": rows.decimals[lasts], "count": len(rows.names)}


def careless(series: Series, at: datetime) -> Mapping[str, object]:
    """The same with a look at how long it is to the next event."""
    rows = encode_series(series, VOCABULARY)
    next_gap = np.append(rows.decimals[1:, 2], 0.0)
    return {**encoded(series, at), "next_gap": next_gap[: len(series.before(at))].sum()}


def test_what_the_network_sees_does_not_look_ahead() -> None:
    """And a column that is shifted by one row is found."""
    assert leaks(encoded, history()) == ()
    assert [leak.feature for leak in leaks(careless, history())] == ["next_gap"]


@given(events=member_events(ITEMS, KINDS))
def test_examples_never_overlap_what_they_predict(events: list[Event]) -> None:
    """Whatever the series: every known event is strictly before the target, of the same member."""
    series = Series.of_events(events, SCENARIO)
    for known, target in next_events(series).prefixes():
        assert (series.at[known] < series.at[target]).all()
        assert known.stop > known.start
