"""Profiles of the law: what each says, which rule wins, and how a mistake is told."""

from pathlib import Path

import pytest

from visavis.errors import JurisdictionInvalid
from visavis.privacy.jurisdiction import PROFILES, jurisdiction_names, load_file, load_jurisdiction
from visavis.types import Purpose

NAMES = ("AU", "CA", "CN", "EU", "UK", "US-IL", "default")


def test_r17_every_profile_is_there_and_holds() -> None:
    """The seven of the requirements load, each with the law that it follows."""
    assert jurisdiction_names() == NAMES
    for name in NAMES:
        profile = load_jurisdiction(name)
        assert profile.name == name
        assert profile.sources
        assert profile.title.said("zh-CN") != profile.title.said("en")
        assert {"purpose", "retention", "withdrawal", "alternative"} <= set(profile.notice_items)


def test_r17_figures_are_those_of_the_law() -> None:
    """The figures that the sources name, checked one by one."""
    cn, eu, illinois = (load_jurisdiction(name) for name in ("cn", "EU", "us-il"))
    assert (cn.own_consent_age, cn.filing_threshold, cn.device_storage) == (14, 100_000, True)
    assert (eu.own_consent_age, eu.breach_hours, eu.protection, eu.central_templates) == (16, 72, "L2", False)
    assert (illinois.written_release, illinois.biometric_days) == (True, 3 * 365)
    assert load_jurisdiction("UK").own_consent_age == 13


@pytest.mark.parametrize("name", NAMES)
def test_r17_the_stricter_of_scenario_and_profile_wins(name: str) -> None:
    """Ages go up, days go down, whichever of the two is asked."""
    profile = load_jurisdiction(name)
    assert profile.age(99) == 99
    assert profile.age(0) == profile.own_consent_age
    assert profile.days("biometric", 10) == 10
    assert profile.days("biometric", 9999) == profile.days("biometric") == profile.biometric_days
    assert profile.days("event", 9999) == profile.event_days


def test_r17_no_profile_is_milder_than_the_default() -> None:
    """Who names no place gets the careful side of them all."""
    default = load_jurisdiction("default")
    for name in NAMES:
        profile = load_jurisdiction(name)
        assert default.own_consent_age >= profile.own_consent_age
        assert default.biometric_days <= profile.biometric_days
        assert default.event_days <= profile.event_days
        assert default.device_storage >= profile.device_storage


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("own_consent_age: 14", "own_consent_age: fourteen", 4, "own_consent_age"),
        ("breach_hours: 0", "breach_hours: 99999", 13, "breach_hours"),
        ("name: CN", "name: CN\nname: CN", 3, "given twice"),
        ("device_storage: true", "devise_storage: true", 8, "devise_storage"),
        ("face_purposes: [", "face_purposes: [resell, ", 11, "face_purposes"),
        ("written_release: false", "written_release: a: b", 12, "not YAML"),
    ],
)
def test_r17_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    """An operator's own profile: the file, the line and the field are told."""
    text = (PROFILES / "cn.yaml").read_text(encoding="utf-8")
    text = "# ours\n" + text
    assert old in text
    file = tmp_path / "ours.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(JurisdictionInvalid, match=said) as caught:
        load_file(file)
    assert f"ours.yaml:{line}:" in caught.value.detail


def test_r17_a_place_without_a_profile_is_refused_and_an_own_file_is_taken(tmp_path: Path) -> None:
    """Names are told; a file of one's own serves as well."""
    with pytest.raises(JurisdictionInvalid, match="US-IL"):
        load_jurisdiction("atlantis")
    file = tmp_path / "no-faces.yaml"
    text = (PROFILES / "eu.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("[recognise, personalise, push]", "[personalise]"), encoding="utf-8")
    profile = load_jurisdiction(str(file))
    assert not profile.allows_faces
    assert profile.face_purposes == [Purpose.PERSONALISE]
