"""The consent gate and the records that it reads: append-only, one consent a purpose."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from visavis.errors import ConsentMissing, NoticeOutdated
from visavis.types import Consent, Notice, Purpose, Withdrawal

Ids = Callable[[], str]
Entry = Consent | Withdrawal


def permit(
    history: Sequence[Entry], *, purpose: Purpose, scenario: str, site: str, notice_version: str, at: datetime
) -> Consent:
    """The gate: the consent that allows this purpose, here and at this moment.

    Recognition, profile, decision, delivery and every training row pass it. It fails closed: whatever is not a live,
    unexpired, unwithdrawn consent of the one subject for exactly this purpose, scenario, site and notice is no consent.

    Args:
        history: Everything the ledger holds of one subject.
        purpose: What is about to be done.
        scenario: Name of the pack in whose name it is done.
        site: Where it is done.
        notice_version: Version of the notice as it stands now.
        at: The moment, aware UTC.

    Raises:
        ConsentMissing: Nothing allows it.
        NoticeOutdated: It was allowed on an older notice; the person has to be asked again.
    """
    if len({entry.subject for entry in history}) > 1:
        raise ConsentMissing("the history mixes subjects")
    given = [
        consent
        for consent in live(history, at)
        if (consent.purpose, consent.scenario, consent.site) == (purpose, scenario, site)
    ]
    current = [consent for consent in given if consent.notice_version == notice_version]
    if current:
        return current[-1]
    raise (NoticeOutdated if given else ConsentMissing)(purpose.value)


def live(history: Sequence[Entry], at: datetime) -> list[Consent]:
    """Consents that hold at this moment, in the order of appending."""
    ended = {entry.consent_id for entry in history if isinstance(entry, Withdrawal) and entry.withdrawn_at <= at}
    return [
        entry
        for entry in history
        if isinstance(entry, Consent) and entry.id not in ended and entry.given_at <= at < entry.expires_at
    ]


def notice_sha256(notice: Notice, locale: str) -> str:
    """Hash of the exact text that a person reads in this language."""
    shown = "\n".join((notice.purpose, notice.version, locale, notice.title[locale], notice.text[locale]))
    return hashlib.sha256(shown.encode()).hexdigest()


def grant(
    notice: Notice,
    *,
    subject: str,
    site: str,
    scenario: str,
    locale: str,
    method: str,
    evidence: str,
    now: datetime,
    consent_days: int,
    consent_id: str,
) -> Consent:
    """The receipt of a consent that is given now, on this notice."""
    return Consent(
        id=consent_id,
        subject=subject,
        site=site,
        scenario=scenario,
        purpose=notice.purpose,
        notice_version=notice.version,
        notice_sha256=notice_sha256(notice, locale),
        locale=locale,
        method=method,
        evidence=evidence,
        given_at=now,
        expires_at=now + timedelta(days=consent_days),
    )


def withdraw(consent: Consent, *, method: str, now: datetime, ids: Ids) -> Withdrawal:
    """The end of a consent, now."""
    return Withdrawal(
        id=ids(),
        consent_id=consent.id,
        subject=consent.subject,
        purpose=consent.purpose,
        method=method,
        withdrawn_at=now,
    )
