"""The assessment as a document: every section from the configuration and the answers, in the order of a DPIA."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from visavis.privacy.assessment.answers import CONTACT, missing
from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table
from visavis.privacy.assessment.configuration import Facts, configuration_sha256
from visavis.privacy.assessment.questions import BY_KEY
from visavis.privacy.assessment.risks import ORDER, RISKS, Risk, highest, remaining
from visavis.privacy.assessment.texts import named, say

Block = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a document is made of."""

    facts: Facts
    answers: Mapping[str, Any]
    signed_at: datetime | None = None  # None: a draft
    demonstration: bool = False
    changed: tuple[str, ...] = ()  # since it was signed


def document(assessment: Assessment, locale: str) -> Document:
    """In one language; what nobody answered is named, nothing is made up."""
    writer = _Writer(assessment, locale)
    title = say("title", locale, site=assessment.facts["site"])
    return Document(locale=locale, title=title, blocks=tuple(writer.blocks(title)))


class _Writer:
    def __init__(self, assessment: Assessment, locale: str) -> None:
        self._of, self._locale = assessment, locale
        self._facts, self._answers = assessment.facts, assessment.answers
        self._law: Mapping[str, Any] = self._facts["jurisdiction"]

    def _say(self, key: str, /, **values: Any) -> str:
        return say(key, self._locale, **values)

    def _text(self, key: str, /, **values: Any) -> Paragraph:
        return Paragraph(text=self._say(key, **values))

    def _local(self, texts: Mapping[str, str]) -> str:
        return texts.get(self._locale) or texts["en"]

    def _table(self, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[float, ...]) -> Table:
        return Table(columns=tuple(map(self._say, columns)), rows=tuple(rows), widths=widths)

    def _asked(self, *keys: str) -> Iterator[Block]:
        """Each question with its answer, or the key that is still open."""
        for key in keys:
            yield Paragraph(text=self._say(f"ask.{key}"), kind="question")
            said = self._answers.get(key)
            if said:
                yield Paragraph(text=said, kind="answer")
            elif BY_KEY[key].optional:
                yield Paragraph(text=self._say("none"), kind="answer")
            else:
                yield self._missing(key)

    def _missing(self, key: str) -> Paragraph:
        return Paragraph(text=self._say("missing", key=key), kind="missing")

    # ------ sections

    def blocks(self, title: str) -> Iterator[Block]:
        """All of them."""
        yield Heading(text=title, level=1)
        yield from self._standing()
        yield self._text("lead")
        sections = (
            ("who", self._who),
            ("purpose", self._purpose),
            ("proportion", self._proportion),
            ("flow", self._flow),
            ("people", self._people),
            ("basis", self._basis),
            ("retention", self._retention),
            ("rights", self._rights),
            ("protection", self._protection),
            ("accuracy", self._accuracy),
            ("risks", self._risks),
            ("residual", self._residual),
            ("consultation", lambda: self._asked("consulted")),
            ("decision", self._decision),
            ("annex", self._annex),
        )
        for number, (key, section) in enumerate(sections, 1):
            yield Heading(text=f"{number}. {self._say(key)}")
            yield from section()

    def _standing(self) -> Iterator[Block]:
        of = self._of
        if of.demonstration:
            yield Paragraph(text=self._say("mark"), kind="mark")
        elif of.signed_at is None:
            yield Paragraph(text=self._say("draft"), kind="mark")
            for key in missing(self._answers):
                yield self._missing(key)
        else:
            role = str(self._answers.get("signer_role", ""))
            yield self._text("signed", role=role, at=f"{of.signed_at:%Y-%m-%d %H:%M} UTC")
        if of.changed:
            yield Paragraph(text=self._say("outdated", changed="; ".join(of.changed)), kind="mark")

    def _who(self) -> Iterator[Block]:
        contact = str(self._answers.get(CONTACT) or self._say("missing", key=CONTACT))
        rows = [
            (self._say("who.site"), str(self._facts["site"])),
            (self._say("who.scenario"), f"{self._local(self._facts['title'])} ({self._facts['scenario']})"),
            (self._say("who.law"), f"{self._local(self._law['title'])} ({self._law['name']})"),
            (self._say("who.age"), self._say("who.age.value", age=self._facts["minimum_age"])),
            (self._say("who.contact"), contact),
        ]
        yield from self._asked("controller")
        yield self._table(("field", "value"), rows, (0.3, 0.7))

    def _purpose(self) -> Iterator[Block]:
        rows = [
            (
                name,
                self._local(purpose["title"]),
                str(purpose["version"]),
                self._yes(purpose["required"]),
                self._yes(name in self._law["face_purposes"]),
            )
            for name, purpose in self._facts["purposes"].items()
        ]
        columns = ("purpose.name", "purpose.title", "purpose.notice", "purpose.required", "purpose.law")
        yield self._table(columns, rows, (0.16, 0.36, 0.12, 0.18, 0.18))
        yield from self._asked("necessity")

    def _yes(self, value: object) -> str:
        return self._say("yes" if value else "no")

    def _proportion(self) -> Iterator[Block]:
        yield self._text("proportion.equal")
        yield from self._asked("alternatives")

    def _flow(self) -> Iterator[Block]:
        yield self._text("flow.border")
        places = (
            ("frames", "memory", "gone"),
            ("templates", "edge", "cipher"),
            ("keys", "edge", "wrapped"),
            ("codes", "edge", "digest"),
            ("ledger", "edge", "token"),
            ("events", "hub", "token"),
        )
        rows = [tuple(self._say(f"flow.{part}") for part in place) for place in places]
        yield self._table(("flow.data", "flow.where", "flow.how"), rows, (0.36, 0.32, 0.32))
        cameras = self._facts["cameras"]
        rows = [
            (f"{self._local(place['name'])} ({name})", self._say(place["surface"]), str(cameras.get(name, 0)))
            for name, place in self._facts["placements"].items()
        ]
        yield self._table(("flow.place", "flow.surface", "flow.cameras"), rows, (0.4, 0.35, 0.25))
        yield from self._asked("recipients", "machines", "backups")

    def _people(self) -> Iterator[Block]:
        yield from self._asked("people")
        guardian = "people.guardian" if self._law["guardian_consents_below"] else "people.nobody"
        yield self._text("people.minors", age=self._facts["minimum_age"], guardian=self._say(guardian))
        yield from self._asked("minors")

    def _basis(self) -> Iterator[Block]:
        yield from self._asked("lawful_basis")
        yield self._text("basis.consent", days=self._facts["consent_days"])
        if self._law["written_release"]:
            yield self._text("basis.release")
        yield from self._asked("notices")

    def _retention(self) -> Iterator[Block]:
        rows = [
            (self._say(f"kept.{name}"), self._days(rule["days"]), self._say(f"since.{rule['since']}"))
            for name, rule in self._facts["retention"].items()
        ]
        yield self._table(("retention.what", "retention.days", "retention.since"), rows, (0.5, 0.2, 0.3))

    def _days(self, days: int | None) -> str:
        return self._say("retention.kept") if days is None else f"{days:,}"

    def _rights(self) -> Iterator[Block]:
        yield self._text("rights.text")

    def _protection(self) -> Iterator[Block]:
        protection, law = self._facts["protection"], self._law
        yield self._text(f"protection.{protection}")
        name = self._local(law["title"])
        yield self._text("protection.advised", law=name, advised=law["protection"], protection=protection)
        match law["breach_hours"]:
            case 0:
                yield self._text("protection.breach.0")
            case int(hours):
                yield self._text("protection.breach", hours=hours)
        if law["filing_threshold"]:
            yield self._text("protection.filing", people=f"{law['filing_threshold']:,}")

    def _accuracy(self) -> Iterator[Block]:
        pack = self._facts["pack"]
        pairs = self._say("accuracy.pairs", pairs=f"{pack['impostor_pairs']:,}", evidence=pack["evidence"])
        rows = [
            (self._say("accuracy.pack"), f"{pack['name']} {pack['version']}"),
            (self._say("accuracy.rate"), _share(self._facts["false_match_rate"])),
            (self._say("accuracy.evidence"), pairs),
        ]
        yield self._table(("field", "value"), rows, (0.45, 0.55))
        yield self._text("accuracy.enrol")
        yield from self._asked("accuracy")

    def _risks(self) -> Iterator[Block]:
        columns = ("risk", "risk.severity", "risk.without", "risk.with", "risk.left", "risk.measure")
        rows = [self._risk(risk) for risk in RISKS]
        yield self._table(columns, rows, (0.23, 0.1, 0.1, 0.1, 0.1, 0.37))
        yield self._text("risks.note")

    def _risk(self, risk: Risk) -> tuple[str, ...]:
        levels = (risk.severity, risk.without, risk.likelihood(self._facts), remaining(risk, self._facts))
        measure = self._say(f"risk.{risk.key}.measure", **self._quoted())
        shown = "\n".join((measure, *risk.shown_by))
        return (self._say(f"risk.{risk.key}.what"), *map(self._say, levels), shown)

    def _quoted(self) -> dict[str, Any]:
        """What measures may quote of the configuration."""
        levels = self._facts["liveness"].values()
        return {
            "rate": _share(self._facts["false_match_rate"]),
            "review": named(self._facts["review"], self._locale),
            "liveness": ", ".join(dict.fromkeys(named(level, self._locale) for level in levels)) or self._say("off"),
            "cameras": sum(self._facts["cameras"].values()),
            "protection": self._facts["protection"],
            "days": self._facts["retention"]["biometric"]["days"],
            "age": self._facts["minimum_age"],
        }

    def _residual(self) -> Iterator[Block]:
        worst = highest(self._facts)
        yield self._text("residual.table", level=self._say(worst))
        judged = self._answers.get("residual_risk")
        if judged in ORDER:
            yield self._text("residual.answer", level=self._say(judged))
            if ORDER.index(judged) < ORDER.index(worst):
                yield self._text("residual.lower")
            if judged == "high":
                yield Paragraph(text=self._say("residual.high"), kind="mark")
        else:
            yield self._missing("residual_risk")
        yield from self._asked("residual_reason", "authority")

    def _decision(self) -> Iterator[Block]:
        decided, day = self._answers.get("decision"), self._answers.get("review_by")
        yield self._text(f"decision.{decided}") if decided in ("yes", "no") else self._missing("decision")
        yield from self._asked("conditions")
        yield self._text("decision.review", day=day) if day else self._missing("review_by")
        if not self._answers.get("signer_role"):
            yield self._missing("signer_role")

    def _annex(self) -> Iterator[Block]:
        rows = [
            (self._say("annex.digest"), configuration_sha256(self._facts)),
            (self._say("annex.model"), self._facts["pack"]["model"]),
            (self._say("annex.licences"), ", ".join(self._facts["pack"]["licences"])),
            (self._say("annex.sources"), "\n".join(self._law["sources"])),
        ]
        yield self._table(("field", "value"), rows, (0.3, 0.7))


def _share(rate: float) -> str:
    """0.001 as 0.1 %."""
    return f"{rate:.4%}".rstrip("%").rstrip("0").rstrip(".") + " %"
