"""The file of answers: read strictly, written with its questions, and looked at for what is missing."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from visavis.errors import AssessmentIncomplete, InputRefused
from visavis.privacy.assessment.questions import BY_KEY, QUESTIONS, Question
from visavis.privacy.assessment.texts import say

MAX_BYTES = 256 * 1024
MAX_CHARS = 4000  # of one answer
CONTACT = "contact"  # no question: it is a setting

Answers = Mapping[str, str]
"""Key -> what was said; a key that nobody answered is not in it."""


def read_answers(path: Path) -> dict[str, str]:
    """The answers of a YAML file.

    Raises:
        InputRefused: It cannot be read, or breaks a rule; the line is named, the answer is not repeated.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InputRefused(f"{path.name}: is larger than {MAX_BYTES // 1024} KiB")
        node = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{path.name}: cannot be read: {type(error).__name__}") from None
    except yaml.MarkedYAMLError as error:
        raise InputRefused(f"{path.name}:{_line(error)}: is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise InputRefused(f"{path.name}: is not YAML: it holds characters that cannot be printed") from None
    if not isinstance(node, yaml.MappingNode):
        raise InputRefused(f"{path.name}:1: holds no list of answers")
    return _answers(path.name, node)


def _line(error: yaml.MarkedYAMLError) -> int:
    return error.problem_mark.line + 1 if error.problem_mark else 1


def _answers(name: str, node: yaml.MappingNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for key_node, value_node in node.value:
        place = f"{name}:{key_node.start_mark.line + 1}"
        question = BY_KEY.get(key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
        if question is None:
            raise InputRefused(f"{place}: no question has this key; they are {', '.join(BY_KEY)}")
        if question.key in found:
            raise InputRefused(f"{place}: {question.key} is given twice")
        if not isinstance(value_node, yaml.ScalarNode):
            raise InputRefused(f"{place}: {question.key}: give one text")
        if said := value_node.value.strip():
            found[question.key] = said
            _check(f"{place}: {question.key}", question, said)
    return found


def check_answer(key: str, said: str) -> str:
    """One answer from elsewhere, without space around it; raises InputRefused."""
    said = said.strip()
    _check(key, BY_KEY[key], said)
    return said


def _check(place: str, question: Question, said: str) -> None:
    if len(said) > MAX_CHARS:
        raise InputRefused(f"{place}: {len(said):,} characters; at most {MAX_CHARS:,}")
    if any(_unseen(letter) for letter in said):
        raise InputRefused(f"{place}: holds control characters or changes the direction of writing")
    if question.choices and said not in question.choices:
        raise InputRefused(f"{place}: one of {', '.join(question.choices)}")
    if question.is_day and _day(said) is None:
        raise InputRefused(f"{place}: a day such as 2027-01-31")


def _unseen(letter: str) -> bool:
    """What would show something else than is there; newline, tab and what joins emoji are fine."""
    kind = unicodedata.category(letter)
    return (kind in ("Cc", "Cs") and letter not in "\n\t") or unicodedata.bidirectional(letter) in BIDI


BIDI = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def _day(said: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(said)
    return None


def write_answers(path: Path, answers: Answers, locale: str) -> None:
    """A file with every question as a comment above its answer; raises InputRefused when there is one already."""
    lines = []
    for question in QUESTIONS:
        choices = f" ({' | '.join(question.choices)})" if question.choices else ""
        lines += [f"# {say(f'ask.{question.key}', locale)}{choices}"]
        lines += [yaml.safe_dump({question.key: answers.get(question.key, "")}, allow_unicode=True, width=100)]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines))
    except FileExistsError:
        raise InputRefused(f"{path.name}: is there already; edit it, or name another file") from None
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be written: {error.strerror}") from error


def missing(answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys that still need an answer, in the order of the questions; the contact is the setting's."""
    wanted = [q.key for q in QUESTIONS if not q.optional or (q.key == "authority" and _is_high(answers))]
    return tuple(key for key in (*wanted, CONTACT) if not answers.get(key))


def _is_high(answers: Mapping[str, Any]) -> bool:
    return answers.get("residual_risk") == "high"


def check_complete(answers: Mapping[str, Any]) -> None:
    """Raises AssessmentIncomplete with the keys that are missing, or because the decision is no."""
    if keys := missing(answers):
        named = ", ".join("contact (settings contact_role, contact_phone)" if key == CONTACT else key for key in keys)
        raise AssessmentIncomplete(f"no answer to {named}")
    if answers["decision"] != "yes":
        raise AssessmentIncomplete("decision: no, so faces stay off")
