"""What every Held does: all that a half holds about one person, and nothing about another."""

import json
from collections.abc import Mapping, Sequence

import pytest

from visavis.ports import Held
from visavis.privacy.erasure import EVERYTHING, digest
from visavis.testing import (
    T0,
    a_campaign,
    a_consent,
    a_correction,
    a_decision,
    a_member,
    a_review,
    a_template,
    a_withdrawal,
    an_event,
    an_impression,
    an_outcome,
)
from visavis.types import Erased, MemberId, Stage, Token

from .conftest import Ports

LIMITED = a_campaign(budget_impressions=10, cap_per_member_day=5)
Table = Mapping[str, Sequence[Mapping[str, object]]]


async def live(ports: Ports, name: str) -> None:
    """One row or more in every table of both halves, the name in every id."""
    member_id, token, decision = MemberId(f"m-{name}"), Token(name), f"d-{name}"
    template = a_template(id=f"t-{name}")
    await ports.roster.save(
        a_member(id=member_id, token=token, credentials=(name.encode(),), templates=(template,)),
        [
            a_consent(id=f"ce-{name}", subject=member_id),
            a_withdrawal(id=f"we-{name}", subject=member_id, consent_id=f"ce-{name}"),
        ],
    )
    await ports.corrections.append(a_correction(id=f"k-{name}", member_id=member_id, template_id=template.id))
    await ports.reviews.ask(a_review(id=f"r-{name}", member_id=member_id, template_id=template.id))
    await ports.erasures.append([Erased(subject_sha256=digest(token), what="improve", at=T0)])
    for log in (ports.audit, ports.hub_audit):
        await log.append(actor="edge", action="enrolled", subject=token, detail={"n": "1"}, at=T0)
    await ports.hub_ledger.append([a_consent(id=f"ch-{name}", subject=token)])
    await ports.decisions.append(a_decision(id=decision, token=token, receipt_id=f"ch-{name}"))
    await ports.allowance.reserve(decision, LIMITED, token, T0)
    await ports.plays.append(
        [an_impression(id=f"p{s}-{name}", decision_id=decision, stage=s) for s in (Stage.RENDERED, Stage.ON_GLASS)]
    )
    await ports.events.append(
        [
            an_event(id=f"e1-{name}", token=token, decision_id=None),
            an_event(id=f"e2-{name}", token=None, decision_id=decision),
        ]
    )
    await ports.outcomes.append([an_outcome(id=f"o-{name}", decision_id=decision)])


async def both(held: tuple[Held, Held], name: str) -> tuple[Table, Table]:
    edge, hub = held
    token = Token(name)
    return await edge.held(f"m-{name}", token), await hub.held(token, token)


async def test_r12_everything_of_a_member_is_there(ports: Ports, held: tuple[Held, Held]) -> None:
    """Counted by hand; another member's rows are not among them."""
    await live(ports, "anna")
    await live(ports, "ben")
    edge, hub = await both(held, "anna")
    assert {table: len(rows) for table, rows in edge.items() if rows} == {
        "member": 1, "template": 1, "ledger": 2, "audit": 1, "correction": 1, "review": 1, "erasure": 1,
    }  # fmt: skip
    counts = {table: len(rows) for table, rows in hub.items() if rows and table != "awaiting"}
    assert counts == {
        "ledger": 1, "event": 2, "decision": 1, "impression": 2, "outcome": 1, "cap": 1, "reservation": 1, "audit": 1,
    }  # fmt: skip
    assert edge["member"][0]["locale"] == "en"
    assert edge["member"][0]["codes"] == 1
    assert hub["decision"][0]["item_id"] == "item-1"
    assert {row["id"] for row in hub["event"]} == {"e1-anna", "e2-anna"}
    assert "ben" not in json.dumps([edge, hub])


async def test_r12_no_key_digest_or_template_number_is_among_it(ports: Ports, held: tuple[Held, Held]) -> None:
    """Nothing in it is bytes, and nothing is named like what is hidden; it can be written as JSON."""
    await live(ports, "anna")
    for table in await both(held, "anna"):
        assert table
        for name, rows in table.items():
            for row in rows:
                hidden = {"wrapped_key", "credentials", "nonce", "ciphertext", "sealed", "nickname", "sha256",
                          "previous_sha256", "subject_sha256"}  # fmt: skip
                assert not hidden & row.keys(), name
        text = json.dumps(table)
        assert a_template().sealed.ciphertext.hex() not in text


@pytest.mark.parametrize("who", ["nobody", "anna' OR true --"])
async def test_of_a_stranger_there_is_nothing(ports: Ports, held: tuple[Held, Held], who: str) -> None:
    """Whatever they call themselves."""
    await live(ports, "anna")
    for table in await both(held, who):
        assert not any(table.values())


async def test_after_being_forgotten_only_what_ends_it_is_left(ports: Ports, held: tuple[Held, Held]) -> None:
    """The ledger, the audit and the erasure list: by which one can show that it was done."""
    await live(ports, "anna")
    await ports.erasures.append([Erased(subject_sha256=digest(Token("anna")), what=EVERYTHING, at=T0)])
    await ports.eraser.erase(Token("anna"))
    await ports.roster.remove(MemberId("m-anna"))
    edge, hub = await both(held, "anna")
    assert {table for table, rows in edge.items() if rows} == {"ledger", "audit", "erasure"}
    assert {table for table, rows in hub.items() if rows} == {"audit"}
