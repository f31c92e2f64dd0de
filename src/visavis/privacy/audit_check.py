"""Whether a log is the one that was written: its chain against itself, and against what the site signed."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from visavis.errors import SignatureInvalid
from visavis.privacy.audit import Chain
from visavis.privacy.checkpoints import Signed, read_checkpoint
from visavis.types import Checkpoint, Link


class Means(StrEnum):
    """By what a change is found."""

    CHAIN = "chain"  # an entry is not what its hash covers, or does not hang on the one before
    CHECKPOINT = "checkpoint"  # the entries up to here are not those that were signed
    CUT = "cut"  # the log is shorter than when it was signed
    SIGNATURE = "signature"  # a checkpoint was not signed by this site
    MISSING = "missing"  # a checkpoint stands in one place only: the database was put back, or the file was


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not fit."""

    half: str
    means: Means
    seq: int  # the first entry concerned; of a checkpoint, the last that it covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came out for one half."""

    half: str
    entries: int  # that hang on each other
    last_sha256: str
    checkpoints: int  # that hold
    covered: int  # entries up to the last of these; what comes after is guarded by the chain alone
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.findings


@dataclass(slots=True, kw_only=True)
class Check:
    """Walks one half's log from its first entry; give it every link in order, then ask for the result."""

    half: str
    signed: Sequence[Signed]  # checkpoints to compare with
    findings: list[Finding] = field(default_factory=list)  # what was found of the checkpoints themselves
    chain: Chain = field(default_factory=Chain)
    held: list[int] = field(default_factory=list)  # entries of the checkpoints that fit
    broken: bool = False  # an entry does not fit
    _due: deque[Signed] = field(init=False)

    def __post_init__(self) -> None:
        self._due = deque(sorted(self.signed, key=lambda s: s.seq))
        self._meet()

    def feed(self, links: Sequence[Link]) -> None:
        """The next entries; nothing more is looked at once one does not fit."""
        begin = 0
        while begin < len(links) and not self.broken:
            end = min(len(links), begin + self._due[0].seq - self.chain.seq) if self._due else len(links)
            fitting = self.chain.walk(links[begin:end])
            if fitting < end - begin:
                self.broken = True
                self._find(Means.CHAIN, self.chain.seq + 1)
            begin = end
            self._meet()

    def _meet(self) -> None:
        """Compare with the checkpoints of exactly so many entries."""
        while self._due and self._due[0].seq <= self.chain.seq:
            due = self._due.popleft()
            if (due.root, due.last_sha256) == (self.chain.root, self.chain.last_sha256):
                self.held.append(due.seq)
            else:
                self._find(Means.CHECKPOINT, due.seq)

    def _find(self, means: Means, seq: int) -> None:
        self.findings.append(Finding(half=self.half, means=means, seq=seq))

    def result(self) -> Checked:
        """After the last link."""
        if not self.broken:
            for due in self._due:
                self._find(Means.CUT, due.seq)
        return Checked(
            half=self.half,
            entries=self.chain.seq,
            last_sha256=self.chain.last_sha256,
            checkpoints=len(self.held),
            covered=max(self.held, default=0),
            findings=tuple(self.findings),
        )


def begin_check(half: str, publics: Iterable[bytes], *places: Sequence[Checkpoint]) -> Check:
    """A check of one half against checkpoints from one or several places, each of which should have them all."""
    keys, findings = tuple(publics), []
    signed: dict[Checkpoint, Signed] = {}
    every = {checkpoint for place in places for checkpoint in place if checkpoint.half == half}
    for checkpoint in sorted(every, key=lambda c: (c.seq, c.jws)):
        try:
            signed[checkpoint] = read_checkpoint(checkpoint, keys)
        except SignatureInvalid:
            findings.append(Finding(half=half, means=Means.SIGNATURE, seq=checkpoint.seq))
    places_had = [frozenset(place) for place in places]
    valid = counting(signed)
    findings += [
        Finding(half=half, means=Means.MISSING, seq=checkpoint.seq)
        for checkpoint in valid
        if not all(checkpoint in place for place in places_had)
    ]
    return Check(half=half, signed=[signed[checkpoint] for checkpoint in valid], findings=findings)


def counting(signed: Mapping[Checkpoint, Signed]) -> list[Checkpoint]:
    """Those that no restore has made void."""
    restores = [one for one in signed.values() if one.restored_to is not None]
    return [checkpoint for checkpoint, one in signed.items() if not any(restore.voids(one) for restore in restores)]
