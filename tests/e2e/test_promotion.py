"""A promoted policy serves in a running site, and is taken back when it breaks."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np

from visavis.recommend.features import Features
from visavis.recommend.horizon import layout_of
from visavis.recommend.kept_policy import policy_artefact
from visavis.recommend.policies import build_policy
from visavis.types import ModelKind, ModelState, PolicyName, PolicySnapshot

from .conftest import SiteUnderTest, eventually


def asked(version: int, where: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """The gate, from the command line."""
    command = [sys.executable, "-m", "visavis", "models", "gate", "policy", str(version), "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | where)


async def test_promoted_swapped_in_and_taken_back(site: SiteUnderTest, database_url: str) -> None:
    """The command promotes by the signed gain; requests are answered throughout; one bad decision brings it back."""
    running = site.site
    greedy = build_policy(running.scenario, PolicyName.GREEDY).snapshot(running.clock.now(), position=0)
    gain = {"measure": "reward", "new": 0.4, "current": 0.3, "low": 0.05, "high": 0.15, "rows": 900, "against": 0}
    kept = await running.models.save(policy_artefact(greedy, {"gain": gain}))
    where = {"VISAVIS_DATABASE_URL": database_url, "VISAVIS_DATA_DIR": str(running.settings.data_dir)}
    done = await asyncio.to_thread(asked, kept.version, where)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["promoted"] is True

    async def serves_greedy() -> bool:
        return (running.hub.policy.name, running.hub.policy.version) == (PolicyName.GREEDY, kept.version)

    await eventually(serves_greedy)
    await running.storage.policies.save(replace(greedy, version=99))  # what learns on does not push it aside
    await asyncio.sleep(0.3)
    decision = await running.hub.anybody("entrance", people_in_view=1)
    assert decision is not None
    await running.guarding.look()
    assert await serves_greedy()

    running.hub.vitals.unsound = 1
    await running.guarding.look()

    async def serves_the_bandit() -> bool:
        return running.hub.policy.name is running.scenario.policy

    await eventually(serves_the_bandit)
    (entry,) = [e for e in await running.models.list(running.scenario.name) if e.kind is ModelKind.POLICY]
    assert entry.state is ModelState.SHADOW
    assert entry.changes[-1].why.startswith("guardrail: 1 of 1 decisions")


async def test_a_policy_that_looks_ahead_knows_what_was_shown(site: SiteUnderTest) -> None:
    """The second decision for a member has the first one's item in what it saw of them."""
    running = site.site
    layout = layout_of(Features(scenario=running.scenario))
    state = {"weights": np.zeros(layout.size)}
    snapshot = PolicySnapshot(
        policy=PolicyName.HORIZON, scenario=running.scenario.name, version=0, state=state, made_at=running.clock.now()
    )
    kept = await running.models.save(policy_artefact(snapshot, {}))
    await running.models.move(ModelKind.POLICY, running.scenario.name, kept.version, ModelState.LIVE, "for a test")

    async def looks_ahead() -> bool:
        return running.hub.policy.name is PolicyName.HORIZON

    await eventually(looks_ahead)
    pin = (await site.join()).raise_for_status().json()["pin"]
    for _ in range(2):
        await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
        (latest, *_rest) = await running.storage.decisions.recent(1)
        shown = {"decision_id": latest.id, "placement": latest.placement}
        (await site.show(shown, "rendered", "on_glass")).raise_for_status()
    second, first = await running.storage.decisions.recent(2)
    exposures = second.features[layout.person - layout.items :]
    assert second.model_version.partition("+")[0] == "horizon-1"
    assert first.features[layout.person - layout.items :] == (0.0,) * layout.items
    assert sum(exposures) > 0.99
    assert exposures[list(running.scenario.items).index(first.item_id)] == max(exposures)
