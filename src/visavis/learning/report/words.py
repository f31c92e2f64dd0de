"""Sentences of a report in one language: figures and ids -> words."""

from collections.abc import Sequence

from visavis.learning.estimate import Estimate
from visavis.learning.report.advice import Advice
from visavis.learning.report.log import LEAST, Names
from visavis.learning.report.report import Report
from visavis.learning.report.segments import FEWEST, Segment, Trait
from visavis.learning.report.texts import ADVICE, TEXTS, TRAITS, text

DASH = "–"


def advised(report: Report, locale: str) -> list[str]:
    """What to improve."""
    return [_advice(one, report.names, locale) for one in report.advice]


def _advice(one: Advice, names: Names, locale: str) -> str:
    values = {name: _named(name, value, names, locale) for name, value in one.values.items()}
    return ADVICE[one.code][locale].format(**values)


def _named(name: str, value: float | str, names: Names, locale: str) -> float | str:
    if not isinstance(value, str):
        return value
    for ending in ("item", "placement"):
        if name.endswith(f"_{ending}"):
            return names.say(f"{ending}s", value, locale)
    if name == "any_kind":
        return line_name(value, names, locale)
    return TEXTS[value][locale] if name == "feature" else value


def line_name(name: str, names: Names, locale: str) -> str:
    """Of a daily count: an event type, or decisions."""
    return text("decisions", locale) if name == "decisions" else names.say("kinds", name, locale)


def described(segment: Segment, names: Names, locale: str) -> str:
    """A group in words."""
    if not segment.traits:
        return text("in_between", locale)
    joint = "；" if locale == "zh-CN" else "; "
    return joint.join(_trait(trait, names, locale) for trait in segment.traits)


def _trait(trait: Trait, names: Names, locale: str) -> str:
    feature, _, name = trait.feature.partition(":")
    title = names.say({"kind": "kinds", "category": "categories"}[feature], name, locale) if name else ""
    return TRAITS[feature, trait.more][locale].format(name=title, mean=trait.mean)


def segments_note(report: Report, locale: str) -> str:
    """How many groups, and how far apart."""
    found = report.segments
    if found.silhouette is None:
        few = found.members < FEWEST
        return text("segments_few", locale, fewest=FEWEST) if few else text("segments_alike", locale)
    key = "segments_clear" if found.clear else "segments_unclear"
    return text(key, locale, count=len(found.segments), silhouette=found.silhouette)


def period(report: Report, locale: str) -> str:
    """From when to when."""
    until = f"{report.until:%Y-%m-%d %H:%M}"
    if report.since is None:
        return text("no_period", locale, until=until)
    return text("period", locale, since=f"{report.since:%Y-%m-%d}", until=until)


def privacy(report: Report, locale: str) -> str:
    """What is not in the report."""
    match report.silent:
        case 0:
            silent = text("nobody_silent", locale)
        case few if few < LEAST:
            silent = text("few_silent", locale, least=LEAST)
        case many:
            silent = text("some_silent", locale, count=f"{many:,}")
    return text("privacy", locale, least=LEAST, silent=silent)


def percent(value: float | None) -> str:
    """A share."""
    return DASH if value is None else f"{value:.1%}"


def interval(estimate: Estimate | None, *, form: str = ".1%") -> str:
    """Of an estimate."""
    return DASH if estimate is None else f"{estimate.low:{form}} … {estimate.high:{form}}"


def values_of(feature: str, value: str, names: Names, locale: str) -> str:
    """What one value of a feature is called."""
    match feature:
        case "kind":
            return names.say("kinds", value, locale)
        case "placement":
            return names.say("placements", value, locale)
        case "category":
            return names.say("categories", value, locale)
        case "weekday":
            return text("weekdays", locale).split()[int(value)]
        case _:
            return value


def rows_hidden(count: int, locale: str) -> Sequence[str]:
    """A note where groups are left out."""
    return [text("hidden", locale, count=count, least=LEAST)] if count else []
