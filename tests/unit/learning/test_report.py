"""A report: figures by hand, words that follow from them, and nobody to be picked out."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from visavis.behaviour.series import Series, microseconds
from visavis.errors import TableInvalid
from visavis.learning.report.changes import Daily, _psi, anomalies, drift
from visavis.learning.report.cohorts import cohorts
from visavis.learning.report.document import document
from visavis.learning.report.files import read_log
from visavis.learning.report.funnel import funnel, share
from visavis.learning.report.log import Decisions, Log, Names, decisions_of, nameless
from visavis.learning.report.page import page
from visavis.learning.report.report import Report, make_report
from visavis.learning.report.segments import segments
from visavis.learning.report.sheet import sheet
from visavis.learning.report.texts import ADVICE, TEXTS, TRAITS
from visavis.learning.report.uplift import uplift
from visavis.learning.report.words import advised
from visavis.learning.tables import Unit

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_US = 86_400_000_000
START = microseconds(MONDAY)


def series_of(rows: list[tuple[int, float, int]], kinds: tuple[str, ...] = ("visit", "purchase")) -> Series:
    """(member, day, kind)."""
    whose, days, kind = (np.array(column) for column in zip(*rows, strict=True))
    return Series.of_columns(
        whose=whose.astype(np.int64),
        at=(START + days * DAY_US).astype(np.int64),
        members=tuple(f"token-{n}" for n in range(int(whose.max()) + 1)),
        kinds=kinds,
        kind=kind,
    )


def decided(members: list[str | None], reward: list[float], **columns: object) -> Decisions:
    rows = len(members)
    return decisions_of(at=range(rows), item=["a"] * rows, members=members, reward=reward, **columns)  # type: ignore[arg-type]


# ------ figures


def test_the_way_from_decision_to_conversion() -> None:
    """Ten decided, eight delivered, five on the glass, three with a reaction, one of which is worth most."""
    found = funnel(
        decided(
            [None] * 10,
            [0.3, 0.3, 1.0, 0, 0, 0, 0, 0, 0, 0.3],
            delivered=[True] * 8 + [False] * 2,
            on_glass=[True] * 5 + [False] * 4 + [True],
        ),
        top_reward=1.0,
    )
    assert [step.count for step in found.steps] == [10, 8, 5, 3, 1]
    assert found.steps[1].of_before is not None
    assert found.steps[1].of_before.value == pytest.approx(0.8)


def test_wilsons_interval() -> None:
    """Eight of ten: 0.4901 to 0.9433, as tables have it."""
    found = share(8, 10)
    assert (found.low, found.high) == (pytest.approx(0.4901, abs=1e-3), pytest.approx(0.9433, abs=1e-3))


def test_small_groups_are_not_shown() -> None:
    """An offer that four members saw is counted as hidden; one that five saw is shown."""
    members = [f"m{n}" for n in range(4)] + [f"m{n}" for n in range(5)]
    decisions = decisions_of(at=range(9), item=["few"] * 4 + ["enough"] * 5, members=members)
    found = funnel(decisions, top_reward=1.0)
    assert [group.name for group in found.by_item] == ["enough"]
    assert found.hidden == 1


def test_uplift_counts_members_and_not_decisions() -> None:
    """Means by hand; the same decisions of ten times fewer members have a wider interval."""
    rng = np.random.default_rng(1)
    reward = [*(rng.random(1000) < 0.3).astype(float), *(rng.random(1000) < 0.1).astype(float)]
    lot = [False] * 1000 + [True] * 1000
    many = uplift(decided([f"m{n}" for n in range(2000)], reward, by_lot=lot))
    alike = [*sorted(reward[:1000]), *sorted(reward[1000:])]  # whoever reacts does so always
    few = uplift(decided([f"m{n // 50}" for n in range(2000)], alike, by_lot=lot))
    assert many.difference is not None
    assert many.difference.value == pytest.approx(np.mean(reward[:1000]) - np.mean(reward[1000:]))
    assert many.difference.low > 0.1
    assert few.difference is not None
    assert few.difference.high - few.difference.low > 3 * (many.difference.high - many.difference.low)
    assert uplift(decided(["m1", "m2"] * 1000, reward, by_lot=lot)).difference is None


def test_without_a_holdout_the_log_says_what_it_can() -> None:
    """Two offers, shown with 0.8 and 0.2, worth 0.5 and 0.1: the policy earns 0.42, an even choice 0.30."""
    rng = np.random.default_rng(2)
    first = rng.random(20_000) < 0.8
    reward = (rng.random(20_000) < np.where(first, 0.5, 0.1)).astype(float)
    found = uplift(
        decided(
            [f"m{n % 500}" for n in range(20_000)],
            reward.tolist(),
            propensity=np.where(first, 0.8, 0.2),
            candidates=[2] * 20_000,
        )
    )
    assert (found.by_lot, found.difference) == (0, None)
    assert found.from_log is not None
    assert found.from_log.low < 0.12 < found.from_log.high
    assert found.from_log.high - found.from_log.low < 0.03


def test_cohorts_by_hand() -> None:
    """Ten begin in the first week, five of them come in the second; three begin then and are too few."""
    rows = [(n, 0.0, 0) for n in range(10)] + [(n, 8.0, 0) for n in range(5)] + [(n, 9.0, 0) for n in range(10, 13)]
    found = cohorts(series_of(rows), MONDAY + 15 * DAY)
    assert found.weekly
    (first,) = found.cohorts
    assert (first.begins, first.members, first.active) == (MONDAY, 10, (1.0, 0.5))
    assert found.hidden == 1
    few = cohorts(series_of([row for row in rows if row[0] != 4]), MONDAY + 15 * DAY)
    assert few.cohorts[0].active == (1.0, None)  # four of nine came back: too few to say


def test_a_day_without_anything_stands_out() -> None:
    """Some hundred a day for eight weeks, and one day with ten."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(100, 56).tolist()
    counts[30] = 10
    (found,) = anomalies([Daily(name="visit", first=date(2026, 1, 5), counts=tuple(counts))])
    assert (found.day, found.count) == (date(2026, 2, 4), 10)
    assert found.z < -3.5


