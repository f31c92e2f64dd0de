"""What an incident concerns, worked out by hand."""

from datetime import timedelta

import pytest

from visavis.privacy.assessment.html import html
from visavis.privacy.assessment.markdown import markdown
from visavis.privacy.breach import (
    Action,
    Breach,
    Concerned,
    Level,
    Log,
    Looked,
    Scope,
    advised,
    deadlines,
    exposed,
    tables_of,
)
from visavis.privacy.breach_text import MOST_TOKENS, TEXTS, document
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.register import Place
from visavis.testing import T0

SAY = {"en": "x", "zh-CN": "某"}


def a_place(name: str, *tables: str) -> Place:
    return Place(id=name, where=SAY, address="here", what=SAY, form=SAY, kept=SAY, tables=tables)


PLACES = (
    a_place("templates", "edge.template"),
    a_place("members", "edge.member"),
    a_place("consents", "edge.ledger", "hub.ledger"),
    a_place("behaviour", "hub.event", "hub.decision"),
    a_place("files"),
)
ROWS = {"edge.template": 4, "edge.member": 2, "edge.ledger": 7, "hub.ledger": 5, "hub.event": 0, "hub.decision": 9}


@pytest.mark.parametrize(
    ("scopes", "tables"),
    [
        ({Scope.EDGE}, ("edge.template", "edge.member", "edge.ledger")),
        ({Scope.HUB}, ("hub.ledger", "hub.event", "hub.decision")),
        ({Scope.KEYS}, ()),
        ({Scope.KEYS, Scope.BACKUP}, tuple(ROWS)),
    ],
)
def test_the_tables_that_lie_open(scopes: set[Scope], tables: tuple[str, ...]) -> None:
    """By half; keys alone open none; a backup holds both halves."""
    assert tables_of(PLACES, scopes) == tables


def test_r15_ciphertext_is_sealed_until_the_keys_are_with_it() -> None:
    """What is plain is readable either way; empty tables are no finding."""
    for scopes, level in (({Scope.EDGE}, Level.SEALED), ({Scope.EDGE, Scope.KEYS}, Level.OPENED)):
        found = exposed(PLACES, ROWS, scopes)
        levels = {one.place: one.level for one in found}
        assert levels == {
            "templates": level,
            "members": level,
            "consents": Level.READABLE,
            "behaviour": Level.READABLE,
        }
        assert found[-1].rows == {"hub.decision": 9}


def test_r15_deadlines_are_counted_from_when_it_is_known() -> None:
    """72 hours, at once, and no figure."""
    eu, cn, illinois = deadlines([load_jurisdiction(name) for name in ("EU", "CN", "US-IL")], T0)
    assert (eu.jurisdiction, eu.hours, eu.due) == ("EU", 72, T0 + timedelta(days=3))
    assert (cn.hours, cn.due) == (0, T0)
    assert (illinois.hours, illinois.due) == (None, None)


@pytest.mark.parametrize(
    ("scopes", "actions"),
    [
        ({Scope.EDGE}, "keep_evidence rekey tell_authority tell_members"),
        ({Scope.HUB}, "keep_evidence tell_authority tell_members"),
        ({Scope.KEYS}, "keep_evidence rotate rekey"),
        (
            {Scope.BACKUP, Scope.KEYS},
            "keep_evidence rotate rekey enrol_anew new_codes expire_backups tell_authority tell_members",
        ),
    ],
)
def test_r15_what_to_do_follows_from_what_was_taken(scopes: set[Scope], actions: str) -> None:
    """In order; keys alone open nothing, so nobody is told before a database joins them."""
    rows = {table: ROWS[table] for table in tables_of(PLACES, scopes)}
    assert advised(scopes, exposed(PLACES, rows, scopes)) == tuple(map(Action, actions.split()))


def a_breach(tokens: int) -> Breach:
    return Breach(
        site="site-1<script>",
        jurisdiction="EU",
        scopes=tuple(Scope),
        since=T0,
        until=T0 + timedelta(hours=1),
        made_at=T0 + timedelta(hours=2),
        concerned=Concerned(
            members=tokens,
            by_face=1,
            held=0,
            gone=0,
            by_purpose={"push": 3},
            tokens=tuple(f"token-{n}" for n in range(tokens)),
        ),
        exposed=exposed(PLACES, ROWS, set(Scope)),
        keys_exposed=True,
        staff=(Looked(actor="staff | 1", purpose="review", looks=2, subjects=1),),
        logs=(Log(half="edge", entries=7, intact=True), Log(half="hub", entries=3, intact=False)),
        deadlines=deadlines([load_jurisdiction(name) for name in ("EU", "CN", "US-IL")], T0),
        actions=tuple(Action),
        seconds=0.1,
    )


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_report_says_everything_in_both_languages(locale: str) -> None:
    """As Markdown and as HTML, escaped; a person reads the first thousand pseudonyms and is told of the rest."""
    drawn = document(a_breach(MOST_TOKENS + 2), locale)
    for written in (markdown(drawn), html(drawn)):
        assert "<script>" not in written
        assert f"token-{MOST_TOKENS - 1}" in written
        assert f"token-{MOST_TOKENS}" not in written
        for action in Action:
            said = TEXTS[f"action.{action}"][locale].replace("`", "").split(":")[0][:12]
            assert said in written.replace("`", "").replace("\\", "")
    assert all(set(said) == {"en", "zh-CN"} for said in TEXTS.values())
    wanted = [f"scope.{s}" for s in Scope] + [f"level.{lv}" for lv in Level] + [f"action.{a}" for a in Action]
    assert set(wanted) <= TEXTS.keys()
