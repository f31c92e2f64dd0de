"""Who may join by what they declare, and what is kept of a signature."""

import pytest

from visavis.errors import AgeRefused, GuardianMissing, InputRefused, ReleaseMissing, VisavisError
from visavis.privacy.declared import OF_AGE, Declared, check_declared, check_release, signed
from visavis.privacy.jurisdiction import jurisdiction_names, load_jurisdiction
from visavis.testing import MemoryKeys, a_consent
from visavis.types import MemberId

YOUNG = Declared(of_age=False)
WITH_GUARDIAN = Declared(of_age=False, guardian=True, signature="Ada Lovelace")
GUARDED = [name for name in jurisdiction_names() if load_jurisdiction(name).guardian_consents_below]


def refusal(declared: Declared, place: str, *, face: bool = False) -> type[VisavisError] | None:
    try:
        check_declared(declared, load_jurisdiction(place), minimum_age=16, face=face)
    except VisavisError as error:
        return type(error)
    return None


@pytest.mark.parametrize("place", jurisdiction_names())
def test_r08_who_is_old_enough_joins_everywhere(place: str) -> None:
    """No number is asked."""
    assert refusal(OF_AGE, place) is None


def test_r08_below_the_age_a_guardian_signs_where_the_law_lets_them() -> None:
    """Six places do, the default does not."""
    assert len(GUARDED) == 6
    for place in GUARDED:
        assert refusal(YOUNG, place) is GuardianMissing
        assert refusal(Declared(of_age=False, guardian=True), place) is GuardianMissing
        assert refusal(Declared(of_age=False, signature="Ada"), place) is GuardianMissing
        assert refusal(WITH_GUARDIAN, place) is None
    assert {refusal(declared, "default") for declared in (YOUNG, WITH_GUARDIAN)} == {AgeRefused}


@pytest.mark.parametrize(
    ("scenario", "place", "age"), [(16, "CN", 16), (10, "CN", 14), (16, "EU", 16), (16, "US-IL", 18)]
)
def test_r08_the_refusal_names_the_higher_age(scenario: int, place: str, age: int) -> None:
    """That of scenario or law."""
    with pytest.raises(GuardianMissing, match=f"below {age} years"):
        check_declared(YOUNG, load_jurisdiction(place), minimum_age=scenario, face=False)


def test_r17_illinois_asks_for_a_written_release_before_the_first_picture() -> None:
    """Of adults and guardians alike; without a picture nobody signs, and elsewhere nobody has to."""
    assert refusal(OF_AGE, "US-IL", face=True) is ReleaseMissing
    assert refusal(OF_AGE, "US-IL") is None
    assert refusal(Declared(of_age=True, signature="Ada Lovelace"), "US-IL", face=True) is None
    assert refusal(WITH_GUARDIAN, "US-IL", face=True) is None
    assert refusal(OF_AGE, "EU", face=True) is None


def test_r17_a_consent_without_a_signature_allows_no_picture_in_illinois() -> None:
    """The evidence in the ledger says so, for pictures that are added later."""
    keys = MemoryKeys()
    plain = a_consent(evidence="pressed accept")
    with pytest.raises(ReleaseMissing):
        check_release(plain, load_jurisdiction("US-IL"))
    check_release(plain, load_jurisdiction("EU"))
    check_release(a_consent(evidence=signed(keys, MemberId("m"), "Ada")), load_jurisdiction("US-IL"))


def test_r08_a_signature_can_be_checked_and_not_read() -> None:
    """Equal names give equal digests for one member; for another member or site they are unrelated."""
    keys, other = MemoryKeys(), MemoryKeys(bytes(32))
    ada = signed(keys, MemberId("member-1"), "Ada  Lovelace ")
    assert ada == signed(keys, MemberId("member-1"), "ada lovelace")
    assert ada == signed(keys, MemberId("member-1"), "Ａda Lovelace")  # the same in full width
    others = {
        signed(keys, MemberId("member-2"), "Ada Lovelace"),
        signed(other, MemberId("member-1"), "Ada Lovelace"),
        signed(keys, MemberId("member-1"), "Ada Loveless"),
    }
    assert len(others | {ada}) == 4
    assert len(ada) == len("signed hmac-sha256:") + 64
    assert "Ada" not in repr(WITH_GUARDIAN)


@pytest.mark.parametrize("name", ["x", "   ", "x" * 101, "Ada\x00Lovelace", "Ada\u202eLovelace"])
def test_r08_what_is_no_name_is_refused(name: str) -> None:
    """Too short, too long, or not printable."""
    with pytest.raises(InputRefused, match="signature: 2 to 100"):
        Declared(of_age=True, signature=name)
