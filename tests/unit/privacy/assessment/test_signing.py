"""What is signed is what runs, or faces stay off."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from visavis.errors import SettingInvalid, SignatureInvalid
from visavis.privacy.assessment.configuration import Configuration, changed
from visavis.privacy.assessment.signing import (
    Signed,
    public_key,
    read,
    read_file,
    sign,
    standing,
    write_file,
)
from visavis.testing import T0, MemoryKeys

KEYS = MemoryKeys()
PUBLIC = public_key(KEYS)


def signed(configuration: Configuration, *, demonstration: bool = False) -> Signed:
    return Signed(
        configuration=configuration.facts(),
        answers={"controller": "Corner Market Ltd"},
        role="Data protection officer",
        signed_at=T0,
        demonstration=demonstration,
    )


def test_r14_a_signed_assessment_says_what_was_signed(configuration: Configuration) -> None:
    """Configuration, answers, role and time come back; the public key is enough."""
    assert read(sign(KEYS, signed(configuration)), PUBLIC) == signed(configuration)


def test_r14_every_changed_character_of_an_assessment_is_found(configuration: Configuration) -> None:
    """Of signature and content, at a hundred places."""
    text = sign(KEYS, signed(configuration))
    for place in range(0, len(text), len(text) // 100):
        other = "A" if text[place] != "A" else "B"
        assert standing(text[:place] + other + text[place + 1 :], PUBLIC, configuration.facts()).trouble == "invalid"


def test_r14_another_sites_assessment_is_refused(configuration: Configuration) -> None:
    """The key is the site's."""
    text = sign(MemoryKeys(bytes(32)), signed(configuration))
    with pytest.raises(SignatureInvalid):
        read(text, PUBLIC)


@pytest.mark.parametrize("text", ["", "{}", "a.b.c", "\ufffd" * 40, "x" * 1_000_001])
def test_what_is_no_assessment_is_invalid(configuration: Configuration, text: str) -> None:
    """Never an error that stops the start: card and PIN go on."""
    assert standing(text, PUBLIC, configuration.facts()).trouble == "invalid"


def test_another_document_of_the_site_is_no_assessment(configuration: Configuration) -> None:
    """A signature of this key over something else does not count."""
    from visavis.privacy import jws

    other = jws.sign(KEYS, "assessment", {"document": "something else"})
    assert standing(other, PUBLIC, configuration.facts()).trouble == "invalid"


def test_r14_the_same_configuration_is_valid_and_any_other_is_named(configuration: Configuration) -> None:
    """One change each of what matters, and what the message says of it."""
    text = sign(KEYS, signed(configuration))
    assert standing(text, PUBLIC, configuration.facts()).trouble == ""
    changes = {
        "protection": ("L0", "protection: L1, now L0"),
        "false_match_rate": (0.01, "false_match_rate: 0.001, now 0.01"),
        "cameras": ({"entrance": 2}, "cameras.entrance: 1, now 2"),
        "retention": (
            dict(configuration.retention) | {"event": {"days": 900, "since": "made"}},
            "retention.event.days: 730, now 900",
        ),
        "scenario": ("other", "scenario: sample, now other"),
        "minimum_age": (14, "minimum_age: 16, now 14"),
        "pack": (configuration.pack | {"model": "other@0"}, "pack.model: default-face…, now other@0"),
        "placements": ({}, "placements.entrance: other values, now none"),
        "purposes": ({}, "purposes.recognise: other values, now none"),
        "liveness": (dict(configuration.liveness) | {"rewards": "both"}, "liveness.rewards: off, now both"),
        "review": ("strict", "review: off, now strict"),
        "jurisdiction": (dict(configuration.jurisdiction) | {"name": "UK"}, "jurisdiction.name: EU, now UK"),
    }
    for name, (value, message) in changes.items():
        now = replace(configuration, **{name: value})
        found = standing(text, PUBLIC, now.facts())
        assert (found.trouble, found.changed) == ("changed", (message,))


def test_facts_are_the_same_after_a_way_through_json(configuration: Configuration) -> None:
    """Otherwise every start would find a change."""
    assert changed(configuration.facts(), configuration.facts()) == ()


def test_a_demonstration_is_none(configuration: Configuration) -> None:
    """Whatever it describes."""
    text = sign(KEYS, signed(configuration, demonstration=True))
    assert standing(text, PUBLIC, configuration.facts()).trouble == "demonstration"


def test_the_file_is_the_owners_and_whole(tmp_path: Path, configuration: Configuration) -> None:
    """Written over in one step; one that is not there is None; nothing is left beside it."""
    path = tmp_path / "data" / "assessment.json"
    assert read_file(path) is None
    for text in ("first", sign(KEYS, signed(configuration))):
        write_file(path, text)
    assert read(str(read_file(path)), PUBLIC) == signed(configuration)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["assessment.json"]
    assert read_file(path.parent) == ""
    with pytest.raises(SettingInvalid):
        write_file(path / "under-a-file", "x")
