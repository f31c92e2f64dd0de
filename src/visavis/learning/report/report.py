"""The whole report: figures first, words from them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from visavis.behaviour.series import moment
from visavis.learning.report.advice import Advice, advice
from visavis.learning.report.changes import Anomaly, Daily, Drift, anomalies, daily, drift
from visavis.learning.report.cohorts import Cohorts, cohorts
from visavis.learning.report.funnel import Funnel, funnel
from visavis.learning.report.log import LEAST, Log, Names
from visavis.learning.report.segments import Segments, segments
from visavis.learning.report.uplift import Uplift, uplift


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every figure; no id of a member and no group of fewer members than may be shown is in it."""

    title: str
    until: datetime
    since: datetime | None  # the first event or decision; None: there is none
    members: int  # with an event; 0: fewer than may be shown
    silent: int  # members whose events are in no figure
    events: int
    decisions: int
    funnel: Funnel | None  # None: no decisions are known
    uplift: Uplift | None
    cohorts: Cohorts
    segments: Segments
    daily: tuple[Daily, ...]
    anomalies: tuple[Anomaly, ...]
    drift: tuple[Drift, ...]
    advice: tuple[Advice, ...]
    names: Names


def make_report(log: Log, *, seed: int, progress: Callable[[str, float], None]) -> Report:
    """Compute everything; the same log and seed give the same report."""
    series, decisions = log.series, log.decisions
    members = int((series.starts[1:] > series.starts[:-1]).sum())
    if members < LEAST:
        series = series.where(series.at < 0)  # whoever they are, they are too few to say anything of
    progress("computing the report", 0.1)
    way = funnel(decisions, log.top_reward) if decisions is not None and len(decisions) else None
    worth = uplift(decisions) if decisions is not None and len(decisions) else None
    come_back = cohorts(series, log.until)
    progress("computing the report", 0.3)
    groups = segments(series, log.names, log.until, seed=seed)
    progress("computing the report", 0.8)
    days = daily(series, decisions, log.until)
    outliers, moved = anomalies(days), drift(series, log.names)
    progress("computing the report", 1.0)
    times = [int(at.min()) for at in (series.at, *(() if decisions is None else (decisions.at,))) if len(at)]
    return Report(
        title=log.title,
        until=log.until,
        since=moment(min(times)) if times else None,
        members=members if members >= LEAST else 0,
        silent=log.silent,
        events=len(series),
        decisions=0 if decisions is None else len(decisions),
        funnel=way,
        uplift=worth,
        cohorts=come_back,
        segments=groups,
        daily=days,
        anomalies=outliers,
        drift=moved,
        advice=advice(funnel=way, cohorts=come_back, segments=groups, uplift=worth, anomalies=outliers, drift=moved),
        names=log.names,
    )
