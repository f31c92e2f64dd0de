"""Every command of `visavis`."""

import asyncio
import sys
from contextlib import ExitStack
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from visavis.cli.api_keys import api_keys_app
from visavis.cli.assess import assess_app
from visavis.cli.audit import audit_app
from visavis.cli.bench import bench_app
from visavis.cli.breach import breach_app
from visavis.cli.consent import consent_app
from visavis.cli.devices import devices_app
from visavis.cli.edge import CameraFps, CameraLoop, Cameras, edge
from visavis.cli.evaluate import evaluate_app
from visavis.cli.events import events_app
from visavis.cli.keys import keys_app
from visavis.cli.members import members_app
from visavis.cli.messages import say, say_error
from visavis.cli.models import models_app
from visavis.cli.options import (
    AsJson,
    CacheDir,
    DatabaseUrl,
    DataDir,
    Port,
    Scenario,
    err,
    out,
    print_json,
    run,
    settings,
)
from visavis.cli.packs import packs_app
from visavis.cli.privacy import privacy_app
from visavis.cli.progress import progress_bar
from visavis.cli.report import report
from visavis.cli.retention import retention_app
from visavis.cli.scenarios import scenarios_app
from visavis.cli.staff import staff_app
from visavis.cli.train import train_app
from visavis.cli.tune import EPILOG as TUNE_EPILOG
from visavis.cli.tune import HELP as TUNE_HELP
from visavis.cli.tune import tune
from visavis.errors import ExtraMissing, InputRefused, SetupError, VisavisError

if TYPE_CHECKING:
    from visavis.server.site import Site

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
app.add_typer(packs_app, name="packs")
app.add_typer(members_app, name="members")
app.add_typer(retention_app, name="retention")
app.add_typer(keys_app, name="keys")
app.add_typer(assess_app, name="assess")
app.add_typer(devices_app, name="devices")
app.add_typer(consent_app, name="consent")
app.add_typer(privacy_app, name="privacy")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(events_app, name="events")
app.add_typer(train_app, name="train")
app.add_typer(models_app, name="models")
app.command("tune", epilog=TUNE_EPILOG, help=TUNE_HELP)(tune)
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(audit_app, name="audit")
app.add_typer(breach_app, name="breach")
app.add_typer(staff_app, name="staff")
app.add_typer(api_keys_app, name="api-keys")

app.add_typer(bench_app, name="bench")

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
    if site.settings.demonstration:
        err.print(say("Demonstration: not for real members."))
    if not site.faces.on:
        text = say("Faces are off ({reason}); card and PIN serve.").format(reason=site.faces.reason)
        err.print(f"[yellow]{escape(text)}[/]", highlight=False, soft_wrap=True)
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
            help=say("Address to listen on; beyond loopback only once an administrator has an account."),
            show_default="127.0.0.1",
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
    camera: Cameras = None,
    max_fps: CameraFps = None,
    loop: CameraLoop = False,
) -> None:
    """Serve until Ctrl-C."""
    from visavis.server.logs import configure
    from visavis.server.run import serving, stop_asked
    from visavis.server.secrets_given import forbid_core_dumps

    forbid_core_dumps()

    given = settings(
        port=port,
        host=host,
        scenario=scenario,
        site=site,
        data_dir=data_dir,
        cache_dir=cache_dir,
        database_url=database_url,
        false_match_rate=false_match_rate,
        cameras=tuple(camera) if camera else None,
        camera_fps=max_fps,
        camera_loop=loop or None,
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


app.command(
    epilog="`visavis edge --camera door=rtsp://10.0.0.7/live@entrance --max-fps 5`",
    help=say("Watch cameras; edge and hub run in one process."),
)(edge)


@app.command(epilog="`visavis migrate --database-url postgresql://…`", help=say("Bring a database to this version."))
def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False) -> None:
    """Run the migrations that are missing."""
    from visavis.server.site_database import migrate_database

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


app.command(
    epilog="`visavis report --out report.html --out report.pdf --days 90`",
    help=say("What happened: funnel, who comes back, groups, uplift, days that stand out, what to improve."),
)(report)


@app.command(help=say("Print the version."))
def version(json_: AsJson = False) -> None:
    """Name and version."""
    if json_:
        print_json({"visavis": installed_version("visavis")})
    else:
        out.print(f"visavis {installed_version('visavis')}")


# ------ errors

LEARNING = {"implicit", "matplotlib", "onnxscript", "optuna", "plotly", "pyarrow", "scipy", "sklearn", "torch"}


def _run() -> None:
    """A library of the extra that is not installed is an error like any other."""
    try:
        app()
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in LEARNING:
            raise
        raise ExtraMissing(f"{missing.name}: pip install 'visavis[learning]'") from missing


def main() -> None:
    """Entry point: an error is one message with its remedy, never a traceback."""
    try:
        _run()
    except VisavisError as error:
        if "--json" in sys.argv:
            print_json({"error": error.code(), "message": str(error)})
        else:
            err.print(f"[red]{error.code()}[/]: {escape(say_error(error))}", highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, (InputRefused, SetupError)) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