def test_a_weekly_rhythm_is_usual() -> None:
    """Closed on Sundays is no anomaly."""
    counts = tuple(0 if n % 7 == 6 else 100 for n in range(56))
    assert anomalies([Daily(name="visit", first=date(2026, 1, 5), counts=counts)]) == ()


def test_the_stability_index_by_hand() -> None:
    """(0.5, 0.5) to (0.8, 0.2): 0.3 ln(0.8 / 0.5) + 0.3 ln(0.5 / 0.2) = 0.4159; alike is 0."""
    psi, by_chance = _psi(np.array([50_000, 50_000]), np.array([80_000, 20_000]))
    assert psi == pytest.approx(0.4159, abs=1e-3)
    assert by_chance == pytest.approx(2e-5)
    assert _psi(np.array([70, 30]), np.array([70, 30]))[0] == pytest.approx(0.0)


def test_what_changed_is_found_and_what_did_not_is_not() -> None:
    """Purchases give way to visits half-way; hours and weekdays stay."""
    rng = np.random.default_rng(4)
    rows = [(n % 50, d, int(rng.random() < (0.8 if d < 50 else 0.3))) for n, d in enumerate(rng.uniform(0, 100, 4000))]
    found = {one.name: one for one in drift(series_of(rows), Names())}
    assert found["kind"].large
    assert not found["hour"].large
    assert not found["weekday"].large


def test_planted_groups_are_found_and_described() -> None:
    """Sixty who buy daily, forty who came once long ago."""
    rng = np.random.default_rng(5)
    rows = [(n, d, 1) for n in range(60) for d in range(100)]
    rows += [(60 + n, float(rng.uniform(0, 10)), 0) for n in range(40)]
    found = segments(series_of([(m, float(d), k) for m, d, k in rows]), Names(), MONDAY + 100 * DAY, seed=1)
    assert [group.members for group in found.segments] == [60, 40]
    assert found.clear
    told = {trait.feature: trait.more for trait in found.segments[1].traits}
    assert told.get("recency_d") is True or told.get("kind:visit") is True


def test_too_few_members_make_no_groups() -> None:
    assert segments(series_of([(n, 0.0, 0) for n in range(29)]), Names(), MONDAY + DAY, seed=1).silhouette is None


# ------ the whole


