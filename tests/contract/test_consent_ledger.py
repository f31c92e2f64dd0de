"""What every ConsentLedger does."""

from visavis.ports import ConsentLedger
from visavis.testing import a_consent, a_withdrawal
from visavis.types import Purpose


async def test_consents_and_withdrawals_come_back_as_they_were(ledger: ConsentLedger) -> None:
    """In the order of appending, with every field, a guardian too."""
    entries = [
        a_consent(id="b", purpose=Purpose.PUSH, guardian="guardian-1"),
        a_withdrawal(id="a", consent_id="b", purpose=Purpose.PUSH),
        a_consent(id="c", evidence="pressed 'accept' 同意", locale="zh-CN"),
    ]
    assert await ledger.append(entries) == 3
    assert await ledger.history("token-1") == entries


async def test_an_entry_is_never_changed(ledger: ConsentLedger) -> None:
    """Appending an id again changes nothing, whatever it says now."""
    assert await ledger.append([a_consent()]) == 1
    assert await ledger.append([a_consent(notice_version="2"), a_withdrawal()]) == 1
    assert await ledger.history("token-1") == [a_consent(), a_withdrawal()]


async def test_subjects_are_apart(ledger: ConsentLedger) -> None:
    await ledger.append([a_consent(), a_consent(id="other", subject="token-2")])
    assert [entry.id for entry in await ledger.history("token-1")] == ["consent-1"]
    assert await ledger.history("token-3") == []


async def test_order_of_appending_outlives_batches(ledger: ConsentLedger) -> None:
    """Given, withdrawn, given again: the last word is the last appended."""
    for name in ("z", "y", "x"):
        await ledger.append([a_consent(id=name)])
    assert [entry.id for entry in await ledger.history("token-1")] == ["z", "y", "x"]


async def test_nothing_to_append(ledger: ConsentLedger) -> None:
    assert await ledger.append([]) == 0


async def test_many_histories_at_once_are_those_one_by_one(ledger: ConsentLedger) -> None:
    """In order, apart, and empty for who has none."""
    await ledger.append([a_consent(id="z"), a_consent(id="other", subject="token-2"), a_consent(id="a")])
    found = await ledger.histories(["token-1", "token-2", "token-3"])
    assert {subject: [entry.id for entry in history] for subject, history in found.items()} == {
        "token-1": ["z", "a"],
        "token-2": ["other"],
        "token-3": [],
    }
    assert list(found["token-1"]) == list(await ledger.history("token-1"))
    assert await ledger.histories([]) == {}
