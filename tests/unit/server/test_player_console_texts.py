"""Player and console say the same things in both languages."""

import ast
import inspect
import json
import re
from importlib.resources import files
from string import Formatter

import pytest

from visavis.recommend import reasons
from visavis.server.console.texts import TEXTS, say

LANGUAGES = {"en", "zh-CN"}


@pytest.fixture
def player() -> dict[str, dict[str, str]]:
    source = (files("visavis.server") / "player" / "texts.js").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.JSONDecoder().raw_decode(source.split("export const TEXTS = ", 1)[1])[0]
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def reason_codes() -> set[str]:
    """Every code that `reasons` can give, read from its source: some need a profile that a test would have to guess."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(reasons))) if isinstance(node, ast.Call)]
    made = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Reason"]
    return {k.value.value for c in made for k in c.keywords if k.arg == "code" and isinstance(k.value, ast.Constant)}


def test_the_player_has_every_text_in_both_languages(player: dict[str, dict[str, str]]) -> None:
    """Equal keys, nothing empty, and the same values to fill in."""
    assert set(player) == LANGUAGES
    assert player["en"].keys() == player["zh-CN"].keys()
    assert {"tap", "thanks"} <= player["en"].keys()
    for key, english in player["en"].items():
        assert english.strip()
        assert player["zh-CN"][key].strip()
        assert fields(english) == fields(player["zh-CN"][key]), key


def test_the_player_says_no_reason(player: dict[str, dict[str, str]]) -> None:
    """Why an offer was chosen is about its member, so a public screen has no words for it."""
    assert not [key for key in player["en"] if "reason" in key or "why" in key]


def test_the_pairing_page_has_every_text_that_it_asks_for_in_both_languages() -> None:
    """Equal keys, nothing empty, the same values; each key of the page is there, and each there is of the page."""
    folder = files("visavis.server") / "static"
    source = (folder / "pairing-texts.js").read_text(encoding="utf-8")
    found = json.JSONDecoder().raw_decode(source.split("export const TEXTS = ", 1)[1])[0]
    assert set(found) == LANGUAGES
    assert found["en"].keys() == found["zh-CN"].keys()
    for key, english in found["en"].items():
        assert english.strip()
        assert found["zh-CN"][key].strip()
        assert fields(english) == fields(found["zh-CN"][key]), key
    page = "".join((folder / name).read_text(encoding="utf-8") for name in ("pairing.js", "device.js"))
    of_the_server = {"pairing-refused", "too-many-requests"}
    asked = set(re.findall(r'#say\("([\w.-]+)"', page)) | set(re.findall(r'(?:code:|return|said =) "([\w-]+)"', page))
    assert {"title", "submit", "insecure", "storage", "no-ed25519", "offline"} <= asked | found["en"].keys()
    assert asked <= found["en"].keys()
    assert [key for key in found["en"].keys() - of_the_server if f'"{key}"' not in page] == []


def test_the_console_has_every_text_in_both_languages() -> None:
    """Nothing missing, nothing empty, and the same values to fill in."""
    assert TEXTS
    for key, text in TEXTS.items():
        assert set(text) == LANGUAGES, key
        assert all(words.strip() for words in text.values()), key
        assert fields(text["en"]) == fields(text["zh-CN"]), key


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_console_has_words_for_every_reason(language: str) -> None:
    """Each reason that the policy can give is a sentence on the board, and no other is translated."""
    codes = reason_codes()
    assert len(codes) >= 5
    assert {key.removeprefix("reason.") for key in TEXTS if key.startswith("reason.")} == codes
    assert "bread" in say("reason.likes_category", language, category="bread")  # type: ignore[arg-type]
