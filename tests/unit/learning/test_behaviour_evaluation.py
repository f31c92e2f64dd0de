"""`visavis evaluate behaviour`: the file, the answers, the figures."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.errors import InputRefused, TableEmpty, TableInvalid
from visavis.learning.behaviour.evaluate import evaluate_behaviour
from visavis.learning.behaviour.log_file import Columns, Labelled, read_log
from visavis.learning.behaviour.recipe import Recipe

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SMALL = Recipe(widths=(24,), item_size=8, epochs=12, batch=2, lr=2e-2, dropout=0.0, input_dropout=0.0)
HEAD = "member,time,kind,item,class"
BRIEF = replace(SMALL, epochs=2)


def told(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def circle(members: int = 16, length: int = 30, items: int = 10) -> str:
    """Even members go round the items forwards and come every day, odd ones backwards and every other day."""
    rows = []
    for m in range(members):
        way, days = (1, 1) if m % 2 == 0 else (-1, 2)
        for k in range(length // days):
            at = BEGIN + timedelta(days=k * days, minutes=m)
            rows.append(f"m{m},{at.isoformat()},seen,i{(3 * m + way * k) % items},{'forth' if way == 1 else 'back'}")
    return told(*rows)


def logged(text: str, folder: Path, **columns: str) -> Labelled:
    path = folder / "events.csv"
    path.write_text(text, encoding="utf-8")
    return read_log(path, Columns(**columns), now=NOW)


def test_a_file_is_events_by_member_in_the_order_of_time(tmp_path: Path) -> None:
    """Rows in any order; an empty item, value or class is none; classes by name."""
    text = told(
        "b,2026-01-02T00:00:00Z,seen,tea,regular,2.5",
        "a,2026-01-03T00:00:00Z,bought,,new,",
        "a,2026-01-01T00:00:00Z,seen,milk,,1",
        head=HEAD + ",value",
    )
    log = logged(text, tmp_path)
    assert log.series.members == ("b", "a")
    assert [log.series.items[i] if i >= 0 else None for i in log.series.item] == ["tea", "milk", None]
    assert log.series.value.tolist() == [2.5, 1.0, 0.0]
    assert log.classes == ("new", "regular")
    assert log.labels.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (told("a,2026-01-01T00:00:00Z", head="member,time"), "neither a column of kinds nor one of items"),
        (told("a,seen", head="member,kind"), "no column 'time'"),
        (told("a,yesterday,seen,tea,x"), "row 2, column time"),
        (told("a,2026-01-01T00:00:00Z,seen,tea,x", "a,2027-01-01T00:00:00Z,seen,tea,y"), "row 3, column time: lies in"),
        (told(*2 * ["a,2026-01-01T00:00:00Z,seen,tea,x"]), "row 3: the same as row 2"),
        (told("a,2026-01-01T00:00:00Z,seen,nan", head="member,time,kind,value"), "row 2, column value"),
        (told("a,2026-01-01T00:00:00Z,seen,-1", head="member,time,kind,dwell"), "row 2, column dwell: less than 0"),
        (told("a,2026-01-01T00:00:00Z,seen,tea,x", "b,2026-01-01T00:00:00Z,seen,tea,x"), "column class: one class"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    """Missing columns, a time that is none, the future, a row twice, NaN, a negative dwell, one class."""
    with pytest.raises(TableInvalid, match=says):
        logged(text, tmp_path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableEmpty):
        logged(told(), tmp_path)


def test_what_can_be_foretold_is_foretold(tmp_path: Path) -> None:
    """Circles: next item, class and next visit are functions of the past; popularity and mean gap know less."""
    report = evaluate_behaviour(logged(circle(), tmp_path), SMALL, validation_share=0.15, test_share=0.25)
    ours, plain = report.network, report.beside[0]
    assert not report.masked  # items are met again
    assert ours.next_item.ndcg.value > 0.9
    assert ours.next_item.ndcg.value > plain.next_item.ndcg.value + 0.3
    assert ours.classes.accuracy.value == 1.0
    assert ours.classes.log_loss.value < report.beside[1].classes.log_loss.value
    assert ours.next_item.hit_rate.low <= ours.next_item.hit_rate.value <= ours.next_item.hit_rate.high
    assert ours.next_visit.within_twice.value > 0.9
    assert report.waiting > 0
    assert sum(report.events.values()) == 16 // 2 * (30 + 15)
    assert sum(sum(said.values()) for said in report.confusion.values()) == ours.classes.asked


def test_the_test_is_not_learned_from(tmp_path: Path) -> None:
    """Other items and classes in the test part leave every epoch's line as it was, to the bit."""
    lines = circle().splitlines()
    late = (BEGIN + timedelta(days=26)).isoformat()
    other = [line if line.split(",")[1] < late or n == 0 else _turned(line) for n, line in enumerate(lines)]
    assert other != lines
    reports = [
        evaluate_behaviour(logged("\n".join(rows) + "\n", tmp_path), BRIEF, validation_share=0.15, test_share=0.2)
        for rows in (lines, other)
    ]
    assert reports[0].history == reports[1].history
    assert reports[0].network != reports[1].network


