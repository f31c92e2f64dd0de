"""How near a site is to the number of enrolled people from which on the law has it registered."""

from enum import StrEnum

from visavis.privacy.jurisdiction import Jurisdiction

THRESHOLD = 100_000  # where the profile names none: beyond it a site is no small one anywhere
WARNED_AT = 0.8  # of the threshold


class Filing(StrEnum):
    """What the count asks of the operator."""

    BELOW = "below"
    NEAR = "near"  # prepare the filing
    REACHED = "reached"  # file, or stop enrolling faces


def threshold_of(law: Jurisdiction) -> int:
    """People with a template."""
    return THRESHOLD if law.filing_threshold is None else law.filing_threshold


def filing(enrolled: int, threshold: int) -> Filing:
    """Reached at the threshold itself; near from 80 % of it on."""
    if enrolled >= threshold:
        return Filing.REACHED
    return Filing.NEAR if enrolled >= WARNED_AT * threshold else Filing.BELOW
