"""What people were promised, in plain words: who allowed what, where, on which text, until when.

Written from the promise and not from the code: no ledger, no withdrawal record, no receipt. `test_consent_machine.py`
asks it about everything that a site does.
"""

from dataclasses import dataclass, field
from datetime import datetime

from visavis.types import Purpose


@dataclass(frozen=True)
class Place:
    """Where something happens, and in whose name."""

    site: str
    scenario: str


@dataclass(frozen=True)
class House:
    """What the law of a site lets people do."""

    children: bool  # a child may join with a guardian who signs
    unsigned_faces: bool  # without a signature of anybody


HOUSES = {"north": House(children=False, unsigned_faces=True), "south": House(children=True, unsigned_faces=False)}


@dataclass(frozen=True)
class Joining:
    """Somebody at the door, and who stands by them."""

    child: bool = False
    guardian: bool = False
    signature: str = ""

    def may(self, site: str, *, face: bool) -> bool:
        """Whether they may be taken in at this site."""
        old_enough = not self.child or (HOUSES[site].children and self.guardian and bool(self.signature))
        return old_enough and (not face or HOUSES[site].unsigned_faces or bool(self.signature))


@dataclass(frozen=True)
class Allowed:
    """One yes of one person."""

    who: str
    purpose: Purpose
    place: Place
    text: str  # version of the notice that was read
    until: datetime


@dataclass
class Oracle:
    """Every yes that was not taken back.

    `may` is the most that a site may do. `must` is the least: what a person allowed and no accident has touched since
    works, so that doing nothing at all is no way to keep every promise.
    """

    yes: list[Allowed] = field(default_factory=list)
    sure: set[Allowed] = field(default_factory=set)  # nothing happened since that may have ended it
    broken: set[str] = field(default_factory=set)  # a withdrawal of theirs is half done
    gone: set[str] = field(default_factory=set)  # asked to be forgotten, and were told that it is done

    def allow(self, one: Allowed) -> None:
        """Somebody said yes."""
        self.yes.append(one)
        if one.who not in self.broken:
            self.sure.add(one)

    def take_back(self, who: str, purpose: Purpose, place: Place) -> None:
        """Somebody was told that their yes has ended; elsewhere it may end too."""
        self.yes = [one for one in self.yes if (one.who, one.purpose, one.place) != (who, purpose, place)]
        self.sure = {one for one in self.sure if (one.who, one.purpose) != (who, purpose)}

    def forget(self, who: str) -> None:
        """Somebody was told that nothing is left of them."""
        self.yes = [one for one in self.yes if one.who != who]
        self.doubt(who)
        self.gone.add(who)

    def doubt(self, who: str) -> None:
        """Something broke in the middle of what they asked for; they were told so, and it may be ended at any time."""
        self.sure = {one for one in self.sure if one.who != who}
        self.broken.add(who)

    def doubt_all(self) -> None:
        """An older copy of everything came back: what was allowed since then may be lost."""
        self.sure.clear()

    def may(self, who: str, purpose: Purpose, place: Place, text: str, now: datetime) -> bool:
        """Whether this may be done to them."""
        return any(_covers(one, who, purpose, place, text, now) for one in self.yes)

    def must(self, who: str, purpose: Purpose, place: Place, text: str, now: datetime) -> bool:
        """Whether refusing it would break what they were told."""
        return any(_covers(one, who, purpose, place, text, now) for one in self.sure)


def _covers(one: Allowed, who: str, purpose: Purpose, place: Place, text: str, now: datetime) -> bool:
    same = (one.who, one.purpose, one.place) == (who, purpose, place)
    return same and one.text == text and now < one.until  # whoever read another text is asked again
