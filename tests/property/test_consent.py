"""The gate against an oracle that was written from the promise, not from the code."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOTICES, SCENARIOS, SITES, histories, moments, purposes

from visavis.errors import ConsentMissing, NoticeOutdated
from visavis.identity.enrol import withdrawals
from visavis.privacy.consent import State, grant, permit, standing, withdraw
from visavis.testing import T0, a_consent, a_scenario, a_withdrawal, counted_ids
from visavis.types import Consent, Notice, Purpose, Withdrawal


def allowed(
    history: list[Consent | Withdrawal], purpose: Purpose, scenario: str, site: str, notice: str, at: datetime
) -> bool:
    """Somebody said yes to exactly this, the time has come and has not passed, and nobody took it back."""
    for entry in history:
        if not isinstance(entry, Consent):
            continue
        same = entry.purpose == purpose and entry.scenario == scenario and entry.site == site
        current = entry.notice_version == notice and entry.given_at <= at < entry.expires_at
        taken_back = any(isinstance(w, Withdrawal) and w.consent_id == entry.id for w in history)
        if same and current and not taken_back:
            return True
    return False


@given(
    history=histories(),
    purpose=purposes,
    scenario=st.sampled_from(SCENARIOS),
    site=st.sampled_from(SITES),
    notice=st.sampled_from(NOTICES),
    at=moments,
)
@settings(max_examples=1000, deadline=None)
def test_the_gate_permits_exactly_what_was_allowed(
    history: list[Consent | Withdrawal], purpose: Purpose, scenario: str, site: str, notice: str, at: datetime
) -> None:
    """Invariant 1 over random ledgers: permitted if and only if the oracle says so, and with the right receipt."""
    asked = {"purpose": purpose, "scenario": scenario, "site": site, "notice_version": notice, "at": at}
    if allowed(history, purpose, scenario, site, notice, at):
        receipt = permit(history, **asked)  # type: ignore[arg-type]  # a dict of mixed values
        assert receipt in history
        assert (receipt.purpose, receipt.notice_version) == (purpose, notice)
    else:
        with pytest.raises(ConsentMissing):
            permit(history, **asked)  # type: ignore[arg-type]  # a dict of mixed values


def test_an_older_notice_is_told_from_no_consent() -> None:
    """The person is asked again on the new notice."""
    old = a_consent(purpose=Purpose.PERSONALISE, notice_version="v1")
    asked = {"purpose": Purpose.PERSONALISE, "scenario": old.scenario, "site": old.site, "at": old.given_at}
    with pytest.raises(NoticeOutdated):
        permit([old], notice_version="v2", **asked)  # type: ignore[arg-type]  # a dict of mixed values
    with pytest.raises(ConsentMissing) as missing:
        permit([], notice_version="v2", **asked)  # type: ignore[arg-type]  # a dict of mixed values
    assert not isinstance(missing.value, NoticeOutdated)


def test_a_history_of_two_subjects_permits_nothing() -> None:
    """The gate fails closed when it is handed what it cannot trust."""
    mine = a_consent(purpose=Purpose.PERSONALISE)
    other = a_consent(id="c2", subject="somebody else", purpose=Purpose.PERSONALISE)
    with pytest.raises(ConsentMissing):
        permit(
            [mine, other],
            purpose=Purpose.PERSONALISE,
            scenario=mine.scenario,
            site=mine.site,
            notice_version=mine.notice_version,
            at=mine.given_at,
        )


def test_a_withdrawal_stamped_by_a_fast_clock_counts_at_once() -> None:
    """The hub's clock is five minutes behind the edge's: it must not go on deciding for five minutes."""
    consent = a_consent()
    ended = a_withdrawal(withdrawn_at=consent.given_at + timedelta(minutes=5))
    with pytest.raises(ConsentMissing):
        permit(
            [consent, ended],
            purpose=consent.purpose,
            scenario=consent.scenario,
            site=consent.site,
            notice_version=consent.notice_version,
            at=consent.given_at + timedelta(minutes=1),
        )


@given(
    history=histories(),
    now=moments,
    later=st.integers(0, 1000),
    purpose=purposes,
    scenario=st.sampled_from(SCENARIOS),
    site=st.sampled_from(SITES),
    notice=st.sampled_from(NOTICES),
)
@settings(deadline=None)
def test_after_withdrawing_everything_nothing_is_ever_permitted(
    history: list[Consent | Withdrawal],
    now: datetime,
    later: int,
    purpose: Purpose,
    scenario: str,
    site: str,
    notice: str,
) -> None:
    """Not even a consent that a clock running ahead stamped with a time to come."""
    ended = withdrawals(history, tuple(Purpose), method="kiosk", now=now, ids=counted_ids("end"))
    asked = {"purpose": purpose, "scenario": scenario, "site": site, "notice_version": notice}
    with pytest.raises(ConsentMissing):
        permit([*history, *ended], at=now + timedelta(minutes=later), **asked)  # type: ignore[arg-type]  # mixed values


@given(history=histories(), at=moments, notice=st.sampled_from(NOTICES))
@settings(deadline=None)
def test_the_members_page_says_what_the_gate_says(
    history: list[Consent | Withdrawal], at: datetime, notice: str
) -> None:
    """A purpose is permitted if and only if one of its consents is listed as live; every consent here is listed."""
    sample = a_scenario()
    notices = {p: Notice(purpose=p, version=notice, title=n.title, text=n.text) for p, n in sample.notices.items()}
    listed = standing(history, scenario=a_scenario(notices=notices), site="site-1", at=at)
    here = [c for c in history if isinstance(c, Consent) and (c.scenario, c.site) == (sample.name, "site-1")]
    assert [line.consent for line in listed] == here
    for purpose in Purpose:
        lives = any(line.state is State.LIVE and line.consent.purpose is purpose for line in listed)
        assert lives == allowed(history, purpose, sample.name, "site-1", notice, at)


def test_the_members_page_tells_why_a_consent_does_not_hold() -> None:
    """One consent of each kind, in the order of appending."""
    day = timedelta(days=1)
    history = [
        a_consent(id="live"),
        a_consent(id="old notice", notice_version="0"),
        a_consent(id="taken back"),
        a_consent(id="run out", given_at=T0 - 2 * day, expires_at=T0),
        a_consent(id="ahead", given_at=T0 + day, expires_at=T0 + 2 * day),
        a_consent(id="elsewhere", site="site-2"),
        a_withdrawal(consent_id="taken back"),
    ]
    listed = standing(history, scenario=a_scenario(), site="site-1", at=T0)
    assert [(line.consent.id, line.state.value) for line in listed] == [
        ("live", "live"),
        ("old notice", "outdated"),
        ("taken back", "withdrawn"),
        ("run out", "expired"),
        ("ahead", "not_begun"),
    ]
    with pytest.raises(ConsentMissing, match="mixes subjects"):
        standing([a_consent(), a_consent(subject="other")], scenario=a_scenario(), site="site-1", at=T0)


class Promise:
    """What the person was told, without a ledger: for each thing allowed, its notice and its last minute."""

    def __init__(self) -> None:
        self.allowed: dict[tuple[Purpose, str, str], dict[str, tuple[str, int]]] = {}

    def holds(self, thing: tuple[Purpose, str, str], notice: str, minute: int) -> bool:
        return any(n == notice and minute < last for n, last in self.allowed.get(thing, {}).values())


steps = st.one_of(
    st.tuples(st.just("grant"), purposes, st.sampled_from(SCENARIOS), st.sampled_from(SITES)),
    st.tuples(st.just("withdraw"), purposes, st.sampled_from(SCENARIOS), st.sampled_from(SITES)),
    st.tuples(st.just("wait"), st.integers(1, 2000)),
    st.tuples(st.just("new notice"), purposes),
)


@given(st.lists(steps, max_size=20))
@settings(max_examples=300, deadline=None)
def test_the_gate_keeps_the_promise_through_any_story(story: list[tuple[object, ...]]) -> None:
    """Consents last a day; after every step each purpose, scenario and site is asked about."""
    ids, minute, promise = counted_ids("id"), 0, Promise()
    history: list[Consent | Withdrawal] = []
    versions = dict.fromkeys(Purpose, 1)
    for step in story:
        match step:
            case ("wait", int(minutes)):
                minute += minutes
            case ("new notice", Purpose() as purpose):
                versions[purpose] += 1
            case ("grant", Purpose() as purpose, str(scenario), str(site)):
                consent = grant(
                    Notice(purpose=purpose, version=str(versions[purpose]), title={"en": "T"}, text={"en": "Text"}),
                    subject="somebody",
                    site=site,
                    scenario=scenario,
                    locale="en",
                    method="kiosk",
                    evidence="pressed accept",
                    now=T0 + timedelta(minutes=minute),
                    consent_days=1,
                    consent_id=ids(),
                )
                history.append(consent)
                given_now = promise.allowed.setdefault((purpose, scenario, site), {})
                given_now[consent.id] = (str(versions[purpose]), minute + 24 * 60)
            case ("withdraw", Purpose() as purpose, str(scenario), str(site)):
                taken_back = promise.allowed.pop((purpose, scenario, site), {})
                consents = [c for c in history if isinstance(c, Consent) and c.id in taken_back]
                now = T0 + timedelta(minutes=minute)
                history += [withdraw(c, method="kiosk", now=now, ids=ids) for c in consents]
        check(history, promise, versions, minute)


def check(history: list[Consent | Withdrawal], promise: Promise, versions: dict[Purpose, int], minute: int) -> None:
    for purpose in Purpose:
        for scenario in SCENARIOS:
            for site in SITES:
                notice = str(versions[purpose])
                try:
                    receipt = permit(
                        history,
                        purpose=purpose,
                        scenario=scenario,
                        site=site,
                        notice_version=notice,
                        at=T0 + timedelta(minutes=minute),
                    )
                except ConsentMissing:
                    assert not promise.holds((purpose, scenario, site), notice, minute)
                else:
                    assert promise.holds((purpose, scenario, site), notice, minute)
                    assert receipt.id in promise.allowed[purpose, scenario, site]
