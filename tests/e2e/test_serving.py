"""What was learned reaches the next decision, and a promoted model serves without a dropped request."""

import asyncio
import time
from dataclasses import replace
from typing import Any

from small_models import behaviour_artefact

from visavis.types import ModelState

from .conftest import SiteUnderTest, eventually

MEMBERS = 4


async def joined(site: SiteUnderTest, number: int) -> str:
    """PIN of a new member."""
    answer = await site.join(purposes=("personalise", "improve"), nickname=f"Member {number}")
    pin: str = answer.raise_for_status().json()["pin"]
    return pin


async def visit(site: SiteUnderTest, pin: str) -> dict[str, Any]:
    answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
    decision: dict[str, Any] = answer.raise_for_status().json()["decision"]
    return decision


async def test_feedback_reaches_the_next_decision_within_two_seconds(site: SiteUnderTest) -> None:
    """From the tap's answer to a decision by a policy that learned from it, over HTTP and PostgreSQL."""
    first, second = [await joined(site, number) for number in range(2)]
    for round_ in range(3):
        decision = await visit(site, first)
        before = site.site.hub.policy.version
        await site.show(decision, "rendered", "on_glass")
        (await site.react(decision, event_id=f"tap-{round_}")).raise_for_status()
        since = time.monotonic()
        while True:
            made = await site.site.storage.decisions.get((await visit(site, second))["decision_id"])
            assert made is not None
            assert time.monotonic() - since < 2.0
            if made.policy_version > before:
                break
            await asyncio.sleep(0.1)


async def test_a_promotion_drops_no_request(site: SiteUnderTest) -> None:
    """Requests in flight during promotions are each answered, by one version; then states are made again."""
    registry, scenario, hub = site.site.models, site.site.scenario, site.site.hub
    now = site.site.clock.now()
    pins = [await joined(site, number) for number in range(MEMBERS)]
    answers: list[dict[str, Any]] = []
    stop = asyncio.Event()

    async def keep_coming(pin: str) -> None:
        while not stop.is_set():
            answers.append(await visit(site, pin))

    visitors = [asyncio.create_task(keep_coming(pin)) for pin in pins]
    for version in (1, 2, 3):
        await registry.save(behaviour_artefact(scenario, now, seed=version), ModelState.LIVE)

        async def decided_by(version: int = version) -> bool:
            recent = await site.site.storage.decisions.recent(4)
            return any(decision.model_version.endswith(f"+behaviour-{version}") for decision in recent)

        await eventually(decided_by, within_s=15.0)
    stop.set()
    await asyncio.gather(*visitors)

    assert len(answers) > 3 * MEMBERS
    features = hub.policy.model_version
    named = {features, *(f"{features}+behaviour-{version}" for version in (1, 2, 3))}
    made = [await site.site.storage.decisions.get(answer["decision_id"]) for answer in answers]
    assert {decision.model_version for decision in made if decision is not None} <= named
    assert all(decision is not None for decision in made)

    await site.show(answers[-1], "rendered", "on_glass")
    (await site.react(answers[-1])).raise_for_status()

    async def followed() -> bool:
        return not await site.site.storage.states.stale(scenario.name, hub.models.stream.model)

    await eventually(followed, within_s=10.0)
    assert "visavis_model_version" in (await site.http.get("/metrics")).text


async def test_a_damaged_model_changes_nothing(site: SiteUnderTest) -> None:
    """One whose network is none never serves; what served goes on."""
    registry, scenario, hub = site.site.models, site.site.scenario, site.site.hub
    good = behaviour_artefact(scenario, site.site.clock.now())
    await registry.save(good, ModelState.LIVE)

    async def serving(version: str) -> bool:
        return hub.models.versions.get("behaviour") == version

    await eventually(lambda: serving("behaviour-1"), within_s=15.0)
    broken = replace(good, version=0, files={**good.files, "step.onnx": b"none"})
    await registry.save(broken, ModelState.LIVE)
    await site.site.serving.refresh()
    assert await serving("behaviour-1")
    assert await visit(site, await joined(site, 1))
