"""What the law of a place asks of a site, as data: a lead for a lawyer, not advice."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from visavis.errors import JurisdictionInvalid
from visavis.types import Purpose

PROFILES = Path(__file__).parent / "jurisdictions"
MAX_BYTES = 64 * 1024
MAX_AGE, MAX_DAYS = 120, 3650

Words = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]
NoticeItem = Literal[
    "controller",
    "contact",
    "purpose",
    "legal_basis",
    "data",
    "necessity",
    "effect",
    "recipients",
    "retention",
    "rights",
    "withdrawal",
    "complaint",
    "alternative",
]


class Titles(BaseModel):
    """Both languages of the program."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    en: Words
    zh_cn: Annotated[Words, Field(alias="zh-CN")]

    def said(self, locale: str) -> str:
        """In this language."""
        return self.zh_cn if locale == "zh-CN" else self.en


class Jurisdiction(BaseModel):
    """One profile. Nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z-]{1,31}$")]
    title: Titles
    own_consent_age: Annotated[int, Field(ge=0, le=MAX_AGE)]  # from here on a person consents for themselves
    guardian_consents_below: bool  # below that age a guardian may; false: nobody may
    biometric_days: Days  # templates, after the last visit
    event_days: Days
    device_storage: bool  # templates stay in the machine that made them
    central_templates: bool  # a store for several sites is allowed
    protection: Literal["L0", "L1", "L2"]  # least level of protection that is recommended
    face_purposes: list[Annotated[Purpose, Field(strict=False)]]  # without "recognise" there are no faces at all
    written_release: bool  # a signed release before the first picture
    breach_hours: Annotated[int, Field(ge=0, le=720)] | None  # 0: at once; None: the law names no figure
    filing_threshold: Annotated[int, Field(ge=1)] | None  # enrolled people from whom on the site is registered
    notice_items: Annotated[list[NoticeItem], Field(min_length=1)]
    sources: Annotated[list[Words], Field(min_length=1)]

    @property
    def allows_faces(self) -> bool:
        """Whether anybody may be recognised by face at all."""
        return Purpose.RECOGNISE in self.face_purposes

    def age(self, scenario: int) -> int:
        """The higher of the scenario's minimum age and this one."""
        return max(scenario, self.own_consent_age)

    def days(self, category: Literal["biometric", "event"], scenario: int | None = None) -> int:
        """Days that data of this category may rest: the fewer of the scenario's and this profile's."""
        mine = self.biometric_days if category == "biometric" else self.event_days
        return mine if scenario is None else min(mine, scenario)


def jurisdiction_names() -> tuple[str, ...]:
    """Names of the profiles that come with the program."""
    return tuple(sorted(load_file(file).name for file in PROFILES.glob("*.yaml")))


@cache
def load_jurisdiction(name_or_path: str) -> Jurisdiction:
    """A profile by its name, in either case, or by the path of its file.

    Raises:
        JurisdictionInvalid: There is none, or its file breaks a rule; the line is named.
    """
    known = {file.stem: file for file in PROFILES.glob("*.yaml")}
    file = known.get(name_or_path.lower(), Path(name_or_path))
    if not file.is_file():
        names = ", ".join(jurisdiction_names())
        raise JurisdictionInvalid(f"no profile {name_or_path[:60]!r}; there are {names}")
    return load_file(file)


def load_file(file: Path) -> Jurisdiction:
    """A profile from its file; raises JurisdictionInvalid with the line of the mistake."""
    content, lines = _read(file)
    try:
        return Jurisdiction.model_validate(content)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False, include_context=False)
        fields = [str(mistake["loc"][0]) if mistake["loc"] else "the file" for mistake in mistakes]
        # A misspelt name is also a missing one; only the first of the two has a line.
        first, field = min(zip(mistakes, fields, strict=True), key=lambda pair: pair[1] not in lines)
        raise JurisdictionInvalid(f"{file.name}:{lines.get(field, 1)}: {field}: {first['msg']}") from None


def _read(file: Path) -> tuple[Any, dict[str, int]]:
    """The document and the line of each of its keys."""
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            raise JurisdictionInvalid(f"{file.name}: is larger than {MAX_BYTES // 1024} KiB")
        node = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise JurisdictionInvalid(f"{file.name}: cannot be read: {type(error).__name__}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise JurisdictionInvalid(f"{file.name}:{line}: is not YAML: {error.problem}") from None
    if not isinstance(node, yaml.MappingNode):
        raise JurisdictionInvalid(f"{file.name}:1: holds no list of rules")
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if key.value in lines:
            raise JurisdictionInvalid(f"{file.name}:{key.start_mark.line + 1}: {key.value} is given twice")
        lines[key.value] = key.start_mark.line + 1
    return yaml.safe_load(content), lines
