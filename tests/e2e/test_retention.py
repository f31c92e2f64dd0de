"""The retention job in a running site: who did not come for long is known by card and PIN only, and is told so."""

import psycopg

from .conftest import OpenSite, SiteUnderTest, eventually

LONG_AGO = 400


def away(database_url: str, days: int) -> None:
    """Everybody joined and came last so many days ago; their consents hold."""
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE edge.visit SET day = current_date - %s", [days])
        owner.execute("UPDATE edge.member SET enrolled_at = now() - make_interval(days => %s)", [days])
        owner.execute("UPDATE edge.template SET created_at = now() - make_interval(days => %s)", [days])


async def known_by_pin(site: SiteUnderTest, pin: str) -> dict[str, object]:
    answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
    found: dict[str, object] = answer.raise_for_status().json()
    return found


async def test_r10_a_face_that_did_not_come_for_a_year_is_forgotten(
    site: SiteUnderTest, database_url: str, hopper: bytes
) -> None:
    """365 days: known. 400: the template is gone, the member hears of it once, and the audit log has it."""
    pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    away(database_url, 365)
    assert (await site.site.retention.run()).total == 0
    away(database_url, LONG_AGO)
    assert (await site.site.retention.job.look()).removed["biometric"] == 1
    swept = await site.site.retention.run()
    assert {category.value: count for category, count in swept.removed.items() if count} == {"biometric": 1}
    assert (await site.look(hopper)).status_code == 401
    assert [(await known_by_pin(site, pin))["news"] for _ in range(2)] == ["face_unused", None]
    (member,) = await site.site.storage.roster.members()
    assert member.templates == ()
    actions = [(e.actor, e.action, e.subject) for e in await site.site.storage.audit.after(0)]
    assert ("edge", "withdrawn", member.token) in actions
    assert ("retention", "expired", "site") in actions
    runs = await site.site.storage.visits.runs()
    assert runs["biometric"].removed == 1
    assert {"event", "decision", "allowance", "review", "membership", "lapsed"} < runs.keys()


async def test_r10_a_visit_by_face_or_pin_keeps_the_face(site: SiteUnderTest, database_url: str, hopper: bytes) -> None:
    """Seen today by either: the day is written down, and nothing goes."""
    pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    for came in (lambda: site.look(hopper), lambda: known_by_pin(site, pin)):
        away(database_url, LONG_AGO)
        site.site.edge._came.clear()  # another day has begun
        await came()
        assert (await site.site.retention.run()).total == 0
    assert (await site.look(hopper)).status_code == 200


async def test_r10_a_member_who_never_came_back_is_erased_everywhere(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """After two years the job that runs by itself at start forgets them; their decisions are gone, too."""
    async with open_test_site(database_url=database_url) as site:
        (await site.join(photos=(hopper,))).raise_for_status()
    away(database_url, 731)
    async with open_test_site(database_url=database_url) as site:

        async def gone() -> bool:
            return not await site.site.storage.roster.members()

        await eventually(gone)
        assert await site.site.storage.decisions.recent() == []
        assert await site.site.storage.eraser.tokens() == frozenset()
        assert site.site.edge.members == {}
