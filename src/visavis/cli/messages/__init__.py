"""What the command line says, in English and 简体中文: one file a room. The English text is the key."""

import os
from functools import cache

from visavis.cli.messages import (
    assess,
    audit,
    behaviour,
    cameras,
    candidates,
    evaluate,
    general,
    keys,
    models,
    off_policy,
    online,
    policies,
    reports,
    rights,
    series,
    staff,
)
from visavis.cli.messages.mistakes import ZH_ERRORS
from visavis.errors import VisavisError

__all__ = ["ZH", "ZH_ERRORS", "chinese", "say", "say_error"]

ROOMS = (
    assess,
    audit,
    behaviour,
    cameras,
    candidates,
    evaluate,
    general,
    keys,
    models,
    off_policy,
    online,
    policies,
    reports,
    rights,
    series,
    staff,
)
ZH = {text: translation for room in ROOMS for text, translation in room.ZH.items()}


@cache
def chinese() -> bool:
    """Whether the environment asks for Chinese; VISAVIS_LANG wins over the system's language."""
    names = ("VISAVIS_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    language = next((os.environ[name] for name in names if os.environ.get(name)), "en")
    return language.lower().startswith("zh")


def say(text: str) -> str:
    """The text in the language of the environment; English where no translation is known."""
    return ZH.get(text, text) if chinese() else text


def say_error(error: VisavisError) -> str:
    """Message and remedy of an error, with its place."""
    if not chinese() or error.code() not in ZH_ERRORS:
        return str(error)
    return f"{ZH_ERRORS[error.code()]}（{error.detail}）" if error.detail else ZH_ERRORS[error.code()]
