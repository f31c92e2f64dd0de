"""`visavis packs`: model packs."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import PeopleFolder, Which, WhichFace
from visavis.cli.progress import progress_bar
from visavis.cli.quantise import EPILOG as QUANTISE_EPILOG
from visavis.cli.quantise import HELP as QUANTISE_HELP
from visavis.cli.quantise import quantise
from visavis.errors import InputRefused, VisavisError

if TYPE_CHECKING:
    from collections.abc import Callable

packs_app = typer.Typer(no_args_is_help=True, help=say("Model packs: list, add, build, pull, verify, licences."))
packs_app.command("quantise", epilog=QUANTISE_EPILOG, help=QUANTISE_HELP)(quantise)


class FamilyName(StrEnum):
    """As `visavis.perception.packs.families.Family`, which is not imported to show `--help`."""

    YUNET = "yunet"
    SCRFD = "scrfd"
    RETINAFACE = "retinaface"
    ARCFACE = "arcface"
    SFACE = "sface"
    MINIFASNET = "minifasnet"


As = Annotated[FamilyName | None, typer.Option("--as", help=say("What a single model file is."))]
NewName = Annotated[str | None, typer.Option("--name", help=say("Name of the new pack, for a single model file."))]
Licence = Annotated[str | None, typer.Option(help=say("Licence of a single model file: an SPDX expression."))]
Source = Annotated[str | None, typer.Option(help=say("Where a single model file comes from."))]
Base = Annotated[
    str | None,
    typer.Option("--base", help=say("Pack that gives the models beside a single one."), show_default="default-face"),
]


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


@packs_app.command(
    "add",
    epilog="`visavis packs add yunet_2023mar.onnx --as yunet --name my-yunet --licence MIT --source https://…`",
    help=say("Add a pack from its folder, or make one of a single ONNX file and the models of another pack."),
)
def packs_add(
    path: Annotated[Path, typer.Argument(help=say("Folder with manifest.json, or ONNX file."))],
    as_: As = None,
    name: NewName = None,
    licence: Licence = None,
    source: Source = None,
    base: Base = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Everything is checked before the pack appears; a pack that is there is never overwritten."""
    with progress_bar(err) as progress:
        folder = _added(path, as_, name, licence, source, base, settings(cache_dir=cache_dir).packs_dir, progress)
    _tell_added(folder, json_=json_)


@packs_app.command(
    "pull",
    epilog="`visavis packs pull https://example.org/face.zip --sha256 9f86d0…`",
    help=say("Download a pack (a zip file), or a single ONNX file, whose SHA-256 you know, and add it."),
)
def packs_pull(
    address: Annotated[str, typer.Argument(help=say("https address."))],
    sha256: Annotated[str, typer.Option(help=say("SHA-256 of the file, in hexadecimal."))],
    as_: As = None,
    name: NewName = None,
    licence: Licence = None,
    source: Source = None,
    base: Base = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """The only command that downloads; redirections are not followed."""
    from visavis.perception.packs.pulling import pulled
    from visavis.privacy.outside import networks

    given = settings(cache_dir=cache_dir)
    allowed = networks(given.outside_allowed)
    with progress_bar(err) as progress, pulled(address, sha256.lower(), progress, allowed=allowed) as path:
        folder = _added(path, as_, name, licence, source or address, base, given.packs_dir, progress)
    _tell_added(folder, json_=json_)


def _added(
    path: Path,
    as_: FamilyName | None,
    name: str | None,
    licence: str | None,
    source: str | None,
    base: str | None,
    packs_dir: Path,
    progress: "Callable[[str, float], None]",
) -> Path:
    from visavis.perception.packs.families import Family, add_model
    from visavis.perception.packs.installing import install_folder

    if as_ is None:
        if path.is_file():
            raise InputRefused("a single model file needs --as, --name, --licence and --source")
        return install_folder(packs_dir, path)
    if path.is_dir() or name is None or licence is None or source is None:
        raise InputRefused("--as is for a single ONNX file, with --name, --licence and --source")
    return add_model(
        path,
        Family(as_),
        name=name,
        licence=licence,
        source=source,
        base=chosen_pack(base, packs_dir, progress),
        packs_dir=packs_dir,
    )


def _tell_added(folder: Path, *, json_: bool) -> None:
    from visavis.perception.packs import read_manifest

    manifest = read_manifest(folder)
    if json_:
        print_json({"name": manifest.name, "folder": str(folder), "calibrated": bool(manifest.calibration)})
        return
    out.print(str(folder), soft_wrap=True)
    if not manifest.calibration:
        text = say("It has no thresholds yet: `visavis packs calibrate ./people --pack {name} --write` measures them.")
        out.print(text.format(name=manifest.name), soft_wrap=True)


@packs_app.command(
    "licence",
    epilog="`visavis packs licence default-face`",
    help=say("Licence and source of each model of a pack."),
)
def packs_licence(
    pack: Annotated[str | None, typer.Argument(help=say("Model pack, by name or folder."))] = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """What you may do with them is between you and their makers."""
    from visavis.perception.packs import read_manifest

    with progress_bar(err) as progress:
        models = read_manifest(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress)).models
    if json_:
        print_json([{"file": m.file, "part": m.kind, "licence": m.licence, "source": m.source} for m in models])
        return
    table = Table(say("part"), say("file"), say("licence"), say("source"))
    for model in models:
        table.add_row(model.kind, model.file, model.licence, model.source)
    out.print(table)


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
    write: Annotated[
        bool, typer.Option("--write", help=say("Make a new version of the pack with these thresholds."))
    ] = False,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print the rows of a manifest's `calibration`."""
    from datetime import UTC, datetime

    from visavis.learning.faces.calibration import calibrate, recalibrated
    from visavis.learning.faces.folders import Whose, embed_people, read_people
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack

    people, packs_dir = read_people(folder), settings(cache_dir=cache_dir).packs_dir
    with progress_bar(err) as progress:
        chosen = chosen_pack(pack, packs_dir, progress)
        observer = Observer(load_pack(chosen))
        now, whose = datetime.now(UTC), Whose(face)
        found = calibrate(people, embed_people(people, observer, whose=whose, now=now, progress=progress))
        written = recalibrated(chosen, found, packs_dir) if write else None
    if json_:
        print_json(asdict(found) | {"written": str(written) if written else None})
        return
    table = Table(say("shots"), say("false match rate"), say("threshold"), say("pairs"), say("evidence"))
    for t in found.thresholds:
        shots = f"{t.templates} + {t.shots}"
        table.add_row(shots, f"{t.false_match_rate:g}", f"{t.score:.4f}", f"{t.impostor_pairs:,}", t.evidence)
    out.print(table)
    if written:
        out.print(str(written), soft_wrap=True)
    if found.without_face:
        err.print(say("No face was found in {count} pictures.").format(count=len(found.without_face)))
