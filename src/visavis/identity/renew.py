"""Members under fresh keys, many at once; what a thief copied before opens, and compares with, nothing of it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from visavis.errors import KeyDestroyed, KeyHeld
from visavis.identity.enrol import NICKNAME
from visavis.identity.rotation import Rotations, base_model
from visavis.ports import KeyProvider
from visavis.privacy.vault import MemberKey, embedding_opened, embedding_sealed, fresh_key, key_binding, opened_key
from visavis.types import Embedding, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A member whose key is open; None: only their card opens it."""

    member: Member
    key: MemberKey | None = field(repr=False)


def renewed(members: Sequence[Member], keys: KeyProvider, rotations: Rotations) -> list[tuple[Member, Member]]:
    """Each before and after: under a fresh key, the templates turned into the rotation in use.

    Templates of another embedder keep their numbers. A key that only the member's card opens stays, under the site's
    part of it anew. Members whose key was destroyed are left out: forgotten, though their row came back.

    Raises:
        SealBroken: The site key is another one.
    """
    found = list(_opened(members, keys))
    templates = [_templates(one) for one in found]
    ours = [embedding for each in templates for embedding in each if _is_ours(embedding, rotations)]
    turned = iter(rotations.turned(ours))
    resealed = [[next(turned) if _is_ours(each, rotations) else each for each in mine] for mine in templates]
    with keys.together():
        return [(one.member, _under_another(one, mine, keys)) for one, mine in zip(found, resealed, strict=True)]


def _opened(members: Sequence[Member], keys: KeyProvider) -> Iterator[_Opened]:
    for member in members:
        key = None
        with suppress(KeyDestroyed):
            with suppress(KeyHeld):
                key = opened_key(keys, member.wrapped_key, member.id)
            yield _Opened(member=member, key=key)


def _templates(one: _Opened) -> list[Embedding]:
    if one.key is None:
        return []
    return [embedding_opened(one.key, template.sealed, template.model) for template in one.member.templates]


def _is_ours(embedding: Embedding, rotations: Rotations) -> bool:
    return base_model(embedding.model) == base_model(rotations.model)


def _under_another(one: _Opened, embeddings: Sequence[Embedding], keys: KeyProvider) -> Member:
    member = one.member
    if one.key is None:
        again = keys.rewrap(member.wrapped_key, aad=key_binding(member.id), fresh=True)
        return replace(member, wrapped_key=again)
    wrapped, key = fresh_key(keys, member.id)
    sealed = tuple(
        replace(template, model=embedding.model, sealed=embedding_sealed(key, embedding))
        for template, embedding in zip(member.templates, embeddings, strict=True)
    )
    name = key.seal(one.key.open(member.nickname, NICKNAME), NICKNAME)
    return replace(member, wrapped_key=wrapped, nickname=name, templates=sealed)
