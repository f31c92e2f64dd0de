"""Every command of `visavis`."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from visavis.cli.messages import say, say_error
from visavis.cli.progress import progress_bar
from visavis.config import Settings
from visavis.errors import InputRefused, SettingInvalid, SetupError, VisavisError

if TYPE_CHECKING:
    from visavis.server.site import Site

out = Console()
err = Console(stderr=True)

ABOUT = "Recognise the member who asked to be recognised, decide what helps here and now, show it, learn from it."

app = typer.Typer(
    name="visavis",
    help=say(ABOUT),
    epilog=say("First time here? Run `visavis demo` and open the three pages that it names."),
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
packs_app = typer.Typer(no_args_is_help=True, help=say("Model packs: list, build, verify, licences."))
scenarios_app = typer.Typer(no_args_is_help=True, help=say("Scenario packs: list and check."))
app.add_typer(packs_app, name="packs")
app.add_typer(scenarios_app, name="scenarios")

DataDir = Annotated[Path | None, typer.Option(help=say("Folder of database and site key."), show_default=False)]
CacheDir = Annotated[Path | None, typer.Option(help=say("Folder of model packs."), show_default=False)]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(help=say("PostgreSQL to use instead of the embedded one."), envvar="VISAVIS_DATABASE_URL"),
]
Port = Annotated[int | None, typer.Option(help=say("Port to listen on; 0 takes any free one."), show_default="8080")]
Scenario = Annotated[str | None, typer.Option(help=say("Scenario pack, by name or folder."), show_default="retail")]
AsJson = Annotated[bool, typer.Option("--json", help=say("Print JSON for programs instead of text for people."))]


def settings(**given: Any) -> Settings:
    """Settings from environment and the options that were given."""
    from pydantic import ValidationError

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingInvalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def print_json(document: Any) -> None:
    """JSON to standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end."""
    asyncio.run(work())


# ------ run


@app.command(
    epilog="`visavis demo --headless --seconds 60 --json`",
    help=say("Watch the whole loop close on this machine, with example people."),
)
def demo(
    headless: Annotated[
        bool, typer.Option(help=say("No browser: play the screens too, then print the funnel."))
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(min=5, help=say("Stop after so many seconds."), show_default=say("until Ctrl-C")),
    ] = None,
    json_: AsJson = False,
    camera: Annotated[
        bool | None,
        typer.Option(
            "--camera/--no-camera",
            help=say("A visitor uses the camera of this machine; without one, example people walk by."),
            show_default=say("look for one"),
        ),
    ] = None,
    port: Port = None,
    scenario: Scenario = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help=say("Keep the demo's data here; without it everything is deleted at the end."), show_default=False
        ),
    ] = None,
    cache_dir: CacheDir = None,
    seed: Annotated[
        int, typer.Option(help=say("Seed of the simulated visitors and of the policy's draws."))
    ] = 20260101,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help=say("Show the log."))] = False,
) -> None:
    """Start everything on loopback; see `visavis.server.demo`."""
    from visavis.server.demo import run_demo
    from visavis.server.logs import configure

    configure("info" if verbose else "warning", pretty=sys.stderr.isatty())
    given = settings(
        port=port if port is not None else (0 if headless else None),
        scenario=scenario,
        cache_dir=cache_dir,
        seed=seed,
    )

    async def work() -> None:
        with ExitStack() as bars:
            progress = bars.enter_context(progress_bar(err))

            report = await run_demo(
                given,
                data_dir=data_dir,
                headless=headless,
                seconds=seconds if seconds is not None else (60.0 if headless else None),
                camera=camera,
                progress=progress,
                announce=_name_pages,
            )
        if json_:
            print_json(report)
        elif headless:
            _funnel(report)

    run(work)


def _name_pages(site: "Site", address: str) -> None:
    for name, path in site.pages().items():
        err.print(f"{say(name):<10} {address}{path}", highlight=False, soft_wrap=True)
    err.print(say("Ctrl-C stops it."))


def _funnel(report: dict[str, Any]) -> None:
    table = Table(title=say("The loop"), show_header=False)
    for stage, count in report["funnel"].items():
        table.add_row(say(stage), f"{count:,}")
    out.print(table)
    quarter = report["last_quarter"]
    out.print(
        say(
            "Mean reward of the last quarter of {visits} visits: policy {policy}, uniform {uniform}, ratio {ratio}"
        ).format(**quarter)
    )


@app.command(epilog="`visavis serve --scenario retail --port 8080`", help=say("Run edge and hub in one process."))
def serve(
    port: Port = None,
    host: Annotated[
        str | None,
        typer.Option(
            help=say("Address to listen on; loopback only until staff can sign in."), show_default="127.0.0.1"
        ),
    ] = None,
    scenario: Scenario = None,
    site: Annotated[str | None, typer.Option(help=say("Name of this site."), show_default="site-1")] = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    false_match_rate: Annotated[
        float | None,
        typer.Option(help=say("How often a stranger may be taken for some member."), show_default="0.001"),
    ] = None,
) -> None:
    """Serve until Ctrl-C."""
    from visavis.server.logs import configure
    from visavis.server.run import serving, stop_asked

    given = settings(
        port=port,
        host=host,
        scenario=scenario,
        site=site,
        data_dir=data_dir,
        cache_dir=cache_dir,
        database_url=database_url,
        false_match_rate=false_match_rate,
    )
    configure(given.log_level, pretty=sys.stderr.isatty())

    async def work() -> None:
        stop = stop_asked()
        with ExitStack() as bars:
            progress = bars.enter_context(progress_bar(err))
            async with serving(given, progress=progress) as (running, address):
                bars.close()
                _name_pages(running, address)
                await stop.wait()

    run(work)


@app.command(epilog="`visavis migrate --database-url postgresql://…`", help=say("Bring a database to this version."))
def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False) -> None:
    """Run the migrations that are missing."""
    from visavis.server.site import migrate_database

    done = asyncio.run(migrate_database(settings(data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json(done)
    else:
        out.print(say("The database is at version {version}.").format(**done))


@app.command(epilog="`visavis doctor --json`", help=say("Look for what is broken or missing, and say what to do."))
def doctor(
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    port: Port = None,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 when something that visavis needs is broken."""
    from visavis.server.doctor import examine

    found = asyncio.run(
        examine(
            settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url, port=port, scenario=scenario)
        )
    )
    if json_:
        print_json([f.as_dict() for f in found])
    else:
        marks = {"ok": "[green]✓[/]", "note": "[yellow]![/]", "broken": "[red]✗[/]"}
        for f in found:
            out.print(f"{marks[f.state]} {say(f.name)}: {escape(f.seen)}", highlight=False, soft_wrap=True)
            if f.remedy:
                out.print(f"  → {escape(f.remedy)}", highlight=False, soft_wrap=True)
    if any(f.state == "broken" for f in found):
        raise typer.Exit(1)


