"""Templates in a coordinate system that only their site knows: renewable, and not comparable with another site's.

Every embedding of a site is multiplied by an orthonormal matrix that hangs on the site key. Cosines stay what they are;
without the key, templates of two sites are as unrelated as random directions. This is the random orthonormal
transformation of ISO/IEC 24745's renewable biometric references; encryption at rest comes on top of it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

from visavis.errors import GalleryMismatch
from visavis.ports import KeyProvider
from visavis.types import Embedding

FIRST = 1
_MARK = "/r"


@lru_cache(maxsize=64)
def base_model(model: str) -> str:
    """The embedder's id without the version of the rotation.

    >>> base_model("default-face@6b8489d71f4d/r2")
    'default-face@6b8489d71f4d'
    """
    return model.rpartition(_MARK)[0] if version_of(model) else model


@lru_cache(maxsize=64)
def version_of(model: str) -> int:
    """Of the rotation that a template is in; 0 where it was stored as the embedder gave it.

    >>> version_of("default-face@6b8489d71f4d/r2"), version_of("default-face@6b8489d71f4d")
    (2, 0)
    """
    _, mark, version = model.rpartition(_MARK)
    return int(version) if mark and version.isdecimal() else 0


class Rotations:
    """A site's coordinate systems of one embedder; one of them is in use."""

    def __init__(self, keys: KeyProvider, model: str, dim: int) -> None:
        """The first one is in use.

        Args:
            keys: the site's.
            model: the embedder's id.
            dim: numbers in a template.
        """
        self._keys, self._base, self._dim = keys, model, dim
        self._known: dict[int, NDArray[np.float32]] = {0: np.eye(dim, dtype=np.float32)}
        self._steps: dict[tuple[int, int], NDArray[np.float32]] = {}
        self.version = FIRST

    @property
    def model(self) -> str:
        """What `Embedding.model` says of templates in the system in use."""
        return f"{self._base}{_MARK}{self.version}"

    def turned(self, embeddings: Sequence[Embedding], version: int | None = None) -> tuple[Embedding, ...]:
        """What the embedder gave, or another version holds, in the system in use, or in this version.

        Raises:
            GalleryMismatch: another embedder made one of them.
        """
        wanted = self.version if version is None else version
        found, versions = list(embeddings), [self._version(embedding) for embedding in embeddings]
        for before in set(versions) - {wanted}:
            rows = [row for row, one in enumerate(versions) if one == before]
            vectors = np.stack([embeddings[row].vector for row in rows]) @ self._between(before, wanted)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            for row, vector in zip(rows, vectors, strict=True):
                found[row] = Embedding(vector=vector, model=f"{self._base}{_MARK}{wanted}")
        return tuple(found)

    def _version(self, embedding: Embedding) -> int:
        if base_model(embedding.model) != self._base or len(embedding.vector) != self._dim:
            raise GalleryMismatch(f"site of {self._base}, embedding of {embedding.model}")
        return version_of(embedding.model)

    def _between(self, before: int, wanted: int) -> NDArray[np.float32]:
        """What rows of one version are multiplied by to be in another."""
        if (before, wanted) not in self._steps:
            self._steps[before, wanted] = self._matrix(before) @ self._matrix(wanted).T
        return self._steps[before, wanted]

    def _matrix(self, version: int) -> NDArray[np.float32]:
        if version not in self._known:
            key = self._keys.derive(f"template rotation {version} of {self._dim}")
            self._known[version] = rotation(key, self._dim).astype(np.float32)
        return self._known[version]


def rotation(key: bytes, dim: int) -> NDArray[np.float64]:
    """An orthonormal matrix (dim, dim), evenly distributed over all of them, from 32 bytes.

    Normal deviates from ChaCha20's stream, by Box and Muller; of their QR decomposition the Q for which R's diagonal is
    positive (Mezzadri 2007, Notices of the AMS 54(5)).
    """
    count = dim * dim
    stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(16 * count))
    uniform = (np.frombuffer(stream, "<u8") >> np.uint64(11)).astype(np.float64) / 2.0**53
    one, other = 1.0 - uniform[:count], uniform[count:]
    normal = np.sqrt(-2.0 * np.log(one)) * np.cos(2.0 * np.pi * other)
    q, r = np.linalg.qr(normal.reshape(dim, dim))
    matrix: NDArray[np.float64] = q * np.sign(np.diag(r))
    return matrix
