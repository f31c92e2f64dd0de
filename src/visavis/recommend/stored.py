"""A blend as files of an artefact: one npz a source, never a pickle, and a JSON that says what they are."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.recommend.blend import Blend
from visavis.recommend.candidates import Source
from visavis.recommend.content import Content
from visavis.recommend.ease import LinearItems
from visavis.recommend.factors import Factors
from visavis.recommend.neighbours import NeighbourRule, Neighbours
from visavis.recommend.pairs import PairCounts
from visavis.recommend.popular import New, Popular

Arrays = Mapping[str, NDArray[np.generic]]
MAIN = "blend.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredBlend:
    """A blend and the catalogue that its numbers mean."""

    blend: Blend
    items: tuple[str, ...]  # name of each index


def packed(stored: StoredBlend) -> dict[str, bytes]:
    """Name of each file -> its bytes."""
    sources = stored.blend.sources
    main: dict[str, Any] = {
        "items": stored.items,
        "weights": stored.blend.weights,
        "sources": [source.name for source in sources],
    }
    files = {}
    for source in sources:
        if isinstance(source, Neighbours):
            main["neighbours"] = asdict(source.rule)
        files[f"{source.name}.npz"] = _npz(_arrays(source))
    return {MAIN: json.dumps(main, ensure_ascii=False).encode(), **files}


def unpacked(files: Mapping[str, bytes]) -> StoredBlend:
    """The blend again, with the same scores; raises ModelRefused where a file is missing or not what it should be."""
    try:
        main = json.loads(files[MAIN])
        names, items = main["sources"], tuple(main["items"])
        arrays = {name: _read(files[f"{name}.npz"]) for name in names}
        made: dict[str, Source] = {}
        for name in sorted(names, key=lambda name: name == "content"):  # content stands on the factors
            made[name] = _restored(name, arrays[name], main, made)
        weights = {str(name): float(weight) for name, weight in main["weights"].items()}
        return StoredBlend(blend=Blend([made[name] for name in names], weights), items=items)
    except (KeyError, TypeError, ValueError, BadZipFile, OSError) as failure:
        raise ModelRefused(f"{MAIN}: {type(failure).__name__}") from failure


def _arrays(source: Source) -> Arrays:
    if isinstance(source, Neighbours):
        rows, columns, weights = source.pairs.rows()
        return {"rows": rows, "columns": columns, "weights": weights, "times": source.times}
    if isinstance(source, LinearItems | Factors | Popular | New | Content):
        return source.arrays()
    raise ValueError(f"{source.name} cannot be kept")


def _restored(name: str, arrays: Arrays, main: Mapping[str, Any], made: Mapping[str, Source]) -> Source:
    match name:
        case "neighbours":
            return _neighbours(arrays, NeighbourRule(**main["neighbours"]))
        case "ease" | "successors":
            return LinearItems.restored(name, arrays)
        case "factors":
            return Factors.restored(arrays)
        case "popular":
            return Popular.restored(arrays)
        case "new":
            return New.restored(arrays)
        case "content" if isinstance(factors := made["factors"], Factors):
            return Content.restored(arrays, factors)
    raise ValueError(f"no source is called {name}")


def _neighbours(arrays: Arrays, rule: NeighbourRule) -> Neighbours:
    times = np.array(arrays["times"], np.float64)
    model = Neighbours(0, rule)
    model.times = times
    model.pairs = PairCounts.of(
        len(times),
        np.asarray(arrays["rows"], np.int32),
        np.asarray(arrays["columns"], np.int32),
        np.asarray(arrays["weights"], np.float64),
    )
    return model


def _npz(arrays: Arrays) -> bytes:
    held = BytesIO()
    save: Callable[..., None] = np.savez_compressed
    save(held, **arrays)
    return held.getvalue()


def _read(data: bytes) -> dict[str, NDArray[np.generic]]:
    with np.load(BytesIO(data), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