def a_log() -> Log:
    """Eighty members for seventy days; the policy wins over the lot; a day is missing."""
    rng = np.random.default_rng(6)
    rows = [(m, d, int(rng.random() < 0.4)) for m in range(80) for d in range(70) if d != 40 and rng.random() < 0.6]
    reward = np.concatenate([rng.random(900) < 0.4, rng.random(300) < 0.1]).astype(float)
    decisions = decisions_of(
        at=(START + np.arange(1200) * DAY_US // 20).astype(np.int64),
        item=[("tea", "cake")[n % 2] for n in range(1200)],
        members=[f"token-{n % 80}" for n in range(1200)],
        by_lot=[False] * 900 + [True] * 300,
        delivered=[n % 5 > 0 for n in range(1200)],
        reward=reward,
    )
    return Log(
        title="site-1",
        until=MONDAY + 70 * DAY,
        series=nameless(series_of([(m, float(d), k) for m, d, k in rows])),
        decisions=decisions,
        names=Names(kinds={"visit": {"en": "came <in>", "zh-CN": "到访"}}),
    )


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report(a_log(), seed=1, progress=lambda _step, _share: None)


def test_words_follow_from_figures(report: Report) -> None:
    """A fifth was not delivered, the policy wins, a day is missing."""
    codes = [one.code for one in report.advice]
    assert codes[0] == "not_delivered"
    assert {"policy_wins", "days_missing"} <= set(codes)
    assert "no_holdout" not in codes
    assert any("20%" in sentence for sentence in advised(report, "en"))
    assert any("2026-02-14" in sentence and "came <in>" in sentence for sentence in advised(report, "en"))
    assert any("到访" in sentence for sentence in advised(report, "zh-CN"))


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_a_page_needs_nothing_else(report: Report, locale: str) -> None:
    """No address is fetched, texts are escaped, every plot has its place, and nobody's token is in it."""
    made = page(report, locale)
    own = made.replace(made[made.index("<script>") : made.index("</script>", made.index("<script>"))], "")
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|https?://", own)
    assert "default-src 'none'" in own
    assert "<in>" not in own
    assert not re.search(r"token-\d", own)
    plots = json.loads(re.search(r'id="plots">(.*?)</script>', own, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert set(plots) == {"funnel", "uplift", "cohorts", "segments", "days", "drift"}
    for section in plots:
        assert f'id="plot-{section}"' in own


def test_paper_and_table_say_the_same(report: Report) -> None:
    """Every section is on paper; the table has its figures; neither has a token."""
    paper = document(report, "en")
    words = repr(paper)
    assert all(TEXTS[section]["en"] in words for section in ("advice", "funnel", "uplift", "cohorts", "days", "drift"))
    lines = sheet(report).splitlines()
    assert lines[0] == "section,name,figure,value,low,high"
    assert "sizes,members,count,80,," in lines
    assert not re.search(r"token-\d", words + "".join(lines))


def test_a_name_is_no_formula() -> None:
    """Spreadsheets run what begins with "="."""
    decisions = decisions_of(at=range(5), item=["=1+1"] * 5)
    log = Log(title="x", until=MONDAY, series=series_of([(0, 0.0, 0)]).of([]), decisions=decisions, names=Names())
    assert "item,'=1+1,shown,5,," in sheet(make_report(log, seed=1, progress=lambda *_: None))


def test_four_members_are_nobody() -> None:
    """A log of fewer members than may be shown gives no figure about them."""
    log = Log(
        title="x",
        until=MONDAY + 40 * DAY,
        series=series_of([(m, float(d), 0) for m in range(4) for d in range(30)]),
        decisions=None,
        names=Names(),
    )
    made = make_report(log, seed=1, progress=lambda *_: None)
    assert (made.members, made.events, made.daily, made.cohorts.cohorts) == (0, 0, (), ())


def test_nothing_happened() -> None:
    """An empty log has a report that says so, in both languages."""
    log = Log(title="x", until=MONDAY, series=series_of([(0, 0.0, 0)]).of([]), decisions=None, names=Names())
    made = make_report(log, seed=1, progress=lambda *_: None)
    assert made.since is None
    for locale in ("en", "zh-CN"):
        assert TEXTS["no_decisions"][locale] in page(made, locale)


def test_every_text_is_there_in_both_languages() -> None:
    """With the same values to fill in."""
    for texts in (TEXTS, TRAITS, ADVICE):
        assert texts
        for key, words in texts.items():  # type: ignore[attr-defined]
            assert words.keys() == {"en", "zh-CN"}, key
            assert set(re.findall(r"{(\w+)", words["en"])) == set(re.findall(r"{(\w+)", words["zh-CN"])), key


# ------ files


def test_a_report_of_files(tmp_path: Path) -> None:
    """Any names of columns; the kind may be left out; rows without an item have none."""
    (tmp_path / "e.tsv").write_text("user_id:token\tts:float\titem:token\n1\t100\ta\n1\t50\t\n2\t70\tb\n")
    log = read_log(tmp_path / "e.tsv", None, unit=Unit.S, zone=None, called={"member": "user_id", "time": "ts"})
    assert log.series.kinds == ("event",)
    assert log.series.item.tolist() == [-1, 0, 1]
    assert log.until == datetime(1970, 1, 1, 0, 1, 40, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("time,item,reward", "1,a,1.5", "row 2, column reward: 1.5 is no reward"),
        ("time,item,propensity", "1,a,0", "row 2, column propensity: 0 is no probability"),
        ("time,item,holdout", "1,a,2", "row 2, column holdout: 2 is neither 0 nor 1"),
        ("time,item,reward", "1,a,nan", "row 2, column reward: nan is no finite number"),
        ("time,reward", "1,1", "no column 'item'"),
    ],
)
def test_wrong_decisions_are_named(tmp_path: Path, header: str, row: str, message: str) -> None:
    (tmp_path / "d.csv").write_text(f"{header}\n{row}\n")
    with pytest.raises(TableInvalid, match=message):
        read_log(None, tmp_path / "d.csv", unit=Unit.S, zone=None, called={})
