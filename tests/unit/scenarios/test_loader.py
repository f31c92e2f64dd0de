"""Packs are data from outside: every mistake is named with its file and line, and nothing loads with one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.errors import ScenarioInvalid, ScenarioUnknown
from visavis.scenarios.loader import INSTALLED, art_folder, check, load_scenario, scenario_names
from visavis.scenarios.schema import PolicyChoice
from visavis.scenarios.source import Problem, Source, parse_yaml
from visavis.types import DEFAULT_CLASSES, PolicyName, PrivacyClass, Purpose, Relation, Rule, Surface

RETAIL = INSTALLED / "retail"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the retail pack that a test may break."""
    return Path(shutil.copytree(RETAIL, tmp_path / "shop"))


def edited(pack: Path, file: str, old: str, new: str) -> list[str]:
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(problem) for problem in check(pack)]


@pytest.mark.parametrize("name", scenario_names())
def test_every_installed_pack_is_without_mistakes(name: str) -> None:
    """And says everything in both languages."""
    assert check(name) == []
    scenario = load_scenario(name)
    texts = [scenario.title, scenario.greeting, *(n.text for n in scenario.notices.values())]
    texts += [text for item in scenario.items.values() for text in (item.title, item.text)]
    assert len(texts) > 80
    assert all(text["en"] and text["zh-CN"] for text in texts)


def test_retail_holds_what_it_promises() -> None:
    """Forty offers, a kiosk and screens, a notice for each purpose, none of which must be agreed to."""
    retail = load_scenario("retail")
    house = {item for c in retail.campaigns.values() if c.house for item in c.items}
    assert len(retail.items.keys() - house) == 40
    assert set(retail.notices) == set(Purpose)
    assert not any(notice.required for notice in retail.notices.values())
    assert {p.surface for p in retail.placements.values()} >= {Surface.KIOSK, Surface.PUBLIC_SCREEN}
    assert all(retail.items[item].privacy is PrivacyClass.PUBLIC for item in house)
    assert {path.stem for path in art_folder("retail").iterdir()} == set(retail.categories)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("pack.yaml", "minimum_age: 16", "minimum_age: sixteen", "minimum_age"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nmax_age: 99", "max_age"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nretention_days: {biometrics: 30}", "biometrics"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nretention_days: {event: 0}", "event"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nretention_days: {audit: 30}", "audit"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nretention_days: {event: 12.5}", "event"),
        ("pack.yaml", "_window_s: 900", "_window_s: 90000\nretention_days: {decision: 1}", "attribution window"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\npolicy: roulette", "policy"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nexploration_budget: 1.5", "exploration_budget"),
        ("pack.yaml", "minimum_age: 16", "minimum_age: 16\nsafety_floor: -0.1", "safety_floor"),
        ("pack.yaml", "lapsed: {en: Has not come for long, zh-CN", "lapsed: {en: Has not come for long, de", "zh-CN"),
        ("pack.yaml", "    interest: 3", "    interest: 3\n    values: [5, 1]", "values"),
        ("pack.yaml", "    surface: kiosk", "    surface: billboard", "surface"),
        ("pack.yaml", "reward: 0.3", "reward: 3", "reward"),
        ("pack.yaml", "- sourdough-loaf", "- sourdough-loaf-xxl", "does not exist"),
        ("pack.yaml", "{nickname}", "friend", "nickname"),
        ("pack.yaml", "house: true", "house: false", "house"),
        ("items.yaml", "zh-CN: 意式浓缩咖啡豆", "de: Espressobohnen", "zh-CN"),
        ("items.yaml", "category: coffee-tea", "category: beverages", "beverages"),
        ("simulator.yaml", "kind: purchase", "kind: puchase", "puchase"),
        ("simulator.yaml", "behaviour: lapsed", "behaviour: laped", "'laped' does not exist"),
        ("simulator.yaml", "says: browser", "says: lapsed", "'lapsed' does not exist"),  # few events speak for it
        ("simulator.yaml", "items: [filter-roast,", "items: [seeded-rolls,", "cannot be told from 'basket'"),
        ("simulator.yaml", "quirk_spread", "late: {chance: 1, delay_s: [9, 90]}\nquirk_spread", "attribution window"),
        ("simulator.yaml", "quirk_spread", "facts: [{kind: vist, values: [1, 2], days: 3}]\nquirk_spread", "'vist'"),
        ("simulator.yaml", "quirk_spread", "facts: [{kind: visit, values: [3, 2], days: 3}]\nquirk_spread", "forwards"),
        ("simulator.yaml", "{reaches: 0,", "{reaches: 900,", "must rise from 0"),
        ("simulator.yaml", "      says: enthusiast\n", "", "no act says 'enthusiast'"),
        ("simulator.yaml", "small-basket: weekend-novel, ", "", "no offer for 'browser' at tier 'small-basket'"),
    ],
)
def test_each_mistake_is_named_with_file_and_line(pack: Path, file: str, old: str, new: str, said: str) -> None:
    """The first line of the message is enough to find it."""
    problems = edited(pack, file, old, new)
    assert problems
    assert any(said in problem for problem in problems)
    assert all(problem.split(":")[0].endswith(".yaml") and problem.split(":")[1].isdigit() for problem in problems)
    with pytest.raises(ScenarioInvalid):
        load_scenario(pack)


