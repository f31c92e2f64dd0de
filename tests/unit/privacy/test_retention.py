"""The schedule, and what it asks for one member; expected days counted by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.retention import DEFAULTS, LIMITED, Category, Due, due, last_seen, schedule
from visavis.scenarios.schema import RetentionEntry
from visavis.testing import T0, a_consent, a_member, a_scenario, a_template, a_withdrawal
from visavis.types import Consent, Member, Purpose, Withdrawal

DAY = timedelta(days=1)
EU = load_jurisdiction("EU")
RULES = schedule(EU, a_scenario())
JOINED = replace(a_member(), enrolled_at=T0, templates=(a_template(created_at=T0),))
YEARS = T0 + 3650 * DAY


def asked(
    member: Member,
    history: list[Consent | Withdrawal],
    last: date | None,
    now: datetime,
    erased: datetime | None = None,
) -> list[tuple[Category, Due]]:
    return list(due(member, history, RULES, now, last_visit=last, erased=erased))


def allowed(*purposes: Purpose, until: datetime = YEARS) -> list[Consent | Withdrawal]:
    return [
        a_consent(id=purpose.value, purpose=purpose, given_at=T0, expires_at=until)
        for purpose in purposes or (Purpose.RECOGNISE, Purpose.PERSONALISE)
    ]


def test_r10_faces_rest_twelve_months_without_a_visit() -> None:
    """The default of the requirements; Illinois allows three years, and gets the twelve months all the same."""
    assert RULES[Category.BIOMETRIC].days == 365
    assert schedule(load_jurisdiction("US-IL"), a_scenario())[Category.BIOMETRIC].days == 365


def test_r10_the_fewest_days_win() -> None:
    """Of law, scenario and default, whichever is asked for."""
    strict = EU.model_copy(update={"biometric_days": 90, "event_days": 60})
    scenario = a_scenario(retention_days={"biometric": 200, "event": 30, "review": 7, "membership": 9999})
    rules = schedule(strict, scenario)
    assert {c.value: rules[c].days for c in Category} == {
        "biometric": 90,
        "membership": 730,
        "lapsed": 30,
        "event": 30,
        "decision": 60,
        "allowance": 35,
        "review": 7,
        "consent": 1095,
        "audit": None,
        "erasure": None,
        "log": None,
    }


def test_r10_a_scenario_names_the_categories_that_there_are() -> None:
    """The pack's file knows each category whose days can be lowered, and no other."""
    assert tuple(RetentionEntry.model_fields) == tuple(category.value for category in LIMITED)
    assert set(DEFAULTS) == set(Category)


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (0, None),
        (365, None),
        (366, (Category.BIOMETRIC, Due.FACE_UNUSED)),
        (730, (Category.BIOMETRIC, Due.FACE_UNUSED)),
        (731, (Category.MEMBERSHIP, Due.ALL)),
    ],
)
def test_r10_what_goes_by_days_since_the_last_visit(days: int, wanted: tuple[Category, Due] | None) -> None:
    """To the day: the 365th keeps the face, the 366th does not."""
    last = date(2027, 3, 1)
    now = datetime(2027, 3, 1, 23, 59, tzinfo=T0.tzinfo) + days * DAY
    assert asked(JOINED, allowed(), last, now) == ([wanted] if wanted else [])


def test_r10_without_templates_a_year_away_changes_nothing() -> None:
    """Card and PIN rest as long as the membership."""
    member = replace(JOINED, templates=())
    assert asked(member, allowed(), T0.date(), T0 + 400 * DAY) == []
    assert asked(member, allowed(), T0.date(), T0 + 731 * DAY) == [(Category.MEMBERSHIP, Due.ALL)]


def test_r10_a_new_template_or_joining_counts_as_being_here() -> None:
    """Also where no visit was ever counted."""
    assert last_seen(JOINED, None) == T0.date()
    assert last_seen(JOINED, T0.date() - DAY) == T0.date()
    newer = replace(JOINED, templates=(a_template(created_at=T0 + 9 * DAY),))
    assert last_seen(newer, T0.date() + DAY) == T0.date() + 9 * DAY


def test_r10_a_face_goes_when_its_consent_has_ended() -> None:
    """Expired or withdrawn, though the member comes every day; the membership stays."""
    now = T0 + 100 * DAY
    ended = [
        *allowed(Purpose.PERSONALISE),
        a_consent(id="r", purpose=Purpose.RECOGNISE, given_at=T0, expires_at=T0 + 99 * DAY),
    ]
    assert asked(JOINED, ended, now.date(), now) == [(Category.BIOMETRIC, Due.FACE_EXPIRED)]
    assert asked(JOINED, ended, now.date(), T0 + 98 * DAY) == []
    withdrawn = [*allowed(), a_withdrawal(consent_id="recognise", purpose=Purpose.RECOGNISE, withdrawn_at=T0 + DAY)]
    assert asked(JOINED, withdrawn, now.date(), now) == [(Category.BIOMETRIC, Due.FACE_EXPIRED)]


def test_r10_what_the_hub_knows_goes_thirty_days_after_consent_to_it_ended() -> None:
    """Once; the member keeps card and PIN, and whoever renewed in time keeps everything."""
    lapsed = [(Category.LAPSED, Due.HISTORY_EXPIRED)]
    member = replace(JOINED, templates=())
    history = [*allowed(Purpose.PERSONALISE, until=T0 + 50 * DAY), *allowed(Purpose.IMPROVE)]
    assert asked(member, history, T0.date(), T0 + 80 * DAY) == []
    assert asked(member, history, T0.date(), T0 + 81 * DAY) == lapsed
    assert asked(member, history, T0.date(), T0 + 81 * DAY, erased=T0 + 49 * DAY) == lapsed
    assert asked(member, history, T0.date(), T0 + 99 * DAY, erased=T0 + 81 * DAY) == []
    renewed = a_consent(id="p2", purpose=Purpose.PERSONALISE, given_at=T0 + 70 * DAY, expires_at=T0 + 90 * DAY)
    assert asked(member, [*history, renewed], T0.date(), T0 + 81 * DAY) == []
    assert asked(member, [*history, renewed], T0.date(), T0 + 121 * DAY) == lapsed
    assert asked(member, allowed(Purpose.PUSH), T0.date(), T0 + 99 * DAY) == []


def test_r10_a_face_and_a_history_may_go_on_the_same_day() -> None:
    """Both are named."""
    now = T0 + 81 * DAY
    assert asked(JOINED, allowed(until=T0 + 50 * DAY), now.date(), now) == [
        (Category.BIOMETRIC, Due.FACE_EXPIRED),
        (Category.LAPSED, Due.HISTORY_EXPIRED),
    ]
