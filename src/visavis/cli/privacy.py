"""`visavis privacy`: what the site tells of itself."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import chinese, say
from visavis.cli.options import AsJson, CacheDir, DatabaseUrl, DataDir, out, print_json, settings

privacy_app = typer.Typer(no_args_is_help=True, help=say("Where data rests at this site."))


@privacy_app.command(
    "register",
    epilog="`visavis privacy register --md`",
    help=say("Every place where data can rest, as this site is configured."),
)
def privacy_register(
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    markdown: Annotated[bool, typer.Option("--md", help=say("Print a table in Markdown."))] = False,
    json_: AsJson = False,
) -> None:
    """Needs neither database nor key; addresses are shown without user and password."""
    from visavis.privacy.register import as_document, as_markdown
    from visavis.server.terms import places_of

    found = places_of(settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url))
    locale = "zh-CN" if chinese() else "en"
    if json_:
        print_json([as_document(place) for place in found])
    elif markdown:
        sys.stdout.write(as_markdown(found, locale))
    else:
        table = Table(say("what rests"), say("where"), say("as what"), say("how long"))
        for place in found:
            table.add_row(
                place.what[locale], place.address or place.where[locale], place.form[locale], place.kept[locale]
            )
        out.print(table)
