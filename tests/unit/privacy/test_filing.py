"""How near a site is to being registered, counted by hand."""

import pytest

from visavis.privacy.filing import Filing, filing, threshold_of
from visavis.privacy.jurisdiction import load_jurisdiction


@pytest.mark.parametrize(
    ("enrolled", "state"),
    [
        (0, Filing.BELOW),
        (79_999, Filing.BELOW),
        (80_000, Filing.NEAR),
        (99_999, Filing.NEAR),
        (100_000, Filing.REACHED),
        (250_000, Filing.REACHED),
    ],
)
def test_r18_a_warning_at_eighty_percent_of_a_hundred_thousand(enrolled: int, state: Filing) -> None:
    """And reached at the number itself."""
    assert filing(enrolled, 100_000) is state


def test_r18_the_threshold_is_that_of_the_law_or_a_hundred_thousand() -> None:
    """China names it; where a profile names none, it is taken all the same."""
    assert threshold_of(load_jurisdiction("CN")) == 100_000
    assert threshold_of(load_jurisdiction("EU")) == 100_000
    assert threshold_of(load_jurisdiction("EU").model_copy(update={"filing_threshold": 500})) == 500


def test_r18_small_thresholds_count_as_well() -> None:
    """A site of one, for which one person is enough."""
    assert [filing(people, 1) for people in (0, 1)] == [Filing.BELOW, Filing.REACHED]
    assert [filing(people, 5) for people in (3, 4, 5)] == [Filing.BELOW, Filing.NEAR, Filing.REACHED]
