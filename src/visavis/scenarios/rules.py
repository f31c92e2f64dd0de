"""What a pack must keep beyond its shape; one rule a function, each naming the place of every breach."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from visavis.scenarios.art import drawing, fault
from visavis.scenarios.schema import (
    CampaignEntry,
    HistoriesEntry,
    ItemEntry,
    NoticesFile,
    PackFile,
    RuleEntry,
    SimulatorFile,
)
from visavis.scenarios.source import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of a pack, each of the right shape."""

    folder: Path
    pack: PackFile
    notices: NoticesFile
    items: dict[str, ItemEntry]
    simulator: SimulatorFile


Breach = tuple[str, Place, str]
"""File without its ending, place in it, what is wrong."""
Rule = Callable[[Files], Iterator[Breach]]


def greetings_name_the_person(files: Files) -> Iterator[Breach]:
    """Every greeting holds {nickname} once, and no other placeholder."""
    for locale, text in files.pack.greeting.items():
        if text.count("{nickname}") != 1 or text.count("{") != 1 or text.count("}") != 1:
            yield "pack", ("greeting", locale), "must hold {nickname} once and no other braces"


def faces_are_optional(files: Files) -> Iterator[Breach]:
    """Card and PIN serve as well, so membership never depends on recognition."""
    if files.notices.recognise.required:
        yield "notices", ("recognise", "required"), "must be false: card and PIN give the same benefits as a face"


def items_have_categories(files: Files) -> Iterator[Breach]:
    """An item's category has a title; a category has an item."""
    for item_id, item in files.items.items():
        if item.category not in files.pack.categories:
            yield "items", (item_id, "category"), f"category {item.category!r} is not listed in pack.yaml"
    used = {item.category for item in files.items.values()}
    for category in files.pack.categories:
        if category not in used:
            yield "pack", ("categories", category), "no item has this category"


def categories_have_drawings(files: Files) -> Iterator[Breach]:
    """Screens show a drawing with each item."""
    for category in files.pack.categories:
        found = fault(drawing(files.folder, category))
        if found:
            yield "pack", ("categories", category), f"art/{category}.svg {found}"


def campaigns_name_what_exists(files: Files) -> Iterator[Breach]:
    """Items and placements of campaigns exist and are named once."""
    for campaign_id, campaign in files.pack.campaigns.items():
        known: dict[str, Container[str]] = {"items": files.items, "placements": files.pack.placements}
        for field, names in (("items", campaign.items), ("placements", campaign.placements)):
            for n, name in enumerate(names):
                if name not in known[field]:
                    yield "pack", ("campaigns", campaign_id, field, n), f"{name!r} does not exist"
                elif name in names[:n]:
                    yield "pack", ("campaigns", campaign_id, field, n), f"{name!r} is named twice"


def items_run_somewhere(files: Files) -> Iterator[Breach]:
    """An item in no campaign would never be shown."""
    running = {item_id for campaign in files.pack.campaigns.values() for item_id in campaign.items}
    for item_id in files.items:
        if item_id not in running:
            yield "items", (item_id,), "is in no campaign, so it would never be shown"


def campaigns_end_after_they_start(files: Files) -> Iterator[Breach]:
    """A schedule has a length."""
    for campaign_id, campaign in files.pack.campaigns.items():
        if campaign.starts_at and campaign.ends_at and campaign.ends_at <= campaign.starts_at:
            yield "pack", ("campaigns", campaign_id, "ends_at"), "the campaign ends before it starts"


def house_items_are_public(files: Files) -> Iterator[Breach]:
    """House items fill any screen at any moment."""
    for campaign_id, campaign in files.pack.campaigns.items():
        for n, name in enumerate(campaign.items if campaign.house else []):
            if name in files.items and files.items[name].privacy != "public":
                yield "pack", ("campaigns", campaign_id, "items", n), f"{name!r} is a house item, so it must be public"


def placements_are_never_blank(files: Files) -> Iterator[Breach]:
    """Each placement has a house campaign that is always open."""
    for placement_id in files.pack.placements:
        if not any(_always_open(campaign, placement_id) for campaign in files.pack.campaigns.values()):
            yield (
                "pack",
                ("placements", placement_id),
                "has no house campaign without budget, cap and dates; its screen could go blank",
            )


def _always_open(campaign: CampaignEntry, placement_id: str) -> bool:
    limits = (campaign.budget_impressions, campaign.cap_per_member_day, campaign.starts_at, campaign.ends_at)
    here = not campaign.placements or placement_id in campaign.placements
    return campaign.house and here and all(limit is None for limit in limits)


