"""A model learns from members who let it, and from nobody else."""

from datetime import timedelta

from visavis.pipeline.lessons import Teachers
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, MemoryStorage, a_consent, a_decision, a_withdrawal, an_event, memory_storage
from visavis.types import Purpose, Token

RETAIL = load_scenario("retail")
NOW = T0 + timedelta(hours=1)


async def site() -> MemoryStorage:
    """Ann lets models learn, Ben personalises alone, Cy has withdrawn."""
    storage = memory_storage()
    for name in ("ann", "ben", "cy"):
        purpose = Purpose.PERSONALISE if name == "ben" else Purpose.IMPROVE
        consent = a_consent(
            id=f"consent-{name}",
            subject=name,
            purpose=purpose,
            scenario=RETAIL.name,
            notice_version=RETAIL.notices[purpose].version,
        )
        await storage.hub_ledger.append([consent])
        await storage.events.append([an_event(id=f"event-{name}", token=Token(name), kind="visit", decision_id=None)])
    await storage.hub_ledger.append([a_withdrawal(id="end-cy", subject="cy", consent_id="consent-cy")])
    return storage


def teachers(storage: MemoryStorage) -> Teachers:
    return Teachers(
        ledger=storage.hub_ledger,
        eraser=storage.eraser,
        events=storage.events,
        decisions=storage.decisions,
        scenario=RETAIL,
        site="site-1",
    )


async def test_only_who_consents_teaches() -> None:
    found = await teachers(await site()).gather(NOW)
    assert [event.id for event in found.events] == ["event-ann"]
    assert (found.teachers, found.left_out) == (frozenset({"ann"}), 2)


async def test_who_withdraws_meanwhile_is_counted() -> None:
    storage = await site()
    found = await teachers(storage).gather(NOW)
    assert await teachers(storage).gone(found, NOW) == 0
    await storage.hub_ledger.append([a_withdrawal(id="end-ann", subject="ann", consent_id="consent-ann")])
    assert await teachers(storage).gone(found, NOW) == 1


async def test_a_reaction_to_what_a_face_led_to_teaches_nothing_where_the_law_says_so() -> None:
    """The decision says so itself; one that is not there any more teaches nothing either."""
    storage = await site()
    await storage.decisions.append(a_decision(id="d1", token=Token("ann"), teaches=False))
    await storage.decisions.append(a_decision(id="d2", token=Token("ann")))
    for decision in ("d1", "d2", "d3"):
        event = an_event(id=f"tap-{decision}", token=Token("ann"), decision_id=decision)
        await storage.events.append([event])
    found = await teachers(storage).gather(NOW)
    assert {event.id for event in found.events} == {"event-ann", "tap-d2"}
