"""Packs from disk: four YAML files and a folder of drawings become one `types.Scenario`, or a list of mistakes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from visavis.errors import ScenarioInvalid, ScenarioUnknown
from visavis.scenarios.rules import RULES, Files
from visavis.scenarios.schema import (
    CampaignEntry,
    EventTypeEntry,
    ItemsFile,
    NoticesFile,
    PackFile,
    RuleEntry,
    SimulatorFile,
)
from visavis.scenarios.source import Place, Problem, Source, read_yaml
from visavis.types import (
    Campaign,
    EventType,
    Guarded,
    Item,
    Liveness,
    Notice,
    Placement,
    PolicyName,
    PrivacyClass,
    Purpose,
    Relation,
    Rule,
    Scenario,
    Surface,
)

INSTALLED = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MAX_NAMED = 5  # problems that one error names; `check` gives all

Shape = TypeVar("Shape", bound=BaseModel)


def scenario_names() -> tuple[str, ...]:
    """Names of the installed packs, in order."""
    return tuple(sorted(file.parent.name for file in INSTALLED.glob("*/pack.yaml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """An installed pack by name, or any pack by its folder; raises ScenarioUnknown or ScenarioInvalid."""
    reading = _read(_folder(name_or_path))
    if reading.files is None:
        named = "; ".join(map(str, reading.problems[:MAX_NAMED]))
        more = len(reading.problems) - MAX_NAMED
        raise ScenarioInvalid(f"{named}; and {more} more" if more > 0 else named)
    return _scenario(reading.files)


def check(path: str | Path) -> list[Problem]:
    """Every mistake of a pack, by file and line; empty when it can be used. Raises ScenarioUnknown."""
    return _read(_folder(path)).problems


def art_folder(name_or_path: str | Path) -> Path:
    """Where a pack's drawings lie, one `<category>.svg` each; raises ScenarioUnknown."""
    return _folder(name_or_path) / "art"


def _folder(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    installed = not isinstance(name_or_path, Path) and NAME.fullmatch(text) is not None
    folder = INSTALLED / text if installed else Path(name_or_path)
    if not (folder / "pack.yaml").is_file():
        raise ScenarioUnknown(f"{text[:200]!r}" if installed else f"no pack.yaml in {text[:200]!r}")
    return folder


@dataclass(slots=True)
class _Reading:
    """What came of reading a folder: files when there is no problem."""

    problems: list[Problem] = field(default_factory=list)
    files: Files | None = None


def _read(folder: Path) -> _Reading:
    reading = _Reading()
    sources = {name: read_yaml(folder / f"{name}.yaml") for name in ("pack", "notices", "items", "simulator")}
    pack = _shaped(PackFile, sources["pack"], reading)
    notices = _shaped(NoticesFile, sources["notices"], reading)
    items = _shaped(ItemsFile, sources["items"], reading)
    simulator = _shaped(SimulatorFile, sources["simulator"], reading)
    if pack is None or notices is None or items is None or simulator is None:
        return reading
    files = Files(folder=folder, pack=pack, notices=notices, items=items.root, simulator=simulator)
    for rule in RULES:
        for name, place, message in rule(files):
            source = sources[name]
            if isinstance(source, Source):
                reading.problems.append(source.problem(place, f"{_dotted(place)}: {message}"))
    if not reading.problems:
        reading.files = files
    return reading


def _shaped(shape: type[Shape], source: Source | Problem, reading: _Reading) -> Shape | None:
    if isinstance(source, Problem):
        reading.problems.append(source)
        return None
    try:
        return shape.model_validate(source.value)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_input=False, include_context=False):
            place = tuple(part for part in mistake["loc"] if part != "[key]")
            message = mistake["msg"].removeprefix("Value error, ")
            reading.problems.append(source.problem(place, f"{_dotted(place)}: {message}"))
        return None


def _dotted(place: Place) -> str:
    return ".".join(str(part)[:80] for part in place) or "the file"


def _scenario(files: Files) -> Scenario:
    pack = files.pack
    return Scenario(
        name=pack.name,
        title=pack.title,
        greeting=pack.greeting,
        notices=_notices(files.notices),
        consent_days=pack.consent_days,
        minimum_age=pack.minimum_age,
        currency=pack.currency,
        event_types={kind: _event_type(kind, entry) for kind, entry in pack.event_types.items()},
        items={
            item_id: Item(id=item_id, **dict(item) | {"privacy": PrivacyClass[item.privacy.upper()]})
            for item_id, item in files.items.items()
        },
        placements={
            placement_id: Placement(
                id=placement_id, name=entry.name, surface=Surface[entry.surface.upper()], venue=entry.venue
            )
            for placement_id, entry in pack.placements.items()
        },
        campaigns={campaign_id: _campaign(campaign_id, entry) for campaign_id, entry in pack.campaigns.items()},
        attribution_window_s=pack.attribution_window_s,
        exploration=pack.exploration,
        simulator=files.simulator.model_dump(),
        category_titles=pack.categories,
        liveness={use: Liveness(getattr(pack.liveness, use.value)) for use in Guarded},
        retention_days=pack.retention_days.model_dump(exclude_none=True),
        behaviour_classes=pack.behaviour_classes,
        policy=PolicyName(pack.policy),
        exploration_budget=pack.exploration_budget,
        safety_floor=pack.safety_floor,
        memory=pack.memory,
        rules=tuple(_rule(rule_id, entry) for rule_id, entry in pack.rules.items()),
    )


def _event_type(kind: str, entry: EventTypeEntry) -> EventType:
    values = (entry.values[0], entry.values[1]) if entry.values else None
    return EventType(kind=kind, **dict(entry) | {"values": values})


def _rule(rule_id: str, entry: RuleEntry) -> Rule:
    surfaces = tuple(Surface[name.upper()] for name in entry.surfaces)
    return Rule(id=rule_id, **dict(entry) | {"relation": Relation(entry.relation), "surfaces": surfaces})


def _notices(notices: NoticesFile) -> Mapping[Purpose, Notice]:
    entries = {purpose: getattr(notices, purpose.value) for purpose in Purpose}
    return {purpose: Notice(purpose=purpose, **dict(entry)) for purpose, entry in entries.items()}


def _campaign(campaign_id: str, entry: CampaignEntry) -> Campaign:
    return Campaign(
        id=campaign_id,
        items=tuple(entry.items),
        placements=tuple(entry.placements),
        starts_at=_utc(entry.starts_at),
        ends_at=_utc(entry.ends_at),
        budget_impressions=entry.budget_impressions,
        cap_per_member_day=entry.cap_per_member_day,
        house=entry.house,
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
