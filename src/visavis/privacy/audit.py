"""The hash chain: whoever edits, deletes or reorders entries breaks it; whoever cuts its end, a signed checkpoint."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring

from visavis.errors import AuditBroken
from visavis.privacy.merkle import Tree
from visavis.types import AuditEntry, Link

GENESIS = "0" * 64
PLAIN = re.compile(r'\{"[^"\\]*+":"[^"\\]*+"(?:,"[^"\\]*+":"[^"\\]*+")*+\}')
UNCLEAR = ('{":"', ',":"', ':":"', '{","', ',","', ':","')  # a text ":" or ",", or one that ends so
OBJECT = json.JSONDecoder(object_pairs_hook=tuple)  # a key that stands twice is not lost; a list stays a list


def chain(
    previous_sha256: str, seq: int, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]
) -> AuditEntry:
    """The next entry: its hash covers its own content and the hash before it."""
    content = spelled(previous_sha256, seq, at.isoformat(), actor, action, subject, pairs(detail.items()))
    return AuditEntry(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail),
        previous_sha256=previous_sha256,
        sha256=sha256(content.encode()).hexdigest(),
    )


def spelled(previous_sha256: str, seq: int, at: str, actor: str, action: str, subject: str, detail: str) -> str:
    """What the hash of an entry covers: JSON without spaces; `at` is ISO 8601, `detail` is what `pairs` gives."""
    who, what, whom = encode_basestring(actor), encode_basestring(action), encode_basestring(subject)
    return f'["{previous_sha256}",{seq},"{at}",{who},{what},{whom},{detail}]'


def pairs(detail: Iterable[tuple[str, str]]) -> str:
    """Keys and values in order of the keys, as JSON."""
    listed = [f"[{encode_basestring(key)},{encode_basestring(value)}]" for key, value in sorted(detail)]
    return f"[{','.join(listed)}]"


def spelled_object(detail: Mapping[str, str]) -> str:
    """As a JSON object, in order of the keys and without spaces: what `pairs_of_json` reads fastest."""
    members = [f"{encode_basestring(key)}:{encode_basestring(value)}" for key, value in sorted(detail.items())]
    return f"{{{','.join(members)}}}"


def pairs_of_json(detail: str) -> str:
    """What `pairs` gives, of a valid JSON text; "null" when it is no object of texts, which fits no hash.

    The usual one has neither spaces between its texts nor escapes in them, and no text that is itself what parts two.
    """
    if not PLAIN.fullmatch(detail) or any(part in detail for part in UNCLEAR):
        return _any_pairs(detail)
    return "[[" + detail[1:-1].replace('","', '"],["').replace('":"', '","') + "]]"


def _any_pairs(detail: str) -> str:
    try:
        found = OBJECT.decode(detail)
        return pairs(found) if isinstance(found, tuple) else "null"
    except (TypeError, ValueError, RecursionError):
        return "null"


def link(entry: AuditEntry) -> Link:
    """What a chain is checked by."""
    e = entry
    return spelled(
        e.previous_sha256, e.seq, e.at.isoformat(), e.actor, e.action, e.subject, pairs(e.detail.items())
    ), e.sha256


class Chain:
    """The chain as far as it was walked: its length, last hash and tree."""

    def __init__(self, seq: int = 0, last_sha256: str = GENESIS, peaks: Iterable[bytes] = ()) -> None:
        """Begin where an earlier walk ended."""
        self.last_sha256 = last_sha256
        self._tree = Tree(seq, peaks)

    @property
    def seq(self) -> int:
        """Entries so far."""
        return self._tree.size

    @property
    def root(self) -> str:
        """Tree hash over the entries so far, in hexadecimal."""
        return self._tree.root.hex()

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """What another walk needs to go on from here."""
        return self._tree.peaks

    def walk(self, links: Sequence[Link]) -> int:
        """Go on over the next entries, up to the first that does not hang on the one before; how many did."""
        seq, last, leaves = self.seq, self.last_sha256, []
        with suppress(UnicodeEncodeError):  # no entry of ours
            for content, own in links:
                seq += 1
                found = sha256(content.encode()).digest()
                if found.hex() != own or not content.startswith(f'["{last}",{seq},'):
                    break
                leaves.append(found)
                last = own
        self._tree.extend(leaves)
        self.last_sha256 = last
        return len(leaves)


def verify(entries: Iterable[AuditEntry], *, previous_sha256: str = GENESIS, first_seq: int = 1) -> str:
    """The last hash of an unbroken chain; raises AuditBroken naming the first entry that does not fit.

    A chain that was cut at its end is unbroken: `privacy.checkpoints` compares it with what was signed.
    """
    last = previous_sha256
    for seq, entry in enumerate(entries, start=first_seq):
        content, own = link(entry)
        if sha256(content.encode()).hexdigest() != own or not content.startswith(f'["{last}",{seq},'):
            raise AuditBroken(f"audit entry {seq}")
        last = own
    return last