def rewards_follow_reactions(files: Files) -> Iterator[Breach]:
    """Only what answers a decision can reward it."""
    for kind, event_type in files.pack.event_types.items():
        if event_type.reward and not event_type.reaction:
            yield "pack", ("event_types", kind, "reward"), "earns a reward, so it must be a reaction"


def nothing_goes_before_it_is_answered(files: Files) -> Iterator[Breach]:
    """A decision, its events and its place in a budget rest at least as long as a reaction may take."""
    window_days = files.pack.attribution_window_s / 86_400
    for category in ("event", "decision", "allowance"):
        days = getattr(files.pack.retention_days, category)
        if days is not None and days < window_days:
            yield "pack", ("retention_days", category), "is shorter than the attribution window"


def values_run_forwards(files: Files) -> Iterator[Breach]:
    """The least value of an event comes before the greatest."""
    for kind, event_type in files.pack.event_types.items():
        if event_type.values and event_type.values[0] > event_type.values[1]:
            yield "pack", ("event_types", kind, "values"), "ends before it begins"


def rules_speak_of_this_pack(files: Files) -> Iterator[Breach]:
    """An attribute that some item has, an event type that exists, numbers where sizes are compared."""
    for rule_id, rule in files.pack.rules.items():
        if rule.fact is not None and rule.fact not in files.pack.event_types:
            yield "pack", ("rules", rule_id, "fact"), f"event type {rule.fact!r} does not exist"
        having = {item_id: item for item_id, item in files.items.items() if rule.attribute in item.attributes}
        if not having:
            yield "pack", ("rules", rule_id, "attribute"), f"no item has the attribute {rule.attribute!r}"
        if rule.fact is None and rule.relation == "equals":
            continue
        if rule.fact is None and not _number(rule.value):
            yield "pack", ("rules", rule_id, "value"), f"{rule.relation} compares numbers"
        for item_id, item in having.items():
            if not _number(item.attributes[rule.attribute]):
                yield (
                    "items",
                    (item_id, "attributes", rule.attribute),
                    f"rule {rule_id!r} compares it, so it must be a number",
                )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def rules_leave_the_house_open(files: Files) -> Iterator[Breach]:
    """House items fill any screen at any moment, so no rule may hold one back from anybody."""
    for campaign_id, campaign in files.pack.campaigns.items():
        for n, name in enumerate(campaign.items if campaign.house else []):
            attributes = files.items[name].attributes if name in files.items else {}
            for rule_id, rule in files.pack.rules.items():
                meant = rule.attribute in attributes or rule.every_item
                if meant and (rule.fact is not None or not _holds(rule, attributes.get(rule.attribute))):
                    place = ("campaigns", campaign_id, "items", n)
                    yield "pack", place, f"{name!r} is a house item, so rule {rule_id!r} must not withhold it"


def _holds(rule: RuleEntry, attribute: bool | float | str | None) -> bool:
    match rule.relation, attribute, rule.value:
        case "equals", _, _:
            return type(attribute) is type(rule.value) and attribute == rule.value
        case "at_most", int() | float(), int() | float():
            return attribute <= rule.value
        case "at_least", int() | float(), int() | float():
            return attribute >= rule.value
    return False


def simulator_speaks_of_this_pack(files: Files) -> Iterator[Breach]:
    """Simulated people do what the pack knows, where it knows it, in time to be counted."""
    for place, kind in _simulated_kinds(files.simulator):
        if kind not in files.pack.event_types:
            yield "simulator", place, f"event type {kind!r} does not exist"
        elif place[0] in ("steps", "refusal") and not files.pack.event_types[kind].reaction:
            yield "simulator", place, f"event type {kind!r} is not a reaction"
    for placement_id in files.simulator.visits.placements:
        if placement_id not in files.pack.placements:
            yield "simulator", ("visits", "placements", placement_id), "this placement does not exist"


def _simulated_kinds(simulator: SimulatorFile) -> Iterator[tuple[Place, str]]:
    for n, step in enumerate(simulator.steps):
        yield ("steps", n, "kind"), step.kind
    yield ("refusal", "kind"), simulator.refusal.kind
    yield ("history", "kind"), simulator.history.kind
    for n, fact in enumerate(simulator.facts):
        yield ("facts", n, "kind"), fact.kind


