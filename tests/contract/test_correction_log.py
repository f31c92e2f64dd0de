"""What every CorrectionLog does."""

from visavis.ports import CorrectionLog, Roster
from visavis.testing import a_correction, a_member
from visavis.types import MemberId


async def test_corrections_are_counted_by_template(corrections: CorrectionLog, roster: Roster) -> None:
    """Sent again, one counts once."""
    await roster.save(a_member())
    assert await corrections.counts() == {}
    for number in (1, 2):
        assert await corrections.append(a_correction(id=f"correction-{number}"))
    assert not await corrections.append(a_correction(id="correction-2"))
    assert await corrections.append(a_correction(id="correction-3", template_id="template-2"))
    assert await corrections.counts() == {"template-1": 2, "template-2": 1}


async def test_corrections_go_with_their_member(corrections: CorrectionLog, roster: Roster) -> None:
    """And none comes after they have gone."""
    await roster.save(a_member())
    await corrections.append(a_correction())
    await roster.remove(MemberId("member-1"))
    assert await corrections.counts() == {}
    assert not await corrections.append(a_correction(id="correction-2"))


async def test_a_member_who_is_saved_again_keeps_them(corrections: CorrectionLog, roster: Roster) -> None:
    """Adding a template does not forget what was wrong with another."""
    await roster.save(a_member())
    await corrections.append(a_correction())
    await roster.save(a_member(locale="zh-CN"))
    assert await corrections.counts() == {"template-1": 1}
