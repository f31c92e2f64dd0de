"""What to improve: sentences that follow from figures by a rule each, strongest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from visavis.learning.report.changes import Anomaly, Drift
from visavis.learning.report.cohorts import Cohorts
from visavis.learning.report.funnel import Funnel, Group
from visavis.learning.report.segments import Segments
from visavis.learning.report.uplift import FEW, Uplift

MOST = 8  # sentences
LATELY_GONE_D = 60.0  # days without a visit after which a group is to be won back
SEEN_ENOUGH = 100  # decisions on the glass from which on an item or a place is judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence by its code, with the figures that it rests on; pages know the words."""

    code: str
    values: Mapping[str, float | str] = field(default_factory=dict)  # names end in _item, _placement, _kind


def advice(
    *,
    funnel: Funnel | None,
    cohorts: Cohorts,
    segments: Segments,
    uplift: Uplift | None,
    anomalies: tuple[Anomaly, ...],
    drift: tuple[Drift, ...],
) -> tuple[Advice, ...]:
    """At most eight, the order is by weight: first what is broken, then what earns most."""
    found = [
        *(_of_funnel(funnel) if funnel is not None else ()),
        *(_of_uplift(uplift) if uplift is not None else ()),
        *(_of_groups(funnel.by_item, "item") if funnel is not None else ()),
        *(_of_groups(funnel.by_placement, "placement") if funnel is not None else ()),
        *_of_cohorts(cohorts),
        *_of_segments(segments),
        *_of_changes(anomalies, drift),
    ]
    found.sort(key=lambda one: one.code == "no_holdout")  # of how to measure, after what to do
    return tuple(found[:MOST]) or (Advice(code="nothing_stands_out"),)


def _of_funnel(funnel: Funnel) -> Iterator[Advice]:
    steps = {step.name: step for step in funnel.steps}
    delivered, glass = steps["delivered"].of_before, steps["on_glass"].of_before
    if delivered is not None and delivered.high < 0.95:
        yield Advice(code="not_delivered", values={"share": 1 - delivered.value})
    if glass is not None and glass.high < 0.9:
        yield Advice(code="not_on_glass", values={"share": 1 - glass.value})
    converted = steps["converted"].of_before
    if converted is not None and converted.high < 0.2:
        yield Advice(code="reactions_end_early", values={"share": converted.value})


def _of_uplift(uplift: Uplift) -> Iterator[Advice]:
    gap = uplift.difference
    if gap is None:
        yield Advice(code="no_holdout")
        log = uplift.from_log
        if log is not None and uplift.effective >= FEW and log.high < 0:
            yield Advice(code="worse_than_even", values={"low": log.low, "high": log.high})
    elif gap.high < 0:
        yield Advice(code="policy_loses", values={"value": gap.value, "low": gap.low, "high": gap.high})
    elif gap.low <= 0:
        yield Advice(code="uplift_unproven", values={"low": gap.low, "high": gap.high})
    else:
        yield Advice(code="policy_wins", values={"value": gap.value, "low": gap.low, "high": gap.high})


def _of_groups(groups: tuple[Group, ...], what: str) -> Iterator[Advice]:
    """The best and the worst of those that were seen often, where their intervals do not touch."""
    judged = [group for group in groups if group.shown >= SEEN_ENOUGH]
    if len(judged) < 2:
        return
    best = max(judged, key=lambda group: group.reacted.low)
    worst = min(judged, key=lambda group: group.reacted.high)
    if worst.reacted.high < best.reacted.low:
        values: dict[str, float | str] = {
            f"best_{what}": best.name,
            f"worst_{what}": worst.name,
            "best": best.reacted.value,
            "worst": worst.reacted.value,
        }
        yield Advice(code=f"unequal_{what}s", values=values)


def _of_cohorts(cohorts: Cohorts) -> Iterator[Advice]:
    if len(cohorts.retention) < 2 or cohorts.retention[1] is None:
        return
    back = cohorts.retention[1]
    if back < 0.3:
        yield Advice(code="few_return_weekly" if cohorts.weekly else "few_return_monthly", values={"share": back})
    begun = [cohort.active[1] for cohort in cohorts.cohorts if len(cohort.active) > 1]
    known = [share for share in begun if share is not None]
    half = len(known) // 2
    if half >= 2:
        early, late = sum(known[:half]) / half, sum(known[-half:]) / half
        if late < 0.75 * early:
            yield Advice(code="fewer_return_than_before", values={"before": early, "after": late})


def _of_segments(segments: Segments) -> Iterator[Advice]:
    for number, segment in enumerate(segments.segments, start=1):
        if segment.means.get("recency_d", 0.0) >= LATELY_GONE_D and segment.share >= 0.1:
            days = segment.means["recency_d"]
            yield Advice(code="win_back", values={"segment": number, "share": segment.share, "days": days})


def _of_changes(anomalies: tuple[Anomaly, ...], drift: tuple[Drift, ...]) -> Iterator[Advice]:
    fallen = [anomaly for anomaly in anomalies if anomaly.z < 0]
    if fallen:
        worst = min(fallen, key=lambda anomaly: anomaly.z)
        values: dict[str, float | str] = {
            "day": worst.day.isoformat(),
            "any_kind": worst.name,
            "count": worst.count,
            "usual": worst.usual,
        }
        yield Advice(code="days_missing", values=values)
    large = [one for one in drift if one.large]
    if large:
        yield Advice(code="train_again", values={"feature": large[0].name, "psi": large[0].psi})
