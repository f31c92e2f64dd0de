"""The gate against an oracle that was written from the promise, not from the code."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOTICES, SCENARIOS, SITES, histories, moments, purposes

from visavis.errors import ConsentMissing, NoticeOutdated
from visavis.privacy.consent import permit
from visavis.testing import a_consent
from visavis.types import Consent, Purpose, Withdrawal


def allowed(
    history: list[Consent | Withdrawal], purpose: Purpose, scenario: str, site: str, notice: str, at: datetime
) -> bool:
    """Somebody said yes to exactly this, the time has come and has not passed, and nobody took it back."""
    for entry in history:
        if not isinstance(entry, Consent):
            continue
        same = entry.purpose == purpose and entry.scenario == scenario and entry.site == site
        current = entry.notice_version == notice and entry.given_at <= at < entry.expires_at
        taken_back = any(
            isinstance(w, Withdrawal) and w.consent_id == entry.id and not w.withdrawn_at > at for w in history
        )
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
