"""What every OutcomeLog does."""

from visavis.ports import OutcomeLog
from visavis.testing import an_outcome


async def test_an_outcome_counts_once(outcomes: OutcomeLog) -> None:
    """The same id again changes nothing."""
    assert await outcomes.append([an_outcome(), an_outcome(reward=1.0)]) == 1
    assert await outcomes.append([an_outcome(reward=0.9)]) == 0
    assert await outcomes.of("decision-1") == [an_outcome()]
    assert await outcomes.append([]) == 0


async def test_numbers_grow_in_the_order_of_appending(outcomes: OutcomeLog) -> None:
    """Within a batch and between batches; a reader goes on from the last number it saw."""
    sent = [an_outcome(id=name, decision_id=f"decision-{name}") for name in "cabd"]
    await outcomes.append(sent[:3])
    await outcomes.append(sent[3:])
    seen = await outcomes.after(0)
    numbers = [number for number, _ in seen]
    assert [outcome for _, outcome in seen] == sent
    assert numbers == sorted(set(numbers))
    assert await outcomes.after(numbers[1]) == seen[2:]
    assert await outcomes.after(0, limit=2) == seen[:2]
    assert await outcomes.after(numbers[-1]) == []


async def test_outcomes_of_a_decision_in_order(outcomes: OutcomeLog) -> None:
    """A lapse has neither event nor reward."""
    first = an_outcome(id="b", kind="no_reaction", reward=0.0, event_id=None)
    second = an_outcome(id="a", first=False, reward=1.0)
    await outcomes.append([first, second, an_outcome(id="c", decision_id="decision-2")])
    assert await outcomes.of("decision-1") == [first, second]
    assert await outcomes.of("decision-3") == []


async def test_a_decision_has_one_first_outcome(outcomes: OutcomeLog) -> None:
    """Two attributions that did not know of each other: the second is not kept, so its caller looks again."""
    assert await outcomes.append([an_outcome()]) == 1
    assert await outcomes.append([an_outcome(id="rival", reward=1.0)]) == 0
    assert await outcomes.append([an_outcome(id="next", first=False, reward=0.6)]) == 1
    assert [outcome.id for outcome in await outcomes.of("decision-1")] == ["outcome-1", "next"]