def _turned(line: str) -> str:
    member, at, kind, item, label = line.split(",")
    return f"{member},{at},{kind},i{(int(item[1:]) + 4) % 10},{'back' if label == 'forth' else 'forth'}"


def test_events_at_one_moment_cannot_be_cut(tmp_path: Path) -> None:
    rows = [f"a,2026-01-01T00:00:00Z,seen,i{k},{'x' if k % 2 else 'y'}" for k in range(9)]
    with pytest.raises(InputRefused, match="too close together"):
        evaluate_behaviour(logged(told(*rows), tmp_path), SMALL, validation_share=0.1, test_share=0.2)


def test_only_newcomers_in_the_test_are_too_few(tmp_path: Path) -> None:
    rows = [
        f"m{k // 3},{(BEGIN + timedelta(hours=k)).isoformat()},seen,i{k % 3},{'x' if k % 2 else 'y'}" for k in range(30)
    ]
    with pytest.raises(InputRefused, match="comes again"):
        evaluate_behaviour(logged(told(*rows), tmp_path), SMALL, validation_share=0.1, test_share=0.1)


def test_the_command_prints_a_document_and_draws_curves(tmp_path: Path) -> None:
    """JSON with intervals and confusion; a picture of the losses."""
    path, plot = tmp_path / "events.csv", tmp_path / "curves.svg"
    path.write_text(circle(8, 12), encoding="utf-8")
    call = ["evaluate", "behaviour", "--events", str(path), "--epochs", "2", "--json", "--plot", str(plot)]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["network"]["classes"]["accuracy"].keys() == {"value", "low", "high"}
    assert set(document["confusion"]) == {"back", "forth"}
    assert len(document["history"]) == 2
    assert np.isfinite(document["history"][0]["validation"]["next_item"]["loss"])
    assert plot.read_text(encoding="utf-8").startswith("<?xml")


def test_the_command_prints_a_table(tmp_path: Path) -> None:
    """Epochs line by line, then the network beside the plainest answers."""
    path = tmp_path / "events.csv"
    path.write_text(circle(8, 12), encoding="utf-8")
    result = CliRunner().invoke(app, ["evaluate", "behaviour", "--events", str(path), "--epochs", "1"])
    assert result.exit_code == 0, result.output
    assert "commonest class" in " ".join(result.stdout.split())
    assert "HR@10" in result.stdout


def test_speed_is_measured() -> None:
    """Both steps of both batches, in whole numbers."""
    result = CliRunner().invoke(
        app, ["bench", "profile", "--rounds", "10", "--batch", "1", "--batch", "3", "--int8", "--json"]
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert [(t["step"], t["batch"]) for t in document["timings"]] == [
        (s, b) for b in (1, 3) for s in ("update", "read profile")
    ]
    assert all(0 < t["p50_us"] <= t["p99_us"] for t in document["timings"])
