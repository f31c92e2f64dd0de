"""What people said is read strictly, what they did not say is named."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.errors import AssessmentIncomplete, InputRefused
from visavis.privacy.assessment.answers import (
    MAX_CHARS,
    check_answer,
    check_complete,
    missing,
    read_answers,
    write_answers,
)
from visavis.privacy.assessment.questions import QUESTIONS

from .conftest import ANSWERS


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_r14_a_new_file_has_every_question_and_no_answer(tmp_path: Path, locale: str) -> None:
    """Nothing is made up: reading it back gives nothing, and every key is missing."""
    path = tmp_path / "new.yaml"
    write_answers(path, {}, locale)
    text = path.read_text(encoding="utf-8")
    assert all(f"\n{question.key}: ''" in text for question in QUESTIONS)
    assert read_answers(path) == {}
    assert missing({}) == (*(q.key for q in QUESTIONS if not q.optional), "contact")
    with pytest.raises(InputRefused, match="already"):
        write_answers(path, {}, locale)
    assert path.read_text(encoding="utf-8") == text


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    """Several lines, quotes, marks of YAML, an emoji."""
    said = {"controller": 'One: "two"\n# three\n- four 😀', "decision": "yes", "review_by": "2027-01-31"}
    path = tmp_path / "a.yaml"
    write_answers(path, said, "en")
    assert read_answers(path) == said


@settings(max_examples=60, deadline=None)
@given(st.text(string.printable[:-3] + "你好，😀éß", max_size=200))
def test_any_printable_answer_comes_back(tmp_path_factory: pytest.TempPathFactory, said: str) -> None:
    """Without the space around it."""
    path = tmp_path_factory.mktemp("any") / "a.yaml"
    write_answers(path, {"necessity": said.replace("\t", " ")}, "en")
    wanted = said.replace("\t", " ").strip()
    assert read_answers(path) == ({"necessity": wanted} if wanted else {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("controller: A\nnecesity: B", "answers.yaml:2: no question has this key"),
        ("controller: A\ncontroller: B", "answers.yaml:2: controller is given twice"),
        ("\n\ndecision: perhaps", "answers.yaml:3: decision: one of yes, no"),
        ("residual_risk: small", "answers.yaml:1: residual_risk: one of low, medium, high"),
        ("review_by: next year", "answers.yaml:1: review_by: a day such as 2027-01-31"),
        ("people: [a, b]", "answers.yaml:1: people: give one text"),
        ("- a list", "answers.yaml:1: holds no list of answers"),
        ("a: {b: [", "is not YAML"),
        ("", "answers.yaml:1: holds no list of answers"),
        (f"people: {'x' * (MAX_CHARS + 1)}", "answers.yaml:1: people: 4,001 characters; at most 4,000"),
        ('people: "red \\e[31m"', "answers.yaml:1: people: holds control characters"),
        ('people: "\\u202egnp.exe"', "answers.yaml:1: people: holds control characters or changes the direction"),
        ("people: \x00", "is not YAML"),
        ("people: |\n" + "  a line\n" * 40_000, "larger than 256 KiB"),
    ],
)
def test_a_bad_answer_is_refused_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    """The line, the key and what may stand there; what was said is not repeated."""
    with pytest.raises(InputRefused) as refused:
        read_answers(written(tmp_path, text))
    assert place in refused.value.detail
    assert "red" not in refused.value.detail


def test_yes_means_yes_as_yaml_writes_it(tmp_path: Path) -> None:
    """YAML 1.1 reads `yes` as true and a day as a date; here both are words."""
    assert read_answers(written(tmp_path, "decision: yes\nreview_by: 2027-01-31")) == {
        "decision": "yes",
        "review_by": "2027-01-31",
    }


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    """Not there, a folder, not text."""
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.yaml", tmp_path, binary):
        with pytest.raises(InputRefused, match="cannot be read"):
            read_answers(path)


def test_an_answer_at_the_terminal_obeys_the_same_rules() -> None:
    """Stripped, or refused."""
    assert check_answer("decision", " yes ") == "yes"
    with pytest.raises(InputRefused):
        check_answer("decision", "YES!")


@pytest.mark.parametrize("key", list(ANSWERS))
def test_r14_without_any_one_answer_nobody_can_sign(key: str) -> None:
    """The key is named."""
    with pytest.raises(AssessmentIncomplete, match=key):
        check_complete({k: v for k, v in ANSWERS.items() if k != key})


def test_r14_a_no_is_never_signed_and_a_high_risk_asks_the_authority() -> None:
    """Complete, it passes; GDPR art. 36."""
    check_complete(ANSWERS)
    with pytest.raises(AssessmentIncomplete, match="faces stay off"):
        check_complete(ANSWERS | {"decision": "no"})
    with pytest.raises(AssessmentIncomplete, match="authority"):
        check_complete(ANSWERS | {"residual_risk": "high"})
    check_complete(ANSWERS | {"residual_risk": "high", "authority": "Consulted on 1 March; no objection."})
