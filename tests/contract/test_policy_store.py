"""What every PolicyStore does."""

import numpy as np

from visavis.ports import PolicyStore
from visavis.testing import a_snapshot
from visavis.types import PolicySnapshot


def same(found: PolicySnapshot | None, saved: PolicySnapshot) -> bool:
    return (
        found is not None
        and (found.policy, found.scenario, found.version, found.made_at)
        == (saved.policy, saved.scenario, saved.version, saved.made_at)
        and found.state.keys() == saved.state.keys()
        and all(
            found.state[name].dtype == array.dtype and np.array_equal(found.state[name], array, equal_nan=True)
            for name, array in saved.state.items()
        )
    )


async def test_a_snapshot_comes_back_to_the_last_bit(policies: PolicyStore) -> None:
    """Scalars, empty arrays, Fortran order, infinities, and names that are not identifiers."""
    state = {
        "file": np.float64(0.1) * np.ones(()),
        "arm/item 1": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "": np.zeros((0, 4)),
        "extreme": np.array([np.inf, -np.inf, np.nan, 5e-324]),
    }
    saved = a_snapshot(state=state)
    await policies.save(saved)
    assert same(await policies.latest("squarecb", "sample"), saved)


async def test_the_newest_counts_whatever_the_order(policies: PolicyStore) -> None:
    for version in (2, 5, 3):
        await policies.save(a_snapshot(version=version))
    latest = await policies.latest("squarecb", "sample")
    assert latest is not None
    assert latest.version == 5


async def test_a_version_is_never_changed(policies: PolicyStore) -> None:
    await policies.save(a_snapshot())
    await policies.save(a_snapshot(state={}))
    assert same(await policies.latest("squarecb", "sample"), a_snapshot())


async def test_policies_and_scenarios_are_apart(policies: PolicyStore) -> None:
    await policies.save(a_snapshot(version=1))
    await policies.save(a_snapshot(version=2, policy="uniform"))
    await policies.save(a_snapshot(version=3, scenario="other"))
    latest = await policies.latest("squarecb", "sample")
    assert latest is not None
    assert latest.version == 1
    assert await policies.latest("uniform", "other") is None
    assert await policies.at("greedy", "sample", 9) is None


async def test_checkpoints_stay_and_the_newest_two(policies: PolicyStore) -> None:
    """Of versions 0, 100, ..., 600 and 256, 512 the multiples of 256 stay, and the last two."""
    for version in sorted({*range(0, 601, 100), 256, 512}):
        await policies.save(a_snapshot(version=version))
    kept = {}
    for version in range(700):
        found = await policies.at("squarecb", "sample", version) if version % 50 in (0, 6, 12, 49) else None
        if found is not None:
            kept[version] = found.version
    assert set(kept.values()) == {0, 256, 512, 600}
    assert kept[249] == 0
    assert kept[256] == kept[499] == 256
    assert kept[599] == 512
    assert kept[699] == 600


async def test_nothing_is_older_than_the_first(policies: PolicyStore) -> None:
    await policies.save(a_snapshot(version=5))
    assert await policies.at("squarecb", "sample", 4) is None