def simulated_delays_fit(files: Files) -> Iterator[Breach]:
    """Delays run forwards and end within the attribution window, also those of the late."""
    late = files.simulator.late.delay_s if files.simulator.late else [0.0, 0.0]
    if late[0] > late[1]:
        yield "simulator", ("late", "delay_s"), "ends before it begins"
    total = late[1]
    for n, step in enumerate(files.simulator.steps):
        total += step.delay_s[1]
        if step.delay_s[0] > step.delay_s[1]:
            yield "simulator", ("steps", n, "delay_s"), "ends before it begins"
        if total > files.pack.attribution_window_s:
            yield "simulator", ("steps", n, "delay_s"), "can end after the attribution window"
    first, last = files.simulator.refusal.delay_s
    if first > last or last + late[1] > files.pack.attribution_window_s:
        yield "simulator", ("refusal", "delay_s"), "must run forwards and end within the attribution window"


def simulated_facts_are_values(files: Files) -> Iterator[Breach]:
    """What members say of themselves is what such an event may say."""
    for n, fact in enumerate(files.simulator.facts):
        known = files.pack.event_types.get(fact.kind)
        least, greatest = known.values if known and known.values else (-1e9, 1e9)
        if not least <= fact.values[0] <= fact.values[1] <= greatest:
            yield "simulator", ("facts", n, "values"), "must run forwards, within the values of the event type"


def histories_speak_of_this_pack(files: Files) -> Iterator[Breach]:
    """Acts, tiers and offers of simulated histories exist; an event tells what it says by its kind and item alone."""
    plan = files.simulator.histories
    if plan is None:
        return
    for place, name, known in _named_in_histories(plan, files):
        if name not in known:
            yield "simulator", ("histories", *place), f"{name!r} does not exist"
    seen: dict[tuple[str, str | None], str] = {}
    for act_id, act in plan.acts.items():
        named: list[str | None] = [*act.items] or [None]
        for item_id in named:
            first = seen.setdefault((act.kind, item_id), act_id)
            if first != act_id:
                yield "simulator", ("histories", "acts", act_id), f"cannot be told from {first!r}: same kind, same item"
    lowest, *others = (tier.reaches for tier in plan.tiers.values())
    if lowest != 0 or sorted({lowest, *others}) != [lowest, *others]:
        yield "simulator", ("histories", "tiers"), "must rise from 0"


def _named_in_histories(plan: HistoriesEntry, files: Files) -> Iterator[tuple[Place, str, Container[str]]]:
    classes, kinds = files.pack.behaviour_classes, files.pack.event_types
    yield ("idle", "behaviour"), plan.idle.behaviour, classes
    for n, kind in enumerate(plan.turnover):
        yield ("turnover", n), kind, kinds
    for act_id, act in plan.acts.items():
        yield ("acts", act_id, "kind"), act.kind, kinds
        for n, item_id in enumerate(act.items):
            yield ("acts", act_id, "items", n), item_id, files.items
        if act.says is not None:
            yield ("acts", act_id, "says"), act.says, [name for name in classes if name != plan.idle.behaviour]
        if act.tier is not None:
            yield ("acts", act_id, "tier"), act.tier, plan.tiers
    for name, row in plan.offers.items():
        yield ("offers", name), name, classes
        for tier, item_id in row.items():
            yield ("offers", name, tier), tier, plan.tiers
            yield ("offers", name, tier), item_id, files.items


def histories_are_whole(files: Files) -> Iterator[Breach]:
    """Each class is told by an act, some act tells nothing, and each class has an offer at each tier."""
    plan = files.simulator.histories
    if plan is None:
        return
    told = {act.says for act in plan.acts.values()}
    for name in files.pack.behaviour_classes:
        if name != plan.idle.behaviour and name not in told:
            yield "simulator", ("histories", "acts"), f"no act says {name!r}"
        for tier in plan.tiers:
            if tier not in plan.offers.get(name, {}):
                yield "simulator", ("histories", "offers", name), f"no offer for {name!r} at tier {tier!r}"
    if None not in told:
        yield "simulator", ("histories", "acts"), "one act at least must say nothing"


RULES: tuple[Rule, ...] = (
    greetings_name_the_person,
    faces_are_optional,
    items_have_categories,
    categories_have_drawings,
    campaigns_name_what_exists,
    items_run_somewhere,
    campaigns_end_after_they_start,
    house_items_are_public,
    placements_are_never_blank,
    rewards_follow_reactions,
    nothing_goes_before_it_is_answered,
    values_run_forwards,
    rules_speak_of_this_pack,
    rules_leave_the_house_open,
    simulator_speaks_of_this_pack,
    simulated_delays_fit,
    simulated_facts_are_values,
    histories_speak_of_this_pack,
    histories_are_whole,
)
