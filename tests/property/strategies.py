"""Random but valid records; every property test draws from here."""

from datetime import timedelta

import numpy as np
from hypothesis import strategies as st

from visavis.testing import T0, a_consent, a_withdrawal, an_event
from visavis.types import Consent, Embedding, Event, Purpose, Withdrawal

NOTICES = ("v1", "v2")
SITES = ("site-1", "site-2")
SCENARIOS = ("sample", "other")

moments = st.integers(0, 1000).map(lambda minutes: T0 + timedelta(minutes=minutes))
purposes = st.sampled_from(list(Purpose))


@st.composite
def histories(draw: st.DrawFn) -> list[Consent | Withdrawal]:
    """One subject's ledger: consents for all kinds of purposes, some of them withdrawn."""
    entries: list[Consent | Withdrawal] = []
    for number in range(draw(st.integers(0, 8))):
        given = draw(moments)
        consent = a_consent(
            id=f"c{number}",
            site=draw(st.sampled_from(SITES)),
            scenario=draw(st.sampled_from(SCENARIOS)),
            purpose=draw(purposes),
            notice_version=draw(st.sampled_from(NOTICES)),
            given_at=given,
            expires_at=given + timedelta(minutes=draw(st.integers(1, 600))),
        )
        entries.append(consent)
        if draw(st.booleans()):
            entries.append(
                a_withdrawal(
                    id=f"w{number}",
                    consent_id=consent.id,
                    subject=consent.subject,
                    purpose=consent.purpose,
                    withdrawn_at=draw(moments),
                )
            )
    return entries


@st.composite
def embeddings(draw: st.DrawFn, dim: int = 8) -> Embedding:
    """Unit vectors of a small gallery."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    vector = rng.standard_normal(dim).astype(np.float32)
    return Embedding(vector=vector / np.linalg.norm(vector), model="sample@000000000000")


@st.composite
def member_events(draw: st.DrawFn, items: list[str], kinds: list[str]) -> list[Event]:
    """What one member did, each event once."""
    count = draw(st.integers(0, 12))
    return [
        an_event(
            id=f"e{number}",
            kind=draw(st.sampled_from(kinds)),
            item_id=draw(st.sampled_from(items)),
            occurred_at=draw(moments),
        )
        for number in range(count)
    ]
