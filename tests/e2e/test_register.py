"""R19: nothing rests at a place that the register does not name."""

from pathlib import Path

import psycopg

from visavis.config import Settings
from visavis.privacy.register import Place, as_markdown
from visavis.server.terms import places_of

from .conftest import OpenSite


def named(file: Path, places: tuple[Place, ...]) -> bool:
    """Whether a file below the data folder is in the register, by its own name or by its folder's."""
    return any(
        str(file) == one or (one.endswith("/") and str(file).startswith(one)) for place in places for one in place.files
    )


async def test_r19_every_table_and_every_file_is_in_the_register(
    open_test_site: OpenSite, tmp_path: Path, hopper: bytes
) -> None:
    """A site that ran, enrolled, decided and forgot, with its own database: what it left is what the register says."""
    async with open_test_site() as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        await site.show(joined["decision"], "rendered", "on_glass", "ended")
        headers = {"Authorization": f"Bearer {joined['session']}"}
        (await site.http.post("/v1/edge/me/forget", headers=headers)).raise_for_status()
        with psycopg.connect(next(h for h in site.site.storage.halves if h.name == "hub").require()) as hub:
            tables = hub.execute(
                "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('edge', 'hub', 'visavis')"
            ).fetchall()
        places = places_of(site.site.settings)
        files = [path.relative_to(tmp_path / "data") for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [str(file) for file in files if not named(file, places)] == []
    assert len(tables) > 15
    registered = [table for place in places for table in place.tables]
    assert len(registered) == len(set(registered))
    assert {table for (table,) in tables} == set(registered)


def test_r19_the_register_shows_no_password(tmp_path: Path) -> None:
    """Host and name of the database, nothing else of its address."""
    url = "postgresql://anna:secret@db.example:5433/shop?password=secret"
    places = places_of(Settings(data_dir=tmp_path, database_url=url))
    text = as_markdown(places, "en")
    assert "PostgreSQL at db.example:5433, database shop" in text
    assert "secret" not in text
    assert "anna" not in text


def test_r19_every_place_says_what_as_what_and_how_long_in_both_languages(tmp_path: Path) -> None:
    """No line is left empty; the ids are unique."""
    places = places_of(Settings(data_dir=tmp_path))
    assert len(places) > 15
    assert len({place.id for place in places}) == len(places)
    for place in places:
        for said in (place.where, place.what, place.form, place.kept):
            assert set(said) == {"en", "zh-CN"}
            assert all(said.values())