def a_rule(text: str) -> str:
    return f"minimum_age: 16\nrules:\n  one:\n    why: {{en: Why, zh-CN: 为何}}\n    {text}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{attribute: seats, relation: at_most}", "either a value or a fact"),
        ("{attribute: seats, relation: at_most, value: 3, fact: visit}", "either a value or a fact"),
        ("{attribute: seats, relation: at_most, value: 3, valid_days: 3}", "valid_days"),
        ("{attribute: seats, relation: at_most, fact: visits}", "'visits' does not exist"),
        ("{attribute: seat, relation: at_most, fact: visit}", "no item has the attribute 'seat'"),
        ("{attribute: seats, relation: at_most, value: many}", "compares numbers"),
        ("{attribute: origin, relation: at_least, fact: visit}", "must be a number"),
        ("{attribute: seats, relation: below, fact: visit}", "relation"),
        ("{attribute: seats, relation: at_most, value: 3, surfaces: [wall]}", "surfaces"),
        ("{attribute: vegan, relation: equals, value: true, every_item: true}", "must not withhold it"),
    ],
)
def test_each_mistake_in_a_rule_is_named(pack: Path, rule: str, said: str) -> None:
    """What a rule cannot mean is told before anybody is served by it."""
    text = a_rule(rule.strip("{}").replace(", ", "\n    "))
    problems = edited(pack, "pack.yaml", "minimum_age: 16", text)
    assert any(said in problem for problem in problems)
    assert all(problem.split(":")[1].isdigit() for problem in problems)


def test_a_pack_says_what_members_are_like_and_how_items_are_chosen(pack: Path) -> None:
    """What it leaves out is as before: five classes, SquareCB, no limit and no rule."""
    assert len(load_scenario("retail").behaviour_classes) == 5
    assert load_scenario("retail").rules == ()
    rule = a_rule(
        "attribute: seats\n    relation: at_most\n    fact: visit\n    valid_days: 365\n    surfaces: [kiosk]\n"
    )
    chosen = "policy: thompson\nexploration_budget: 0.2\nsafety_floor: 0.9"
    assert edited(pack, "pack.yaml", "minimum_age: 16", rule + chosen) == []
    text = (pack / "pack.yaml").read_text(encoding="utf-8")
    start, end = text.index("behaviour_classes:"), text.index("categories:")
    (pack / "pack.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    simulator = (pack / "simulator.yaml").read_text(encoding="utf-8")
    (pack / "simulator.yaml").write_text(simulator[: simulator.index("histories:")], encoding="utf-8")
    found = load_scenario(pack)
    assert found.behaviour_classes == DEFAULT_CLASSES
    assert (found.policy, found.exploration_budget, found.safety_floor) == (PolicyName.THOMPSON, 0.2, 0.9)
    assert found.rules == (
        Rule(
            id="one",
            why={"en": "Why", "zh-CN": "为何"},
            attribute="seats",
            relation=Relation.AT_MOST,
            fact="visit",
            valid_days=365,
            surfaces=(Surface.KIOSK,),
        ),
    )


def test_every_policy_can_be_chosen() -> None:
    """The schema's names are those of the engine."""
    assert set(get_args(PolicyChoice)) == set(PolicyName)


def test_r10_a_pack_may_keep_things_for_fewer_days(pack: Path) -> None:
    """What it does not name rests as long as elsewhere."""
    assert load_scenario("retail").retention_days == {}
    assert (
        edited(pack, "pack.yaml", "minimum_age: 16", "minimum_age: 16\nretention_days: {biometric: 90, event: 30}")
        == []
    )
    assert load_scenario(pack).retention_days == {"biometric": 90, "event": 30}


@pytest.mark.parametrize(
    "break_it", [lambda p: (p / "items.yaml").unlink(), lambda p: (p / "items.yaml").write_bytes(b"\xff\xfe\x00")]
)
def test_missing_or_unreadable_files_are_named(pack: Path, break_it: Callable[[Path], object]) -> None:
    """No traceback, the file's name."""
    break_it(pack)
    assert any("items.yaml" in str(problem) for problem in check(pack))


def test_a_missing_drawing_is_named(pack: Path) -> None:
    """A screen is never blank."""
    (pack / "art" / "dairy.svg").unlink()
    assert any("dairy.svg" in str(problem) for problem in check(pack))


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '<image href="https://example.org/x.png"/>', '<rect onload="x()"/>']
)
def test_a_drawing_with_script_or_foreign_address_is_refused(pack: Path, hostile: str) -> None:
    """A pack from elsewhere cannot run code on a screen or call home."""
    drawing = pack / "art" / "dairy.svg"
    drawing.write_text(drawing.read_text().replace("</svg>", f"{hostile}</svg>"))
    assert any("dairy.svg" in str(problem) for problem in check(pack))


@pytest.mark.parametrize("name", ["nothing", "../retail", "/etc", "Retail", ""])
def test_an_unknown_name_is_refused(name: str) -> None:
    """And no path is walked by name."""
    with pytest.raises(ScenarioUnknown):
        load_scenario(name)


BOMB = b"a: &a [x, x]\nb: [*a, *a]\n"


@pytest.mark.parametrize(
    "content",
    [BOMB, b"[" * 10_000, b"a: 1\na: 2\n", b"a: !!python/object:os.system x\n"],
)
def test_hostile_yaml_is_refused_within_bounds(content: bytes) -> None:
    """Aliases, depth, doubled keys and tags."""
    assert isinstance(parse_yaml(content, "x.yaml"), Problem)


def test_an_endless_file_is_refused_unread(pack: Path) -> None:
    """The size is bounded before anything is parsed."""
    (pack / "items.yaml").write_bytes(b"x" * 5_000_000)
    assert any("items.yaml" in str(problem) for problem in check(pack))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_source_or_a_problem(content: bytes) -> None:
    """Never an exception."""
    assert isinstance(parse_yaml(content, "x.yaml"), Source | Problem)
