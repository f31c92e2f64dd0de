"""YAML from outside: bounded, plain data only, and the line of every value.

Aliases, tags and duplicate keys are refused: the first allow documents that unfold to gigabytes, the second name
types, the third hide mistakes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
MAX_NODES = 50_000

Place = tuple[str | int, ...]
"""Keys and indices that lead from the top of a document to a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake in a pack, where an editor finds it."""

    file: str
    line: int  # from 1; 0 when the file as a whole is meant
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document with the line of every value in it."""

    file: str
    value: Any
    lines: Mapping[Place, int]

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at the place, or at the nearest value around it that exists."""
        around = next(place[:n] for n in range(len(place), -1, -1) if place[:n] in self.lines)
        return Problem(file=self.file, line=self.lines[around], message=message)


def read_yaml(path: Path) -> Source | Problem:
    """The document, or the first thing that stops it from being read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Problem(file=path.name, line=0, message="this file is missing")
    except OSError as error:
        return Problem(file=path.name, line=0, message=f"cannot be read: {error.strerror}")
    if len(content) > MAX_BYTES:
        return Problem(file=path.name, line=0, message=f"is larger than {MAX_BYTES // 1024} KiB")
    return parse_yaml(content, path.name)


def parse_yaml(content: bytes, file: str) -> Source | Problem:
    """As `read_yaml`, from bytes (UTF-8)."""
    builder = _Builder()
    try:
        for event in yaml.parse(content.decode("utf-8"), Loader=yaml.CSafeLoader):
            builder.feed(event)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(file=file, line=line, message="is not UTF-8 text")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return Problem(file=file, line=mark.line + 1 if mark else 0, message=f"is not YAML: {error.problem}")
    except yaml.YAMLError as error:
        return Problem(file=file, line=0, message=f"is not YAML: {str(error).splitlines()[0]}")
    except _Refused as refused:
        return Problem(file=file, line=refused.line, message=refused.message)
    if not builder.lines:
        return Problem(file=file, line=0, message="is empty")
    return Source(file=file, value=builder.root, lines=builder.lines)


class _Refused(Exception):
    def __init__(self, message: str, line: int) -> None:
        self.message = message
        self.line = line
        super().__init__(message)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    place: Place
    key: str | None = None  # of a mapping: read, and waiting for its value
    key_line: int = 0


@dataclass(slots=True)
class _Builder:
    """Values and their lines out of parser events; keeps its own stack, so depth costs no recursion."""

    root: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    resolver: Resolver = field(default_factory=Resolver)

    def feed(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.AliasEvent():
                raise _Refused("aliases (*name) are not allowed; repeat the value", line)
            case yaml.MappingStartEvent():
                self._open(event, {}, line)
            case yaml.SequenceStartEvent():
                self._open(event, [], line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case yaml.DocumentStartEvent() if self.lines:
                raise _Refused("a second document begins here; a file holds one", line)

    def _open(self, event: Any, value: dict[str, Any] | list[Any], line: int) -> None:
        if event.tag is not None:
            raise _Refused(f"tags ({event.tag[:40]}) are not allowed", line)
        if len(self.stack) == MAX_DEPTH:
            raise _Refused(f"is nested more than {MAX_DEPTH} deep", line)
        place = self._put(value, line)
        self.stack.append(_Open(value=value, place=place))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if event.tag is not None:
            raise _Refused(f"tags ({event.tag[:40]}) are not allowed", line)
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            parent.key, parent.key_line = self._key(event, parent.value, line), line
        else:
            self._put(self._plain(event, line), line)

    def _key(self, event: yaml.ScalarEvent, mapping: dict[str, Any], line: int) -> str:
        key = self._plain(event, line)
        if not isinstance(key, str):
            raise _Refused(f"{event.value[:40]!r} is read as {type(key).__name__}; put the key in quotes", line)
        if key in mapping:
            raise _Refused(f"{key[:80]!r} is given twice", line)
        return key

    def _plain(self, event: yaml.ScalarEvent, line: int) -> Any:
        tag = self.resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        try:
            return SafeConstructor().construct_object(yaml.ScalarNode(tag, event.value))
        except (yaml.YAMLError, ValueError, OverflowError):
            raise _Refused(f"{event.value[:40]!r} is not a {tag.rsplit(':', 1)[-1]}", line) from None

    def _put(self, value: Any, line: int) -> Place:
        if len(self.lines) == MAX_NODES:
            raise _Refused(f"holds more than {MAX_NODES} values", line)
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return ()
        return self._put_into(self.stack[-1], value, line)

    def _put_into(self, parent: _Open, value: Any, line: int) -> Place:
        if isinstance(parent.value, list):
            place: Place = (*parent.place, len(parent.value))
            parent.value.append(value)
        elif parent.key is None:
            raise _Refused("a key must be plain text", line)
        else:
            place, line = (*parent.place, parent.key), parent.key_line
            parent.value[parent.key] = value
            parent.key = None
        self.lines[place] = line
        return place
