"""Nobody meets a screen, a message or an error that was not translated."""

import json
import re
from pathlib import Path

import pytest

from visavis import errors
from visavis.cli.messages import ZH, ZH_ERRORS
from visavis.delivery.open_items import Withheld
from visavis.privacy.retention import Due
from visavis.server.console.texts import TEXTS
from visavis.server.faces_allowed import FaceUse
from visavis.types import Purpose

SERVER = Path(errors.__file__).parent / "server"
KIOSK = json.JSONDecoder().raw_decode(
    (SERVER / "kiosk" / "texts.js").read_text(encoding="utf-8").split("export const TEXTS = ", 1)[1]
)[0]
REASONS = re.findall(r'code="(\w+)"', (SERVER.parent / "recommend" / "reasons.py").read_text(encoding="utf-8"))
PERCEPTION = "".join(p.read_text(encoding="utf-8") for p in (SERVER.parent / "perception").glob("*.py"))
HINTS = [
    h for h in ("too_small", "too_dark", "too_bright", "blurred", "turned_away", "covered") if f'"{h}"' in PERCEPTION
]


FOR_STAFF = {  # never the answer to what a person at a kiosk does, so the sentence that all others share is enough
    errors.VisavisError, errors.VideoRefused, errors.ScenarioUnknown, errors.ScenarioInvalid, errors.EventRefused,
    errors.ModelError, errors.ManifestInvalid, errors.ChecksumMismatch, errors.ModelRefused, errors.WeightsUnavailable,
    errors.ArtefactInvalid, errors.ModelUnknown, errors.ModelMoveRefused,
    errors.TableInvalid, errors.TableEmpty, errors.LogTooSmall, errors.ContextInvalid, errors.PolicyUntrained,
    errors.MappingInvalid,
    errors.PrivacyError, errors.SealBroken, errors.SignatureInvalid, errors.AuditBroken, errors.DecisionUnknown,
    errors.StaffOnly, errors.AssessmentIncomplete, errors.JurisdictionInvalid, errors.ReviewUnknown,
    errors.TemplateUnknown, errors.HistoriesMissing,
    errors.TooLarge, errors.HeadersTooLarge, errors.AddressRefused, errors.DeviceUnknown,
    errors.AccessRefused, errors.SignInRequired, errors.SignInRefused, errors.SignInLocked, errors.NotAllowed,
    errors.LastAdministrator, errors.StaffUnknown, errors.ApiKeyUnknown, errors.LoginTaken, errors.PasswordRefused,
    errors.CameraRefused, errors.CameraUnknown, errors.CameraUnavailable,
    errors.SetupError, errors.ExtraMissing, errors.PortInUse, errors.SettingInvalid, errors.JurisdictionInvalid,
    errors.AssessmentIncomplete,
    errors.KeyServiceUnavailable, errors.KeysInUse, errors.PassphraseWrong,
}  # fmt: skip


def every_error() -> list[type[errors.VisavisError]]:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.VisavisError)]
    assert len(kinds) > 30
    return kinds


def test_the_kiosk_says_everything_in_both_languages() -> None:
    """The same keys, nothing empty, and the same values to fill in."""
    assert KIOSK.keys() == {"en", "zh-CN"}
    assert KIOSK["en"].keys() == KIOSK["zh-CN"].keys()
    for key, english in KIOSK["en"].items():
        assert english.strip(), key
        assert KIOSK["zh-CN"][key].strip(), key
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", KIOSK["zh-CN"][key])), key


def test_the_kiosk_has_every_text_that_it_asks_for() -> None:
    """Each key in the page and in its scripts; and no text that nobody asks for."""
    folder = SERVER / "kiosk"
    source = "".join(p.read_text(encoding="utf-8") for p in folder.iterdir() if p.name != "texts.js")
    families = "|".join(sorted({key.split(".")[0] for key in KIOSK["en"] if "." in key}))
    asked = set(re.findall(r'data-t(?:-label)?="([^"]+)"', source))
    asked |= set(re.findall(rf'"((?:{families})\.[^"$.]+(?:\.[a-z]+)?)"', source))
    assert len(asked) > 60
    assert asked <= KIOSK["en"].keys()
    assert {f"camera.faces_{use.value}" for use in FaceUse if use is not FaceUse.ON} <= KIOSK["en"].keys()
    built = (
        "problem.",
        "reason.",
        "hint.",
        "pose.",
        "purpose.",
        "camera.",
        "news.",
        "withheld.",
    )  # from a code, see below
    assert not [key for key in KIOSK["en"] if f'"{key}"' not in source and not key.startswith(built)]


def test_the_kiosk_has_words_for_every_code_it_can_meet() -> None:
    """Reasons, purposes and hints."""
    assert len(REASONS) == 5
    assert len(HINTS) == 6
    wanted = {f"reason.{code}" for code in REASONS} | {f"purpose.{purpose}" for purpose in Purpose}
    wanted |= {f"news.{what}" for what in Due if what is not Due.ALL} | {f"withheld.{why}" for why in Withheld}
    wanted |= {f"hint.{code}" for code in (*HINTS, "no_face", "several_faces", "hold_still")}
    assert wanted <= KIOSK["en"].keys()


def test_the_kiosk_has_words_for_every_error_that_a_visitor_can_meet() -> None:
    """Each has a text of its own, except those that only staff can cause and mend; these share one."""
    said = {key.removeprefix("problem.") for key in KIOSK["en"] if key.startswith("problem.")}
    assert {kind.code() for kind in every_error() if kind not in FOR_STAFF} <= said
    assert not {kind.code() for kind in FOR_STAFF} & said
    assert {"other", "offline", "request-invalid"} <= said


def test_the_console_says_everything_in_both_languages() -> None:
    """With the same placeholders."""
    assert {f"reason.{code}" for code in REASONS} <= TEXTS.keys()
    assert {f"faces.{use.value}" for use in FaceUse if use is not FaceUse.ON} <= TEXTS.keys()
    for key, texts in TEXTS.items():
        assert set(texts) == {"en", "zh-CN"}, key
        placeholders = [sorted(re.findall(r"\{\w+\}", text)) for text in texts.values()]
        assert placeholders[0] == placeholders[1], key


def test_the_command_line_has_chinese_for_every_error() -> None:
    """Message and remedy, by code."""
    assert {kind.code() for kind in every_error()} == ZH_ERRORS.keys()


def test_the_command_line_has_chinese_for_every_text() -> None:
    """Every literal that goes through say()."""
    source = "".join(p.read_text(encoding="utf-8") for p in (SERVER.parent / "cli").glob("*.py"))
    said = set(re.findall(r'say\(\s*"([^"]+)"', source))
    assert len(said) > 90
    assert not said - ZH.keys()


@pytest.mark.parametrize("kind", every_error(), ids=lambda k: k.__name__)
def test_every_error_tells_a_remedy(kind: type[errors.VisavisError]) -> None:
    """At least two sentences: what happened, and what to do (or that nothing happened)."""
    message = str(kind("here"))
    assert message.endswith("(here)")
    assert len(re.findall(r"[.;] ", message)) >= 1 or "so nothing was done" in message
