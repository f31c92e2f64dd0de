"""Nobody meets a screen, a message or an error that was not translated."""

import re
from pathlib import Path

import pytest

from visavis import errors
from visavis.cli.messages import ZH, ZH_ERRORS
from visavis.server.console.texts import TEXTS
from visavis.types import Purpose

SERVER = Path(errors.__file__).parent / "server"
KIOSK = (SERVER / "kiosk" / "texts.js").read_text(encoding="utf-8")
REASONS = re.findall(r'code="(\w+)"', (SERVER.parent / "recommend" / "reasons.py").read_text(encoding="utf-8"))
PERCEPTION = "".join(p.read_text(encoding="utf-8") for p in (SERVER.parent / "perception").glob("*.py"))
HINTS = [h for h in ("too_small", "too_dark", "too_bright", "blurred", "turned_away") if f'"{h}"' in PERCEPTION]


def keys(language: str) -> set[str]:
    block = KIOSK.split(f"const {language} = {{", 1)[1].split("\n};", 1)[0]
    return set(re.findall(r'^  "([^"]+)":', block, flags=re.MULTILINE))


def every_error() -> list[type[errors.VisavisError]]:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.VisavisError)]
    assert len(kinds) > 30
    return kinds


def test_the_kiosk_says_everything_in_both_languages() -> None:
    """The same keys, and every key that the page asks for."""
    assert keys("en") == keys("zh")
    page = (SERVER / "kiosk" / "index.html").read_text(encoding="utf-8")
    code = (SERVER / "kiosk" / "kiosk.js").read_text(encoding="utf-8")
    asked = set(re.findall(r'data-t="([^"]+)"', page)) | set(re.findall(r'say\("([^"$]+)"', code))
    assert len(asked) > 40
    assert asked <= keys("en")


def test_the_kiosk_has_words_for_every_code_it_can_meet() -> None:
    """Reasons, purposes and hints."""
    assert len(REASONS) == 5
    assert len(HINTS) == 5
    wanted = {f"reason.{code}" for code in REASONS} | {f"purpose.{purpose}" for purpose in Purpose}
    wanted |= {f"hint.{code}" for code in (*HINTS, "no_face", "several_faces")}
    assert wanted <= keys("en")


def test_the_kiosk_has_words_for_what_a_visitor_can_do_wrong() -> None:
    """Each refusal of enrolment and identification has its own text; all others share one."""
    kinds = [errors.CredentialRefused, errors.ConsentMissing, errors.NoticeOutdated, errors.ImageRefused]
    kinds += [errors.NoFaceFound, errors.SeveralFacesFound, errors.QualityTooLow, errors.InputRefused]
    assert {f"problem.{kind.code()}" for kind in kinds} | {"problem.other", "problem.offline"} <= keys("en")


def test_the_console_says_everything_in_both_languages() -> None:
    """With the same placeholders."""
    assert {f"reason.{code}" for code in REASONS} <= TEXTS.keys()
    for key, texts in TEXTS.items():
        assert set(texts) == {"en", "zh-CN"}, key
        placeholders = [sorted(re.findall(r"\{\w+\}", text)) for text in texts.values()]
        assert placeholders[0] == placeholders[1], key


def test_the_command_line_has_chinese_for_every_error() -> None:
    """Message and remedy, by code."""
    assert {kind.code() for kind in every_error()} == ZH_ERRORS.keys()


def test_the_command_line_has_chinese_for_every_text() -> None:
    """Every literal that goes through say()."""
    source = (SERVER.parent / "cli" / "app.py").read_text(encoding="utf-8")
    said = set(re.findall(r'say\(\s*"([^"]+)"', source))
    assert len(said) > 30
    assert not said - ZH.keys()


@pytest.mark.parametrize("kind", every_error(), ids=lambda k: k.__name__)
def test_every_error_tells_a_remedy(kind: type[errors.VisavisError]) -> None:
    """At least two sentences: what happened, and what to do (or that nothing happened)."""
    message = str(kind("here"))
    assert message.endswith("(here)")
    assert len(re.findall(r"[.;] ", message)) >= 1 or "so nothing was done" in message
