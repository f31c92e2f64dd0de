"""`visavis packs`: model packs."""

from dataclasses import asdict

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import PeopleFolder, Which, WhichFace
from visavis.cli.progress import progress_bar
from visavis.errors import VisavisError

packs_app = typer.Typer(no_args_is_help=True, help=say("Model packs: list, build, verify, licences."))


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
    folder: PeopleFolder,
    face: WhichFace = Which.CENTRAL,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print the rows of a manifest's `calibration`."""
    from datetime import UTC, datetime

    from visavis.learning.faces.calibration import calibrate
    from visavis.learning.faces.folders import Whose, embed_people, read_people
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack

    people = read_people(folder)
    with progress_bar(err) as progress:
        observer = Observer(load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress)))
        now, whose = datetime.now(UTC), Whose(face)
        found = calibrate(people, embed_people(people, observer, whose=whose, now=now, progress=progress))
    if json_:
        print_json(asdict(found))
        return
    table = Table(say("shots"), say("false match rate"), say("threshold"), say("pairs"), say("evidence"))
    for t in found.thresholds:
        shots = f"{t.templates} + {t.shots}"
        table.add_row(shots, f"{t.false_match_rate:g}", f"{t.score:.4f}", f"{t.impostor_pairs:,}", t.evidence)
    out.print(table)
    if found.without_face:
        err.print(say("No face was found in {count} pictures.").format(count=len(found.without_face)))
