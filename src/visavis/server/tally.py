"""Counts of what the edge saw; no identities, only numbers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from visavis.identity.drift import CalibrationCheck
from visavis.pipeline.camera import Seen
from visavis.pipeline.edge import Welcome
from visavis.pipeline.hub import Hub
from visavis.pipeline.watch import CameraState
from visavis.privacy.retention import Category
from visavis.types import Method


class Cameras(Collector):
    """What each camera counts itself, read when somebody asks."""

    COUNTERS = (
        ("frames", "Frames of a camera that were looked at."),
        ("dropped", "Frames of a camera that a newer one replaced before their turn."),
        ("late", "Frames of a camera that were decided more than a second after they were taken."),
        ("damaged", "Packets and pictures of a camera that could not be decoded."),
        ("reconnects", "Attempts to connect to a camera again."),
    )

    def __init__(self) -> None:
        self.states: Callable[[], tuple[CameraState, ...]] = tuple

    def collect(self) -> Iterator[Metric]:
        """One sample a camera."""
        states = self.states()
        for name, meaning in self.COUNTERS:
            counter = CounterMetricFamily(f"visavis_camera_{name}", meaning, labels=["camera"])
            for state in states:
                counter.add_metric([state.name], getattr(state, name))
            yield counter
        connected = GaugeMetricFamily("visavis_camera_connected", "1 while a camera is connected.", labels=["camera"])
        for state in states:
            connected.add_metric([state.name], state.connected)
        yield connected


class Served(Collector):
    """What the hub counts itself, read when somebody asks."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def collect(self) -> Iterator[Metric]:
        """States of members, models, and how a model in the shadow differs."""
        hub = self.hub
        replayed, due = (hub.following.replayed, len(hub.following.due)) if hub else (0, 0)
        asked, disagreed, unscored = (hub.shadowed, hub.disagreed, hub.unscored) if hub else (0, 0, 0)
        counters = (
            ("states_replayed", "States of members that were made again from the log.", replayed),
            ("shadow_asked", "Decisions for which a model in the shadow was asked too.", asked),
            ("shadow_disagreed", "Those for which it had another favourite.", disagreed),
            (
                "unscored",
                "Decisions in which the live recommending model failed.",
                unscored,
            ),
        )
        for name, meaning, count in counters:
            counter = CounterMetricFamily(f"visavis_{name}", meaning)
            counter.add_metric([], count)
            yield counter
        yield GaugeMetricFamily("visavis_states_due", "States of members that wait to be made again.", value=due)
        versions = GaugeMetricFamily("visavis_model_version", "Version of each model in use.", labels=["model"])
        for what, version in (hub.models.versions if hub else {}).items():
            versions.add_metric([what], int(version.split("-")[1]))
        yield versions


@dataclass(slots=True)
class Tally:
    """Metrics of one process, in its own registry, so that two servers in one test do not meet."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    frames: Counter = field(init=False)
    faces: Counter = field(init=False)
    recognised: Counter = field(init=False)
    decided: Counter = field(init=False)
    perception_s: Histogram = field(init=False)
    screens: Gauge = field(init=False)
    enrolled: Gauge = field(init=False)
    expired: Counter = field(init=False)
    policy_version: Gauge = field(init=False)
    fpir: Gauge = field(init=False)
    calibration_drift: Gauge = field(init=False)
    camera_lag_s: Histogram = field(init=False)
    cameras: Cameras = field(init=False)
    profile_s: Histogram = field(init=False)
    served: Served = field(init=False)

    def __post_init__(self) -> None:
        r = self.registry
        self.frames = Counter("visavis_frames", "Frames that were looked at.", registry=r)
        self.faces = Counter("visavis_faces", "Faces that came into view, each counted once.", registry=r)
        self.recognised = Counter("visavis_recognised", "Members recognised, by method.", ["method"], registry=r)
        self.decided = Counter("visavis_decisions", "Decisions made, by placement.", ["placement"], registry=r)
        self.perception_s = Histogram(
            "visavis_perception_seconds",
            "Time from frame to faces and sightings.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
            registry=r,
        )
        self.screens = Gauge("visavis_screens_connected", "Screens that listen for decisions.", registry=r)
        self.enrolled = Gauge("visavis_enrolled", "People who are enrolled by face.", registry=r)
        self.expired = Counter(
            "visavis_expired", "Rows and memberships that the retention job removed.", ["category"], registry=r
        )
        self.fpir = Gauge("visavis_fpir", "Share of members who would be taken for another member.", registry=r)
        self.calibration_drift = Gauge(
            "visavis_calibration_drift", "1 while that share is more than the promised error rate allows.", registry=r
        )
        self.policy_version = Gauge("visavis_policy_version", "Updates that the live policy learned from.", registry=r)
        self.camera_lag_s = Histogram(
            "visavis_camera_lag_seconds",
            "Time from a camera's frame to its decision.",
            ["camera"],
            buckets=(0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 2.5, 5.0),
            registry=r,
        )
        self.cameras = Cameras()
        r.register(self.cameras)
        self.profile_s = Histogram(
            "visavis_profile_update_seconds",
            "Time to add one batch of events to the states of members, without the database.",
            buckets=(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0),
            registry=r,
        )
        self.served = Served()
        r.register(self.served)

    # What the console reads back: a Prometheus counter is write-only by design.
    frames_seen: int = 0
    faces_seen: int = 0
    recognised_seen: int = 0
    recognised_by_face: int = 0

    def calibrated(self, check: CalibrationCheck) -> None:
        """Count what a check of the calibration found."""
        self.fpir.set(check.found_fpir)
        self.calibration_drift.set(check.drifted)

    def saw(self, seen: Seen) -> None:
        """Count one frame and what it held."""
        self.frames.inc()
        self.faces.inc(seen.arrived)
        self.frames_seen += 1
        self.faces_seen += seen.arrived
        for welcome in seen.welcomes:
            self.welcomed(welcome)

    def swept(self, removed: Mapping[Category, int]) -> None:
        """Count what the retention job removed."""
        for category, count in removed.items():
            self.expired.labels(category.value).inc(count)

    def forget_camera(self, name: str) -> None:
        """Drop the lag of a camera that has gone."""
        with suppress(KeyError):  # it never gave a frame
            self.camera_lag_s.remove(name)

    def welcomed(self, welcome: Welcome) -> None:
        """Count a member who was recognised, and the decision made for them."""
        self.recognised.labels(welcome.sighting.method.value).inc()
        self.recognised_seen += 1
        self.recognised_by_face += welcome.sighting.method is Method.FACE
        if welcome.decision is not None:
            self.decided.labels(welcome.decision.placement).inc()
