"""How often a site was wrong: rates from counts of looks, and from its members' own templates (ISO/IEC 19795-1)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.types import Embedding, Light, Look, Looks

Z_95 = 1.959964  # standard normal, two-sided 95 %
BANDS = ((60.0, Light.DARK), (110.0, Light.DIM), (170.0, Light.NORMAL))


def light_of(brightness: float) -> Light:
    """The band of a face's mean grey level."""
    return next((light for below, light in BANDS if brightness < below), Light.BRIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Errors of so many, with the Wilson interval at 95 %."""

    errors: int
    of: int

    @property
    def value(self) -> float | None:
        """None where there was nothing to count."""
        return self.errors / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end; 0 to 1 where there was nothing to count."""
        if not self.of:
            return (0.0, 1.0)
        share, spread = self.errors / self.of, Z_95**2 / self.of
        centre = (share + spread / 2) / (1 + spread)
        half = Z_95 * math.sqrt(share * (1 - share) / self.of + spread / (4 * self.of)) / (1 + spread)
        return (max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One placement in one light; "" and None: all of them."""

    placement: str
    light: Light | None
    recognised: int
    wrong: int
    unknown: int
    missed: int

    @property
    def fpir(self) -> Rate:
        """Strangers who were taken for a member and said so. Whoever said nothing is not counted: a lower bound."""
        return Rate(errors=self.wrong, of=max(0, self.unknown - self.missed) + self.wrong)

    @property
    def fnir(self) -> Rate:
        """Members who were not known and then showed card or PIN. Whoever went away is not counted: a lower bound."""
        return Rate(errors=self.missed, of=self.missed + max(0, self.recognised - self.wrong))


def site_rows(looks: Sequence[Looks]) -> tuple[SiteRow, ...]:
    """Each placement in each light, then each placement, each light, and everything."""
    counts: Counter[tuple[str, Light | None, Look]] = Counter()
    for one in looks:
        for placement in (one.placement, ""):
            for light in (one.light, None):
                counts[placement, light, one.look] += one.count
    lights = [*Light, None]
    keys = {(placement, light) for placement, light, _ in counts}
    ordered = sorted(keys, key=lambda key: (key[0] == "", key[1] is None, key[0], lights.index(key[1])))
    return tuple(
        SiteRow(
            placement=placement,
            light=light,
            recognised=counts[placement, light, Look.RECOGNISED],
            wrong=counts[placement, light, Look.WRONG],
            unknown=counts[placement, light, Look.UNKNOWN],
            missed=counts[placement, light, Look.MISSED],
        )
        for placement, light in ordered
    )


def score_histogram(looks: Sequence[Looks]) -> Mapping[Light, Mapping[int, int]]:
    """Light -> score in twentieths -> looks that recognised a member."""
    found: dict[Light, Counter[int]] = {}
    for one in looks:
        if one.look is Look.RECOGNISED:
            found.setdefault(one.light, Counter())[one.score] += one.count
    return found


def comparison_errors(members: Sequence[Sequence[Embedding]], threshold: float) -> tuple[Rate, Rate]:
    """FMR and FNMR of single comparisons among the members' own templates at this score.

    Args:
        members: Templates of each member, all in one rotation.
        threshold: Score from which two are called one person.
    """
    templates = [embedding.vector for own in members for embedding in own]
    if not templates:
        return Rate(errors=0, of=0), Rate(errors=0, of=0)
    owner = np.repeat(np.arange(len(members)), [len(own) for own in members])
    vectors = np.stack(templates)
    one, other = np.triu_indices(len(vectors), 1)
    passed = np.einsum("nd,nd->n", vectors[one], vectors[other]) >= threshold
    mated = owner[one] == owner[other]
    false_match = Rate(errors=int(np.count_nonzero(passed & ~mated)), of=int(np.count_nonzero(~mated)))
    false_non_match = Rate(errors=int(np.count_nonzero(~passed & mated)), of=int(np.count_nonzero(mated)))
    return false_match, false_non_match
