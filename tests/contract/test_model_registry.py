"""What every registry of models does: nothing comes out of it that was changed, and one model serves at a time."""

from contextlib import aclosing
from dataclasses import replace

import pytest

from visavis.errors import ArtefactInvalid, ModelMoveRefused, ModelUnknown
from visavis.ports import ModelRegistry
from visavis.privacy.artefacts import model_binding, open_artefact, seal_artefact
from visavis.privacy.registry import Registry
from visavis.storage.database import Storage
from visavis.testing import FixedClock, MemoryKeys, MemoryStorage, an_artefact
from visavis.types import ModelKind, ModelState, SealedArtefact

Ports = MemoryStorage | Storage
BEHAVIOUR = ModelKind.BEHAVIOUR


async def test_a_model_comes_back_as_it_was_saved(models: ModelRegistry) -> None:
    saved = await models.save(an_artefact())
    assert saved == an_artefact(version=1)
    assert await models.at(BEHAVIOUR, "sample", 1) == saved
    assert await models.live(BEHAVIOUR, "sample") is None


async def test_versions_count_by_kind_and_scenario(models: ModelRegistry) -> None:
    """1, 2 of one; 1 of another kind; 1 of another scenario."""
    changed = [{}, {}, {"kind": ModelKind.POLICY}, {"scenario": "other"}]
    assert [(await models.save(an_artefact(**one))).version for one in changed] == [1, 2, 1, 1]
    with pytest.raises(ModelMoveRefused, match="version 2 is there already"):
        await models.save(an_artefact(version=2))


async def test_one_serves_at_a_time_and_the_one_before_can_return(models: ModelRegistry) -> None:
    """Promote 1, promote 2, roll back to 1."""
    for _ in range(2):
        await models.save(an_artefact())
    for version in (1, 2, 1):
        await models.move(BEHAVIOUR, "sample", version, ModelState.LIVE, f"promoted {version}")
        live = await models.live(BEHAVIOUR, "sample")
        assert live is not None
        assert live.version == version
    entries = await models.list("sample")
    assert [(e.version, e.state) for e in entries] == [(2, ModelState.RETIRED), (1, ModelState.LIVE)]
    assert [(c.state.value, c.why) for c in entries[1].changes] == [
        ("shadow", "trained"),
        ("live", "promoted 1"),
        ("retired", "version 2 took its place"),
        ("live", "promoted 1"),
    ]
    assert entries[0].sizes == {"network.onnx": 10, "card.md": 7}
    assert entries[0].meta == an_artefact().meta


async def test_rolling_back_takes_the_last_that_served(models: Registry) -> None:
    """1, 2 and 4 served, 3 never did: back from 4 to 2, from 2 to 1, and no further."""
    for _ in range(4):
        await models.save(an_artefact())
    for version in (1, 2, 4):
        await models.move(BEHAVIOUR, "sample", version, ModelState.LIVE, "promoted")
    assert [await models.back(BEHAVIOUR, "sample", "worse") for _ in range(2)] == [2, 1]
    with pytest.raises(ModelUnknown, match="no behaviour model of sample served before"):
        await models.back(BEHAVIOUR, "sample", "worse")


async def test_what_the_gate_refused_never_serves(models: ModelRegistry) -> None:
    await models.save(an_artefact())
    await models.move(BEHAVIOUR, "sample", 1, ModelState.REFUSED, "lower bound 0.1 below 0.2")
    with pytest.raises(ModelMoveRefused, match="version 1 is refused, not to become live"):
        await models.move(BEHAVIOUR, "sample", 1, ModelState.LIVE, "all the same")
    with pytest.raises(ModelUnknown):
        await models.move(BEHAVIOUR, "sample", 2, ModelState.RETIRED, "there is none")
    with pytest.raises(ModelUnknown):
        await models.at(BEHAVIOUR, "sample", 2)


async def test_readers_and_the_audit_log_are_told(ports: Ports, models: ModelRegistry) -> None:
    async with aclosing(ports.signals.subscribe("model")) as told:  # type: ignore[type-var]  # a generator
        assert await anext(told) == ("ready", "")
        await models.save(an_artefact(), ModelState.LIVE, "first")
        assert await anext(told) == ("model", "sample/behaviour/1")
    entries = await ports.hub_audit.after(0)
    assert [(e.action, e.subject, e.detail["state"]) for e in entries] == [
        ("model_saved", "sample", "shadow"),
        ("model_moved", "sample", "live"),
    ]


async def test_a_key_that_was_wrapped_anew_still_opens(ports: Ports, models: ModelRegistry) -> None:
    """What a rotation of the site key does."""
    saved = await models.save(an_artefact())
    seen: list[bytes] = []

    def renew(wrapped: bytes, aad: bytes) -> bytes:
        seen.append(aad)
        return MemoryKeys().rewrap(wrapped, aad=aad, fresh=True)

    assert await ports.hub_wrapped.rewrap(renew) == 1
    assert seen == [model_binding("behaviour", "sample", "1")]
    assert await models.at(BEHAVIOUR, "sample", 1) == saved


async def test_another_sites_model_is_refused_and_never_goes_live(ports: Ports, models: ModelRegistry) -> None:
    await models.save(an_artefact())
    other = Registry(store=ports.models, keys=MemoryKeys(bytes(32)), audit=ports.hub_audit, clock=FixedClock())
    with pytest.raises(ArtefactInvalid, match="the signature does not fit"):
        await other.move(BEHAVIOUR, "sample", 1, ModelState.LIVE, "theirs")
    (entry,) = await other.list("sample")
    assert (entry.version, entry.meta, entry.damaged) == (
        1,
        {},
        "behaviour model of sample, version 1: the signature does not fit",
    )
    assert await models.live(BEHAVIOUR, "sample") is None


def damaged(sealed: SealedArtefact, how: str) -> SealedArtefact:
    content = sealed.files["network.onnx"]
    match how:
        case "a bit of a file":
            return replace(sealed, files={**sealed.files, "network.onnx": content[:-1] + bytes([content[-1] ^ 1])})
        case "a file cut off":
            return replace(sealed, files={**sealed.files, "network.onnx": content[:5]})
        case "a file missing":
            return replace(sealed, files={"network.onnx": content})
        case "files exchanged":
            return replace(sealed, files={"network.onnx": sealed.files["card.md"], "card.md": content})
        case "another version":
            return replace(sealed, version=2)
        case "a character of the signature":
            manifest = sealed.manifest
            return replace(sealed, manifest=manifest[:-2] + ("A" if manifest[-2] != "A" else "B") + manifest[-1])
        case _:
            return replace(sealed, wrapped_key=sealed.wrapped_key[:-1] + b"\0")


@pytest.mark.parametrize(
    "how",
    [
        "a bit of a file",
        "a file cut off",
        "a file missing",
        "files exchanged",
        "another version",
        "a character of the signature",
        "the key",
    ],
)
def test_whatever_is_changed_is_found(how: str) -> None:
    keys = MemoryKeys()
    sealed = seal_artefact(keys, an_artefact(version=1))
    assert open_artefact(keys, sealed) == an_artefact(version=1)
    with pytest.raises(ArtefactInvalid):
        open_artefact(keys, damaged(sealed, how))


def test_no_byte_of_a_file_rests_in_the_open() -> None:
    content = b"weights of many people" * 10
    sealed = seal_artefact(MemoryKeys(), an_artefact(version=1, files={"a.onnx": content}))
    assert content[:8] not in sealed.files["a.onnx"]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ArtefactInvalid, match="no JSON"):
        seal_artefact(MemoryKeys(), an_artefact(version=1, meta={"loss": float("nan")}))
