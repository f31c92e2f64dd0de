"""Prequential evaluation on files, good and bad."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.errors import TableEmpty, TableInvalid
from visavis.learning.online import auc, evaluate_online, log_loss, plot_online, read_log

QUIET = {"peers": False, "progress": lambda *_: None}
SHOPPERS = Path(__file__).parents[4] / "shared" / "data" / "bandit" / "online_shoppers_intention.csv"


def written(path: Path, rows: int = 600, *, drift: bool = False) -> Path:
    """Half of the pages are liked; with drift, the other half from the middle on."""
    rng = np.random.default_rng(5)
    lines = ["page,price,hour,clicked"]
    for number in range(rows):
        page, price, hour = rng.integers(0, 10), rng.lognormal(), rng.integers(0, 24)
        liked = (page < 5) != (drift and number >= rows * 0.55)
        lines.append(f"p{page},{price:.3f},{hour},{int(rng.random() < (0.7 if liked else 0.1))}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_auc_by_hand() -> None:
    """Of four pairs two are right and one is a tie: 2.5 of 4; of one class nothing can be said."""
    assert auc(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.5])) == 2.5 / 4
    assert auc(np.array([True, True]), np.array([0.1, 0.2])) is None


def test_auc_is_the_one_that_everybody_computes() -> None:
    rng = np.random.default_rng(0)
    clicked, scores = rng.random(2000) < 0.2, np.round(rng.random(2000), 2)
    assert auc(clicked, scores) == pytest.approx(roc_auc_score(clicked, scores), abs=1e-12)


def test_log_loss_by_hand() -> None:
    assert log_loss(np.array([True, False]), np.array([0.5, 0.25])) == pytest.approx(
        (np.log(2) - np.log(0.75)) / 2, abs=1e-12
    )


def test_learning_at_every_event_is_better_where_it_drifts(tmp_path: Path) -> None:
    """The interval of the gain over the nightly model lies above nothing; ours finds its way back."""
    log = read_log(written(tmp_path / "log.csv", 3000, drift=True), "clicked")
    report = evaluate_online(log, seed=1, **QUIET)
    ours, nightly = report.compared
    assert (ours.gain, nightly.name) == (None, "the same model, learning at night")
    assert nightly.gain is not None
    assert nightly.gain.low > 0.02
    assert report.tenths[0].nightly_auc is None
    assert report.tenths[4].auc is not None
    assert report.tenths[4].auc > 0.75
    assert report.calibration == pytest.approx(1.0, abs=0.1)
    assert sum(tenth.rows for tenth in report.tenths) == report.rows == 3000


def test_a_whole_number_is_a_name_too(tmp_path: Path) -> None:
    log = read_log(written(tmp_path / "log.csv"), "clicked", drop=["page"])
    assert log.columns.numbers == ("price", "hour")
    assert log.columns.categories == ("hour",)
    assert log.positive == "1"


def test_the_same_file_gives_the_same_report(tmp_path: Path) -> None:
    log = read_log(written(tmp_path / "log.csv"), "clicked")
    first, again = (evaluate_online(log, seed=3, **QUIET) for _ in range(2))
    assert (first.auc, first.tenths, first.compared) == (again.auc, again.tenths, again.compared)


@pytest.mark.parametrize(
    ("content", "label", "said"),
    [
        ("a,b\n1,0\n", "c", "no column 'c'; the file has a, b"),
        ("a,b\n1,0\n2,0\n", "b", "column b: every row says '0'; two classes are needed"),
        ("a,b\n1,0\nnan,1\n", "b", "row 3, column a: nan is no finite number"),
        ("a,b\n1,0\n,1\n", "b", "row 3, column a: the cell is empty"),
        ("a,b\n1,\n2,1\n", "b", "row 2, column b: the cell is empty"),
        ("a,b\n1,0\n2,1\n3,2\n", "b", "column b: 3 values where two are expected"),
        ("b\n0\n1\n", "b", "no column is left to predict from"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: str, label: str, said: str) -> None:
    """File, row and column, and what to do."""
    (tmp_path / "log.csv").write_text(content, "utf-8")
    with pytest.raises(TableInvalid, match=r"log\.csv") as failure:
        read_log(tmp_path / "log.csv", label)
    assert said in str(failure.value)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    for content in ("", "a,b\n"):
        (tmp_path / "log.csv").write_text(content, "utf-8")
        with pytest.raises(TableEmpty):
            read_log(tmp_path / "log.csv", "b")


def test_empty_numbers_can_be_allowed(tmp_path: Path) -> None:
    """They are zero, and a name of their own."""
    (tmp_path / "log.csv").write_text("a,b\n1.5,0\n,1\n2.5,1\n", "utf-8")
    log = read_log(tmp_path / "log.csv", "b", empty=True)
    assert log.columns.categories == ("a is there",)
    assert log.rows.numbers[:, 0].tolist() == [1.5, 0.0, 2.5]


def test_labels_that_are_words(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n1,bought\n2,left\n3,left\n", "utf-8")
    assert read_log(tmp_path / "log.csv", "b", positive="bought").clicked.tolist() == [True, False, False]
    with pytest.raises(TableInvalid, match="no row says 'sold'"):
        read_log(tmp_path / "log.csv", "b", positive="sold")
    (tmp_path / "log.csv").write_text("a,b\n1,Yes\n2,No\n", "utf-8")
    assert read_log(tmp_path / "log.csv", "b").clicked.tolist() == [True, False]


def test_a_very_short_file(tmp_path: Path) -> None:
    """Fewer rows than tenths."""
    report = evaluate_online(read_log(written(tmp_path / "log.csv", 7), "clicked"), seed=1, **QUIET)
    assert report.rows == 7


def test_the_command(tmp_path: Path) -> None:
    """JSON to standard output, a plot beside it; a wrong suffix is refused before the work."""
    log, plot = written(tmp_path / "log.csv"), tmp_path / "tenths.svg"
    given = ["evaluate", "online", "--rows", str(log), "--label", "clicked", "--drop", "hour"]
    done = CliRunner().invoke(app, [*given, "--json", "--plot", str(plot)])
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["numbers"] == ["price"]
    assert len(document["tenths"]) == 10
    assert plot.read_text("utf-8").startswith("<?xml")
    assert CliRunner().invoke(app, given).exit_code == 0


def test_the_plot(tmp_path: Path) -> None:
    report = evaluate_online(read_log(written(tmp_path / "log.csv", 100), "clicked"), seed=1, **QUIET)
    plot_online(tmp_path / "t.png", report)
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.shared_data
def test_shoppers_are_predicted() -> None:
    """Real sessions in the order of the year; AUC seen: 0.90."""
    if not SHOPPERS.is_file():
        pytest.skip("needs the public test data beside the checkout")
    report = evaluate_online(read_log(SHOPPERS, "Revenue"), seed=1, **QUIET)
    assert report.auc.value > 0.885
