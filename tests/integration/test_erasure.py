"""Invariant 4 at the hub: after erasure the token stands nowhere in the database."""

import psycopg

from visavis.storage.database import Storage
from visavis.testing import (
    T0,
    a_campaign,
    a_consent,
    a_decision,
    a_withdrawal,
    an_event,
    an_impression,
    an_outcome,
)
from visavis.types import Stage, Token

TOKEN = "tok-5f3a-canary"  # the only string here that names the person


def rows_that_hold(url: str, text: str) -> dict[str, int]:
    """Table -> rows in which the text stands anywhere, in every table of the hub."""
    found = {}
    with psycopg.connect(url) as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'hub'").fetchall()
        for (table,) in tables:
            query = psycopg.sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE %s").format(
                psycopg.sql.Identifier("hub", table)
            )
            row = owner.execute(query, [f"%{text}%"]).fetchone()
            assert row is not None
            if row[0]:
                found[table] = row[0]
    return found


async def live(storage: Storage, name: str) -> None:
    """A visit, with the name in every id that belongs to it."""
    token, decision = Token(name), f"d-{name}"
    await storage.hub_ledger.append(
        [a_consent(id=f"c-{name}", subject=name), a_withdrawal(id=f"w-{name}", consent_id=f"c-{name}", subject=name)]
    )
    await storage.decisions.append(a_decision(id=decision, token=token, receipt_id=f"c-{name}"))
    await storage.allowance.reserve(decision, a_campaign(budget_impressions=9, cap_per_member_day=9), token, T0)
    await storage.allowance.reserve(f"{decision}-unsaved", a_campaign(cap_per_member_day=9), token, T0)
    await storage.plays.append([an_impression(id=f"{decision}-{s}", decision_id=decision, stage=s) for s in Stage])
    await storage.plays.append([an_impression(id=f"{decision}-waiting", decision_id=decision)])
    await storage.events.append(
        [
            an_event(id=f"e1-{name}", token=token, decision_id=None),
            an_event(id=f"e2-{name}", token=None, decision_id=decision),
        ]
    )


async def test_erasure_leaves_no_trace(storage: Storage, database_url: str) -> None:
    """Every table of the hub is read: the token and all ids that hold it were there, and are gone; others' stay."""
    await live(storage, TOKEN)
    await live(storage, "somebody-else")
    before = rows_that_hold(database_url, TOKEN)
    assert before.keys() >= {"ledger", "decision", "event", "impression", "awaiting", "cap", "reservation"}
    await storage.outcomes.append([an_outcome(id=f"o-{TOKEN}", decision_id=f"d-{TOKEN}", event_id=f"e1-{TOKEN}")])
    assert "outcome" in rows_that_hold(database_url, TOKEN)

    theirs = rows_that_hold(database_url, "somebody-else")
    await storage.eraser.erase(Token(TOKEN))

    assert rows_that_hold(database_url, TOKEN) == {}
    assert rows_that_hold(database_url, "somebody-else") == theirs


async def test_the_hub_can_erase_but_not_delete(storage: Storage) -> None:
    """The one way is the database's own function; it takes a token, not a condition."""
    await live(storage, TOKEN)
    hub = next(half for half in storage.halves if half.name == "hub")
    with psycopg.connect(hub.require(), autocommit=True) as connection:
        connection.execute("SELECT * FROM hub.erase(%s)", ["%' OR true --"])
        assert connection.execute("SELECT count(*) FROM hub.event").fetchone() == (2,)
