"""What every PlayLog does."""

from datetime import timedelta

from visavis.ports import OutcomeLog, PlayLog
from visavis.testing import T0, an_impression, an_outcome
from visavis.types import Stage

LATER = T0 + timedelta(minutes=1)


async def test_a_stage_counts_once(plays: PlayLog) -> None:
    """The same id again, in the batch or later, is not new."""
    assert await plays.append([an_impression(), an_impression()]) == 1
    assert await plays.append([an_impression(), an_impression(id="impression-2", stage=Stage.ENDED)]) == 1
    assert await plays.append([]) == 0


async def test_stages_of_a_decision_in_order(plays: PlayLog) -> None:
    """By stage, then time, then id; those of other decisions stay away."""
    sent = [
        an_impression(id="c", stage=Stage.ENDED),
        an_impression(id="b", stage=Stage.RENDERED, at=LATER),
        an_impression(id="d", stage=Stage.RENDERED),
        an_impression(id="a", stage=Stage.RENDERED),
        an_impression(id="x", decision_id="decision-2"),
    ]
    await plays.append(sent)
    assert await plays.of("decision-1") == [sent[3], sent[2], sent[1], sent[0]]
    assert await plays.of("decision-3") == []


async def test_only_the_glass_waits_for_an_answer(plays: PlayLog) -> None:
    """What was decided or rendered was not seen yet; what ended was."""
    await plays.append([an_impression(id=str(stage), decision_id=stage.name, stage=stage) for stage in Stage])
    assert await plays.unanswered(LATER) == ["ENDED", "ON_GLASS"]


async def test_the_longest_waiting_first(plays: PlayLog) -> None:
    """By the first time on the glass; of equals by id; the limit keeps the oldest."""
    for name, second in (("c", 2), ("b", 1), ("a", 1), ("c", 0)):
        await plays.append([an_impression(id=f"{name}{second}", decision_id=name, at=T0 + timedelta(seconds=second))])
    assert await plays.unanswered(LATER) == ["c", "a", "b"]
    assert await plays.unanswered(LATER, limit=2) == ["c", "a"]
    assert await plays.unanswered(T0 + timedelta(seconds=1)) == ["c"]
    assert await plays.unanswered(T0) == []


async def test_an_answer_ends_the_waiting(plays: PlayLog, outcomes: OutcomeLog) -> None:
    """Any outcome does, whether it came after the play or before it."""
    await plays.append([an_impression()])
    await outcomes.append([an_outcome(), an_outcome(id="early", decision_id="decision-2")])
    await plays.append(
        [an_impression(id="2", decision_id="decision-2"), an_impression(id="3", decision_id="decision-3")]
    )
    assert await plays.unanswered(LATER) == ["decision-3"]
