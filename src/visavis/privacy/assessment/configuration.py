"""What a site does with faces, as plain data: what an assessment describes, and what must not change under it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from visavis.privacy import jws
from visavis.types import Localised

Facts = Mapping[str, Any]
"""A configuration as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All that the assessment speaks of. What is not here (port, log level, offers) may change without a new one."""

    site: str
    scenario: str
    title: Localised  # of the scenario
    jurisdiction: Mapping[str, Any]  # the whole profile
    minimum_age: int
    purposes: Mapping[str, Mapping[str, Any]]  # purpose -> version, required, title, sha256 of each language's text
    consent_days: int  # until a consent is asked again
    retention: Mapping[str, Mapping[str, Any]]  # category -> days (None: no job deletes it), and since what
    protection: str  # level of the templates: L0, L1 or L2
    pack: Mapping[str, Any]  # of the face pack: name, version, model, sha256 of each file, evidence
    false_match_rate: float  # promised for the whole gallery (FPIR)
    liveness: Mapping[str, str]  # what a face opens -> the check that is asked
    review: str  # which matches wait for staff
    placements: Mapping[str, Mapping[str, Any]]  # id -> surface, name
    cameras: Mapping[str, int]  # placement -> cameras that the site watches there

    def facts(self) -> Facts:
        """As it reads after a way through JSON, so that two can be compared."""
        return dict(json.loads(json.dumps(asdict(self))))


def configuration_sha256(facts: Facts) -> str:
    """One digest of everything that matters."""
    return hashlib.sha256(jws.canonical(facts)).hexdigest()


def changed(before: Facts, now: Facts) -> tuple[str, ...]:
    """What differs, by name: `protection: L1, now L0` or `cameras.entrance: 1, now 2`."""
    return tuple(line for key in sorted({*before, *now}) for line in _differences(key, before.get(key), now.get(key)))


def _differences(name: str, before: Any, now: Any) -> list[str]:
    if before == now:
        return []
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = sorted({*before, *now})
        return [line for key in keys for line in _differences(f"{name}.{key}", before.get(key), now.get(key))]
    return [f"{name}: {_short(before)}, now {_short(now)}"]


def _short(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "other values"
    text = "none" if value is None else str(value)
    return text if len(text) <= 20 else f"{text[:12]}…"