class Part(StrEnum):
    """What can be measured."""

    FACES = "faces"
    DECIDE = "decide"
    STORAGE = "storage"


@app.command(
    epilog="`visavis bench faces --json`", help=say("Measure how long each step of the loop takes on this machine.")
)
def bench(
    parts: Annotated[
        list[Part] | None, typer.Argument(help=say("What to measure."), show_default=say("everything"))
    ] = None,
    scenario: Scenario = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print quantiles of each step."""
    from visavis.server.bench import run_bench

    given = settings(scenario=scenario, cache_dir=cache_dir)
    with progress_bar(err) as progress:
        results = run_bench(given, [part.value for part in parts or Part], progress)
    if json_:
        print_json({part: [asdict(t) for t in timings] for part, timings in results.items()})
        return
    for part, timings in results.items():
        table = Table(say("step"), say("rounds"), "p50 µs", "p95 µs", "p99 µs", title=part)
        for t in timings:
            table.add_row(t.step, str(t.rounds), f"{t.p50_us:,.1f}", f"{t.p95_us:,.1f}", f"{t.p99_us:,.1f}")
        out.print(table)


@app.command(help=say("Print the version."))
def version(json_: AsJson = False) -> None:
    """Name and version."""
    if json_:
        print_json({"visavis": installed_version("visavis")})
    else:
        out.print(f"visavis {installed_version('visavis')}")


# ------ packs and scenarios


@packs_app.command("list", help=say("Model packs on this machine."))
def packs_list(cache_dir: CacheDir = None, json_: AsJson = False) -> None:
    """Name, licence and state of each pack."""
    from visavis.perception.packs import list_packs

    found = list_packs(settings(cache_dir=cache_dir).packs_dir)
    if json_:
        print_json(
            [{"name": p.name, "version": p.version, "licences": p.licences, "folder": str(p.folder)} for p in found]
        )
        return
    table = Table(say("name"), say("version"), say("licences"), say("folder"))
    for p in found:
        table.add_row(p.name, p.version, ", ".join(p.licences), str(p.folder))
    out.print(table if found else say("No pack yet: `visavis packs build` makes the default one."))


@packs_app.command("build", help=say("Build the default face pack from weights inside installed packages; no network."))
def packs_build(cache_dir: CacheDir = None, json_: AsJson = False) -> None:
    """Build, verify by known answers, keep."""
    from visavis.perception.packs import build_default_pack

    with progress_bar(err) as progress:
        folder = build_default_pack(settings(cache_dir=cache_dir).packs_dir, progress)
    print_json({"folder": str(folder)}) if json_ else out.print(str(folder))


@packs_app.command("verify", help=say("Check sums, shapes and known answers of every pack."))
def packs_verify(cache_dir: CacheDir = None, json_: AsJson = False) -> None:
    """Exit status 1 when a pack is not what its manifest says."""
    from visavis.perception.packs import list_packs, verify_pack

    results = []
    for pack in list_packs(settings(cache_dir=cache_dir).packs_dir):
        try:
            verify_pack(pack.folder)
            results.append({"name": pack.name, "ok": True, "problem": None})
        except VisavisError as error:
            results.append({"name": pack.name, "ok": False, "problem": str(error)})
    if json_:
        print_json(results)
    else:
        for r in results:
            out.print(f"[green]✓[/] {r['name']}" if r["ok"] else f"[red]✗[/] {r['name']}: {r['problem']}")
    if not all(r["ok"] for r in results):
        raise typer.Exit(1)


@packs_app.command(
    "calibrate",
    epilog="`visavis packs calibrate ./people --json`",
    help=say("Measure which score strangers reach how often, on a folder with one folder a person."),
)
def packs_calibrate(
    folder: Annotated[Path, typer.Argument(help=say("One folder a person, pictures in it."), show_default=False)],
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print thresholds by false match rate."""
    from datetime import UTC, datetime

    from visavis.perception.observe import Observer
    from visavis.perception.packs import build_default_pack, load_pack
    from visavis.pipeline.calibration import calibrate_folder

    with progress_bar(err) as progress:
        observer = Observer(load_pack(build_default_pack(settings(cache_dir=cache_dir).packs_dir, progress)))
        found = calibrate_folder(folder, observer, now=datetime.now(UTC), progress=progress)
    if json_:
        print_json(asdict(found))
        return
    table = Table(say("false match rate"), say("threshold"), say("pairs"))
    for t in found.thresholds:
        table.add_row(f"{t.false_match_rate:g}", f"{t.score:.4f}", f"{t.impostor_pairs:,}")
    out.print(table)
    if found.without_face:
        err.print(say("No face was found in {count} pictures.").format(count=len(found.without_face)))


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


# ------ errors


def main() -> None:
    """Entry point: an error is one message with its remedy, never a traceback."""
    try:
        app()
    except VisavisError as error:
        if "--json" in sys.argv:
            print_json({"error": error.code(), "message": str(error)})
        else:
            err.print(f"[red]{error.code()}[/]: {escape(say_error(error))}", highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, (InputRefused, SetupError)) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
