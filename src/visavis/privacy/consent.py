"""The consent gate and the records that it reads: append-only, one consent a purpose."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from visavis.errors import ConsentMissing, NoticeOutdated
from visavis.types import Consent, Notice, Purpose, Scenario, Withdrawal

Ids = Callable[[], str]
Entry = Consent | Withdrawal


def permit(
    history: Sequence[Entry], *, purpose: Purpose, scenario: str, site: str, notice_version: str, at: datetime
) -> Consent:
    """The gate: the consent that allows this purpose, here and at this moment.

    Recognition, profile, decision, delivery and every training row pass it. It fails closed: whatever is not a live,
    unexpired, unwithdrawn consent of the one subject for exactly this purpose, scenario, site and notice is no consent.
    A withdrawal counts from the moment that the ledger holds it, whatever time it is stamped with (ADR 0010).

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
    _check_one_subject(history)
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
    return [consent for consent in unended(history, at) if consent.given_at <= at]


def unended(history: Sequence[Entry], at: datetime) -> list[Consent]:
    """Consents that hold now or, stamped by a clock that runs ahead, soon will: what a withdrawal has to end."""
    return [consent for consent in not_withdrawn(history) if at < consent.expires_at]


def not_withdrawn(history: Sequence[Entry]) -> list[Consent]:
    """Consents that nobody took back, expired ones too."""
    ended = _withdrawn(history)
    return [entry for entry in history if isinstance(entry, Consent) and entry.id not in ended]


class State(StrEnum):
    """What the gate makes of one consent."""

    LIVE = "live"
    NOT_BEGUN = "not_begun"  # stamped by a clock that runs ahead
    OUTDATED = "outdated"  # the notice has changed: the person is asked again
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One consent as the member's page lists it."""

    consent: Consent
    state: State


def standing(history: Sequence[Entry], *, scenario: Scenario, site: str, at: datetime) -> tuple[Standing, ...]:
    """What became of each consent for this scenario and site, in the order of appending.

    LIVE says what the gate would say: `permit` lets a purpose pass if and only if one of its consents is LIVE. Raises
    ConsentMissing when the history mixes subjects.
    """
    _check_one_subject(history)
    ended = _withdrawn(history)
    return tuple(
        Standing(consent=entry, state=_state(entry, scenario, at, withdrawn=entry.id in ended))
        for entry in history
        if isinstance(entry, Consent) and (entry.scenario, entry.site) == (scenario.name, site)
    )


def to_ask(history: Sequence[Entry], *, scenario: Scenario, site: str, at: datetime) -> tuple[Purpose, ...]:
    """Purposes that were allowed and are no more, though nobody took them back: the notice is new, or time is over."""
    lines = standing(history, scenario=scenario, site=site, at=at)
    last = {line.consent.purpose: line.state for line in lines}
    settled = {line.consent.purpose for line in lines if line.state in (State.LIVE, State.NOT_BEGUN)}
    over = (State.OUTDATED, State.EXPIRED)
    return tuple(p for p, state in last.items() if state in over and p in scenario.notices and p not in settled)


def _state(consent: Consent, scenario: Scenario, at: datetime, *, withdrawn: bool) -> State:
    notice = scenario.notices.get(consent.purpose)
    if withdrawn:
        return State.WITHDRAWN
    if at >= consent.expires_at:
        return State.EXPIRED
    if at < consent.given_at:
        return State.NOT_BEGUN
    return State.LIVE if notice is not None and notice.version == consent.notice_version else State.OUTDATED


def _withdrawn(history: Sequence[Entry]) -> set[str]:
    return {entry.consent_id for entry in history if isinstance(entry, Withdrawal)}


def _check_one_subject(history: Sequence[Entry]) -> None:
    if len({entry.subject for entry in history}) > 1:
        raise ConsentMissing("the history mixes subjects")


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
    guardian: str | None = None,
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
        guardian=guardian,
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
