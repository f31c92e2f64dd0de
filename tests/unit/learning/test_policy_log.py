"""Anybody's log of decisions is evaluated, or refused with its row and column."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.cli.evaluate_policy import DOUBTS
from visavis.cli.messages import ZH
from visavis.errors import TableEmpty, TableInvalid
from visavis.learning.off_policy.log_file import LogColumns, read_log
from visavis.learning.off_policy.overlap import Doubt
from visavis.learning.off_policy.targets import by_table, read_target

DATA = Path(__file__).parents[4] / "shared" / "data" / "bandit"
GOOD = "reward,action,propensity,place,age\n1,a,0.5,top,30\n0,b,0.25,foot,40\n0,a,0.5,top,50\n"


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_log_is_read(tmp_path: Path) -> None:
    """Names become numbers in the order in which they come, numbers of the context standard units."""
    columns = LogColumns(position="place", context=("a?e",))
    feedback, target = read_log(written(tmp_path, GOOD), columns, also=["c"])
    assert feedback.actions == ("a", "b", "c")
    assert feedback.positions == ("top", "foot")
    assert feedback.action.tolist() == [0, 1, 0]
    assert feedback.propensity.tolist() == [0.5, 0.25, 0.5]
    assert feedback.context[:, 0] == pytest.approx([-1.2247, 0.0, 1.2247], abs=1e-4)
    assert target is None


def test_texts_of_the_context_become_columns(tmp_path: Path) -> None:
    """One for each, the most frequent first."""
    text = "reward,action,propensity,kind\n1,a,0.5,x\n0,b,0.5,y\n0,a,0.5,y\n"
    feedback, _ = read_log(written(tmp_path, text), LogColumns(context=("kind",)))
    assert feedback.context.tolist() == [[0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace(",0.25,", ",,"), "row 3, column propensity: the cell is empty"),
        (GOOD.replace(",0.25,", ",0,"), "row 3, column propensity: 0 is no propensity"),
        (GOOD.replace(",0.25,", ",-0.25,"), "row 3, column propensity: -0.25 is no propensity"),
        (GOOD.replace(",0.25,", ",1.5,"), "row 3, column propensity: 1.5 is no propensity"),
        (GOOD.replace(",0.25,", ",nan,"), "row 3, column propensity"),
        (GOOD.replace("1,a", "x,a"), "row 2, column reward: 'x' is no number"),
        (GOOD.replace(",b,", ",a,"), "one action only ('a')"),
        (GOOD.replace("propensity", "share"), "there is no column 'propensity'; the file has reward, action, share"),
        (GOOD.replace("1,a,0.5,top,30", "1,a,0.5,top,30,7"), "row 2: 6 cells"),
    ],
)
def test_bad_logs(tmp_path: Path, text: str, said: str) -> None:
    """File, row as a person counts, column, what was found."""
    with pytest.raises(TableInvalid) as refused:
        read_log(written(tmp_path, text), LogColumns())
    assert said in str(refused.value)
    assert "log.csv" in str(refused.value)


def test_a_log_without_rows(tmp_path: Path) -> None:
    with pytest.raises(TableEmpty):
        read_log(written(tmp_path, GOOD.splitlines()[0] + "\n"), LogColumns())


def test_context_that_knows_the_answer(tmp_path: Path) -> None:
    """The reward itself, or a column that is not there."""
    for pattern, said in (("*", "column reward: it cannot be context"), ("user_*", "no column is called 'user_*'")):
        with pytest.raises(TableInvalid) as refused:
            read_log(written(tmp_path, GOOD), LogColumns(context=(pattern,)))
        assert said in str(refused.value)


def test_probabilities_in_the_log(tmp_path: Path) -> None:
    """One column an action; each row sums to 1, or is named."""
    text = "reward,action,propensity,p_a,p_b\n1,a,0.5,0.9,0.1\n0,b,0.5,0.2,0.8\n"
    _, target = read_log(written(tmp_path, text), LogColumns(target="p_"))
    assert target is not None
    assert target.tolist() == [[0.9, 0.1], [0.2, 0.8]]
    with pytest.raises(
        TableInvalid, match=r"row 3, column p_\*: probabilities are at least 0 and sum to 1, not to 1\.1"
    ):
        read_log(written(tmp_path, text.replace("0.8", "0.9")), LogColumns(target="p_"))
    with pytest.raises(TableInvalid, match="no column 'p_b'"):
        read_log(written(tmp_path, text.replace("p_b", "q_b")), LogColumns(target="p_"))


def test_probabilities_in_a_file(tmp_path: Path) -> None:
    """By position and action; what the file does not name is never chosen."""
    log, _ = read_log(written(tmp_path, GOOD), LogColumns(position="place"))
    said = "place,action,probability\ntop,a,0.25\ntop,b,0.75\nfoot,b,1\n"
    table = read_target(written(tmp_path, said, "t.csv"), action="action", position="place")
    assert by_table(table, log, "t.csv").tolist() == [[0.25, 0.75], [0.0, 1.0], [0.25, 0.75]]
    for wrong, message in (
        (said.replace("0.75", "0.7"), "sum to 0.95"),
        (said.replace("0.75", "1.75"), "row 3, column probability: 1.75 is no probability"),
        (said + "top,a,0\n", "row 5, column probability: action 'a' is there twice"),
    ):
        with pytest.raises(TableInvalid) as refused:
            read_target(written(tmp_path, wrong, "t.csv"), action="action", position="place")
        assert message in str(refused.value)
    with pytest.raises(TableInvalid, match="nothing for position 'foot'"):
        by_table({("top", "a"): 1.0}, log, "t.csv")


def test_another_log_as_target(tmp_path: Path) -> None:
    """How often it chose what, at each position."""
    other = "place,action,reward\ntop,a,0\ntop,a,1\ntop,b,0\nfoot,b,1\n"
    table = read_target(written(tmp_path, other, "o.csv"), action="action", position="place")
    assert table == pytest.approx({("top", "a"): 2 / 3, ("top", "b"): 1 / 3, ("foot", "b"): 1.0})


# ------ the command


def simulated(folder: Path) -> Path:
    """Action b pays 0.8 and a 0.2; each was chosen half of the time."""
    rng = np.random.default_rng(1)
    action = rng.integers(2, size=2000)
    reward = rng.random(2000) < np.where(action == 1, 0.8, 0.2)
    rows = (f"{int(r)},{'ab'[a]},0.5" for r, a in zip(reward, action, strict=True))
    return written(folder, "reward,action,propensity\n" + "\n".join(rows) + "\n")


def test_the_command_finds_the_better_action(tmp_path: Path) -> None:
    """Greedy takes b: about 0.8, sure enough to serve, with a plot."""
    plot = tmp_path / "p.svg"
    arguments = ["evaluate", "policy", "--log", str(simulated(tmp_path)), "--plot", str(plot)]
    shown = CliRunner().invoke(app, [*arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    document = json.loads(shown.stdout)
    for name in ("IPS", "SNIPS", "DM", "DR", "SWITCH-DR"):
        found = document["estimates"][name]["bootstrap"]
        assert found["low"] < 0.8 < found["high"]
    assert document["gain"]["low"] > 0.2
    assert plot.read_text().startswith("<?xml")
    text = CliRunner().invoke(app, arguments)
    assert "sure enough to serve" in text.stdout


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """A target that is neither a file nor a policy."""
    shown = CliRunner().invoke(app, ["evaluate", "policy", "--log", str(simulated(tmp_path)), "--target", "best"])
    assert shown.exit_code != 0
    assert "neither a file nor one of uniform, greedy" in str(shown.exception) + shown.output


def test_every_doubt_has_a_sentence_in_both_languages() -> None:
    """With the same figures in it."""
    assert DOUBTS.keys() == set(Doubt)
    for text in DOUBTS.values():
        assert set(re.findall(r"{(\w+)", ZH[text])) == set(re.findall(r"{(\w+)", text))


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the public test data do not lie beside the checkout")
def test_open_bandit_dataset() -> None:
    """From the uniform log the intervals hold what the other policy was seen to earn; few clicks are said to be few."""
    random, bts = DATA / "obd_random_men" / "men.csv", DATA / "obd_bts_men" / "men.csv"
    names = ["--reward", "click", "--propensity", "propensity_score", "--action", "item_id", "--position", "position"]
    arguments = ["evaluate", "policy", "--log", str(random), "--target", str(bts), *names, "--json"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    document = json.loads(shown.stdout)
    assert document["logged"]["value"] == pytest.approx(0.0046)
    assert document["observed"]["value"] == pytest.approx(0.0069)
    for found in document["estimates"].values():
        for interval in (found["bootstrap"], found["normal"]):
            assert interval["low"] < 0.0069 < interval["high"]
    assert 2500 < document["overlap"]["effective"] < 3200
    assert [warned["doubt"] for warned in document["warnings"]] == ["few-rewarded"]
    assert not document["gain"]["low"] > 0
