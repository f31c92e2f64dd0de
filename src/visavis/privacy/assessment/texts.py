"""What the assessment says besides the answers, in English and 简体中文: data, read once."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("texts.yaml")
LOCALES = ("en", "zh-CN")


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key -> language -> text."""
    found: dict[str, dict[str, str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def say(key: str, locale: str, /, **values: Any) -> str:
    """The text with its values filled in."""
    return texts()[key][locale].format(**values)


def named(code: str, locale: str) -> str:
    """The word for a code of another part of the program; the code itself where there is none."""
    return texts()[code][locale] if code in texts() else code
