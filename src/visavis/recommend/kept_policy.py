"""A policy as files of an artefact, and back: arrays without pickle, and its name in what is known of it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ArtefactInvalid
from visavis.recommend.policies import restore_policy
from visavis.recommend.policy import Policy
from visavis.types import Artefact, ModelKind, PolicyName, PolicySnapshot, Scenario

ARRAYS = "policy.npz"
MOST_BYTES = 64 * 2**20  # unpacked


def policy_artefact(snapshot: PolicySnapshot, meta: Mapping[str, Any]) -> Artefact:
    """What a policy has learned, to be kept and signed.

    Args:
        snapshot: of the policy.
        meta: what is known of it, plain JSON.
    """
    return Artefact(
        kind=ModelKind.POLICY,
        scenario=snapshot.scenario,
        files={ARRAYS: packed(snapshot.state)},
        meta={**meta, "policy": str(snapshot.policy), "updates": snapshot.version},
        made_at=snapshot.made_at,
    )


def load_policy(artefact: Artefact, scenario: Scenario) -> Policy:
    """The policy of an artefact; its decisions bear the artefact's number.

    Raises:
        ArtefactInvalid: it is no policy, or of one that is not known here.
    """
    try:
        name, updates = PolicyName(artefact.meta["policy"]), int(artefact.meta["updates"])
        state = unpacked(artefact.files[ARRAYS])
    except (KeyError, ValueError, TypeError) as failure:
        raise ArtefactInvalid(f"{artefact.kind.value} {artefact.version} holds no policy") from failure
    snapshot = PolicySnapshot(
        policy=name, scenario=scenario.name, version=updates, state=state, made_at=artefact.made_at
    )
    policy = restore_policy(snapshot, scenario)
    policy.version = artefact.version
    return policy


def packed(state: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Arrays as npz."""
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **state)
    return file.getvalue()


def unpacked(content: bytes) -> dict[str, NDArray[np.float64]]:
    """And back; raises ArtefactInvalid for anything but finite numbers, or more than 64 MB of them."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            if sum(info.file_size for info in arrays.zip.infolist()) > MOST_BYTES:
                raise ArtefactInvalid("more than 64 MB of arrays")
            state = {name: np.asarray(arrays[name], np.float64) for name in arrays.files}
    except (ValueError, OSError, BadZipFile, EOFError, KeyError) as failure:
        raise ArtefactInvalid("arrays that cannot be read") from failure
    if not all(np.isfinite(array).all() for array in state.values()):
        raise ArtefactInvalid("a number that is not finite")
    return state
