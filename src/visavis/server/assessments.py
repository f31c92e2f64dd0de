"""From the parts of a site to the configuration that an impact assessment describes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from visavis.config import Settings
from visavis.perception.packs import Manifest
from visavis.pipeline.watch import CameraSpec
from visavis.ports import KeyProvider
from visavis.privacy.assessment.configuration import Configuration
from visavis.privacy.assessment.signing import Signed, Standing, public_key, read_file, sign, standing, write_file
from visavis.privacy.consent import notice_sha256
from visavis.privacy.jurisdiction import Jurisdiction
from visavis.privacy.retention import schedule
from visavis.types import Guarded, Liveness, Monitor, Notice, Placement, Scenario

NOBODY = "demonstration"  # the role of whoever signs for one


def configuration_of(
    settings: Settings,
    *,
    scenario: Scenario,
    pack: Manifest,
    law: Jurisdiction,
    liveness: Mapping[Guarded, Liveness],
    cameras: Sequence[CameraSpec],
    monitors: Sequence[Monitor],
) -> Configuration:
    """What runs, or would run at the next start."""
    watched = [spec.placement for spec in cameras] + [one.placement for one in monitors if one.enabled]
    return Configuration(
        site=settings.site,
        scenario=scenario.name,
        title=dict(scenario.title),
        jurisdiction=law.model_dump(mode="json", by_alias=True),
        minimum_age=law.age(scenario.minimum_age),
        purposes={purpose.value: _purpose(notice) for purpose, notice in scenario.notices.items()},
        consent_days=scenario.consent_days,
        retention={
            category.value: {"days": rule.days, "since": rule.since.value}
            for category, rule in schedule(law, scenario).items()
        },
        protection=settings.protection.value,
        pack=_pack(pack),
        false_match_rate=settings.false_match_rate,
        liveness={use.value: level.value for use, level in liveness.items()},
        review=settings.review,
        placements={placement.id: _placement(placement) for placement in scenario.placements.values()},
        cameras=dict(Counter(watched)),
    )


def _purpose(notice: Notice) -> dict[str, Any]:
    return {
        "version": notice.version,
        "required": notice.required,
        "title": dict(notice.title),
        "sha256": {locale: notice_sha256(notice, locale) for locale in notice.text},
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {"surface": placement.surface.name.lower(), "name": dict(placement.name)}


def _pack(manifest: Manifest) -> dict[str, Any]:
    rows = sorted(manifest.calibration, key=lambda row: row.false_match_rate)
    return {
        "name": manifest.name,
        "version": manifest.version,
        "model": manifest.model_id,
        "files": {model.file: model.sha256 for model in manifest.models},
        "licences": list(dict.fromkeys(model.licence for model in manifest.models)),
        "impostor_pairs": max((row.impostor_pairs for row in rows), default=0),
        "evidence": rows[0].evidence if rows else "",
    }


def standing_of(settings: Settings, keys: KeyProvider, configuration: Configuration, now: datetime) -> Standing:
    """What the signed assessment of the data folder is worth; a demonstration gets a marked one where none is."""
    text = read_file(settings.assessment_file)
    found = standing(text, public_key(keys), configuration.facts())
    if settings.demonstration and (text is None or _is_old(found.signed, configuration)):
        write_file(settings.assessment_file, sign(keys, _demonstration(configuration, now)))
    return found


def _is_old(signed: Signed | None, configuration: Configuration) -> bool:
    """Another configuration's demonstration; what people signed is never written over."""
    return signed is not None and signed.demonstration and signed.configuration != configuration.facts()


def _demonstration(configuration: Configuration, now: datetime) -> Signed:
    return Signed(configuration=configuration.facts(), answers={}, role=NOBODY, signed_at=now, demonstration=True)
