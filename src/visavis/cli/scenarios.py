"""`visavis scenarios`: scenario packs."""

from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, out, print_json
from visavis.errors import InputRefused

scenarios_app = typer.Typer(no_args_is_help=True, help=say("Scenario packs: list and check."))


@scenarios_app.command("list", help=say("Installed scenario packs."))
def scenarios_list(json_: AsJson = False) -> None:
    """Name and title."""
    from visavis.scenarios.loader import load_scenario, scenario_names

    found = [load_scenario(name) for name in scenario_names()]
    if json_:
        print_json([{"name": s.name, "title": dict(s.title), "items": len(s.items)} for s in found])
        return
    table = Table(say("name"), say("title"), say("items"))
    for s in found:
        table.add_row(s.name, " / ".join(s.title.values()), str(len(s.items)))
    out.print(table)


@scenarios_app.command(
    "check",
    epilog="`visavis scenarios check ./my-pack`",
    help=say("Explain every mistake in a scenario pack with its line."),
)
def scenarios_check(
    pack: Annotated[str | None, typer.Argument(help=say("Name or folder of the pack."), show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help=say("Check every installed pack."))] = False,
    json_: AsJson = False,
) -> None:
    """Exit status 1 when a pack has a mistake."""
    from visavis.scenarios.loader import check, scenario_names

    names = scenario_names() if every else [pack] if pack else []
    if not names:
        raise InputRefused("name a pack, or give --all")
    problems = {name: check(name) for name in names}
    if json_:
        print_json(problems)
    else:
        for name, found in problems.items():
            out.print(f"[green]✓[/] {name}" if not found else f"[red]✗[/] {name}")
            for line in found:
                out.print(f"  {line}", markup=False)
    if any(problems.values()):
        raise typer.Exit(1)
