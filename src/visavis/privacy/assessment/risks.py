"""What can go wrong for people, how likely and how bad, and what lowers it at this site: one row a risk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from visavis.privacy.assessment.configuration import Facts

Level = Literal["low", "medium", "high"]
ORDER: tuple[Level, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One risk; severity stays, measures make it less likely."""

    key: str  # its words are `risk.<key>.what` and `.measure` in texts.yaml
    severity: Level
    without: Level  # likelihood if nothing were done
    likelihood: Callable[[Facts], Level]  # as this site is configured
    shown_by: tuple[str, ...]  # tests


def remaining(risk: Risk, facts: Facts) -> Level:
    """Of likelihood and severity, the lower one: a rare harm and a mild one are both bearable."""
    return min(risk.likelihood(facts), risk.severity, key=ORDER.index)


def highest(facts: Facts) -> Level:
    """The worst that remains."""
    return max((remaining(risk, facts) for risk in RISKS), key=ORDER.index)


def _always(level: Level) -> Callable[[Facts], Level]:
    return lambda _facts: level


def _false_match(facts: Facts) -> Level:
    rate = facts["false_match_rate"]
    return "low" if rate <= 0.001 else "medium" if rate <= 0.01 else "high"


def _spoof(facts: Facts) -> Level:
    levels = facts["liveness"]
    asked = [levels.get(use, "off") != "off" for use in ("enrolment", "rewards")]
    return "low" if all(asked) else "medium" if any(asked) else "high"


def _stolen(facts: Facts) -> Level:
    return "medium" if facts["protection"] == "L0" else "low"


def _watched(facts: Facts) -> Level:
    return "medium" if sum(facts["cameras"].values()) else "low"


def _seen_by_others(facts: Facts) -> Level:
    return "medium" if any(p["surface"] == "public_screen" for p in facts["placements"].values()) else "low"


def _minors(facts: Facts) -> Level:
    return "medium" if facts["minimum_age"] < 14 else "low"


RISKS = (
    Risk(
        key="strangers",
        severity="high",
        without="high",
        likelihood=_always("low"),
        shown_by=(
            "test_invariant_03_and_04_no_frame_stranger_or_plain_template_on_disk",
            "test_r06_no_byte_of_a_stranger_is_written_down",
        ),
    ),
    Risk(
        key="watched",
        severity="medium",
        without="high",
        likelihood=_watched,
        shown_by=("test_invariant_05_the_kiosk_knows_a_pin_without_a_camera",),
    ),
    Risk(
        key="false_match",
        severity="medium",
        without="high",
        likelihood=_false_match,
        shown_by=(
            "test_not_me_lowers_the_template_and_three_times_retires_it",
            "test_strict_review_holds_the_first_match_until_staff_confirms",
        ),
    ),
    Risk(
        key="spoof",
        severity="medium",
        without="high",
        likelihood=_spoof,
        shown_by=("test_a_picture_does_not_pass_and_other_ways_are_offered",),
    ),
    Risk(
        key="refused",
        severity="medium",
        without="high",
        likelihood=_always("low"),
        shown_by=(
            "test_invariant_05_card_and_pin_give_the_same_as_a_face",
            "test_r14_without_an_assessment_faces_are_off_and_everything_else_works",
        ),
    ),
    Risk(
        key="groups",
        severity="medium",
        without="high",
        likelihood=_always("medium"),
        shown_by=("test_r16_the_report_counts_by_placement_and_light",),
    ),
    Risk(
        key="minors",
        severity="high",
        without="medium",
        likelihood=_minors,
        shown_by=("test_r17_figures_are_those_of_the_law",),
    ),
    Risk(
        key="inference",
        severity="high",
        without="medium",
        likelihood=_always("low"),
        shown_by=(
            "test_nothing_infers_who_a_person_is_from_a_face",
            "test_the_gate_permits_exactly_what_was_allowed",
        ),
    ),
    Risk(
        key="others",
        severity="medium",
        without="high",
        likelihood=_seen_by_others,
        shown_by=(
            "test_invariant_06_a_screen_shows_no_more_than_its_class",
            "test_invariant_06_nothing_personal_while_others_look_on",
        ),
    ),
    Risk(
        key="stolen",
        severity="high",
        without="high",
        likelihood=_stolen,
        shown_by=(
            "test_no_numbers_come_out_of_a_ciphertext",
            "test_nobody_is_found_again_at_another_site",
            "test_what_is_stolen_is_worth_nothing_afterwards",
        ),
    ),
    Risk(
        key="kept",
        severity="high",
        without="high",
        likelihood=_always("low"),
        shown_by=("test_r11_who_withdrew_cannot_be_recovered_from_anything", "test_a_deletion_receipt_says_what_went"),
    ),
    Risk(
        key="insider",
        severity="medium",
        without="medium",
        likelihood=_always("low"),
        shown_by=("test_every_random_mutation_of_a_chain_is_found", "test_no_answer_of_any_route_holds_a_face"),
    ),
)
