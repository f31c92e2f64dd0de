"""A mapping file: which columns of somebody's table are who, when, what, and how much. YAML, checked like a pack."""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from visavis.errors import MappingInvalid
from visavis.scenarios.schema import Entry, Id
from visavis.scenarios.source import Problem, Source, read_yaml
from visavis.types import Scenario

MAX_NAMED = 5  # mistakes that one error names

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""Of a column, as the table's header writes it."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no such zone; write a name such as Europe/Berlin")
    return name


class MemberColumn(Entry):
    """Who it was; a row with an empty cell is of nobody and is left out."""

    column: Name
    is_: Literal["card", "member", "pseudonym"] = Field(default="card", alias="is")


class TimeColumn(Entry):
    """When it was."""

    column: Name
    unit: Literal["s", "ms", "us"] = "s"  # of numbers, since 1970 UTC
    zone: Annotated[str, AfterValidator(_zone)] | None = None  # of times that name none


class Named(Entry):
    """A name that the scenario knows: the same for every row, or a cell, translated where `values` says so."""

    constant: Id | None = None
    column: Name | None = None
    values: Annotated[dict[str, Id | None], Field(min_length=1, max_length=10_000)] | None = None  # null: not wanted
    unknown: Literal["refuse", "none"] = "refuse"

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.constant is None) == (self.column is None):
            raise ValueError("give either a constant or a column")
        if self.constant is not None and self.values is not None:
            raise ValueError("values translates cells; a constant needs none")
        return self

    def name(self, cell: str) -> str | None:
        """What the cell is called in the scenario; None: not wanted."""
        return self.values.get(cell, cell) if self.values is not None else cell


class Amount(Entry):
    """A number; an empty cell is 0."""

    column: Name
    times: Annotated[float, Field(gt=0, le=1e9)] = 1.0  # 60 makes seconds of minutes


class IdColumn(Entry):
    """What names the row at its source."""

    column: Name


class ColumnMapping(Entry):
    """The file as a whole."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    member: MemberColumn
    time: TimeColumn
    kind: Named
    item: Named | None = None
    placement: Named | None = None
    value: Amount | None = None
    dwell_s: Amount | None = None
    id: IdColumn | None = None


def read_mapping(path: Path, scenario: Scenario) -> ColumnMapping:
    """The mapping, every name of which the scenario knows.

    Raises:
        MappingInvalid: with each mistake's line.
    """
    source = read_yaml(path)
    if isinstance(source, Problem):
        raise MappingInvalid(str(source))
    try:
        mapping = ColumnMapping.model_validate(source.value)
    except ValidationError as error:
        raise _invalid([_problem(source, mistake) for mistake in error.errors()]) from None
    problems = [source.problem(place, message) for place, message in _strangers(mapping, scenario)]
    if problems:
        raise _invalid(problems)
    return mapping


def _problem(source: Source, mistake: Mapping[str, object]) -> Problem:
    loc = mistake["loc"]
    place = tuple(part for part in loc if part != "[key]") if isinstance(loc, tuple) else ()
    message = str(mistake["msg"]).removeprefix("Value error, ")
    return source.problem(place, f"{'.'.join(map(str, place)) or 'the file'}: {message}")


def _invalid(problems: list[Problem]) -> MappingInvalid:
    more = len(problems) - MAX_NAMED
    return MappingInvalid("; ".join(map(str, problems[:MAX_NAMED])) + (f"; and {more} more" if more > 0 else ""))


def _strangers(mapping: ColumnMapping, scenario: Scenario) -> list[tuple[tuple[str | int, ...], str]]:
    """Names that the scenario does not know, with their place."""
    known: dict[str, tuple[Named | None, Container[str]]] = {
        "kind": (mapping.kind, scenario.event_types),
        "item": (mapping.item, scenario.items),
        "placement": (mapping.placement, scenario.placements),
    }
    found: list[tuple[tuple[str | int, ...], str]] = []
    for what, (named, names) in known.items():
        if named is None:
            continue
        if named.constant is not None and named.constant not in names:
            found.append(((what, "constant"), f"the scenario has no {what} {named.constant!r}"))
        for cell, name in (named.values or {}).items():
            if name is not None and name not in names:
                found.append(((what, "values", cell), f"the scenario has no {what} {name!r}"))
    if mapping.kind.unknown == "none":
        found.append((("kind", "unknown"), "an event has a kind; translate the others to null to leave them out"))
    return found
