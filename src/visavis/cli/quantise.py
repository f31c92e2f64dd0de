"""`visavis packs quantise`."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.evaluate import percent
from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import chosen_pack
from visavis.cli.people import Which, WhichFace
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.learning.faces.quantise import Quantised

EPILOG = "`visavis packs quantise own-faces --to int8 --images ./people`"
HELP = say("Make a pack with a smaller embedder, and print what that costs in accuracy.")


class NumbersName(StrEnum):
    """As `visavis.learning.faces.quantise.Numbers`."""

    INT8 = "int8"
    FP16 = "fp16"


def quantise(
    pack: Annotated[str, typer.Argument(help=say("Model pack, by name or folder."))],
    images: Annotated[
        Path, typer.Option(help=say("One folder a person: every second one sets the ranges, the others measure."))
    ],
    to: Annotated[NumbersName, typer.Option(help=say("What it computes with."))] = NumbersName.INT8,
    name: Annotated[
        str | None, typer.Option(help=say("Name of the new pack."), show_default="PACK-int8, PACK-fp16")
    ] = None,
    face: WhichFace = Which.CENTRAL,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """The pack that is made smaller stays as it is."""
    from datetime import UTC, datetime

    import numpy as np

    from visavis.learning.faces.folders import Whose
    from visavis.learning.faces.quantise import Numbers
    from visavis.learning.faces.quantise import quantise as make
    from visavis.perception.packs import read_manifest

    packs_dir = settings(cache_dir=cache_dir).packs_dir
    with progress_bar(err) as progress:
        base = chosen_pack(pack, packs_dir, progress)
        done = make(
            base,
            Numbers(to),
            images,
            packs_dir=packs_dir,
            name=name or f"{read_manifest(base).name}-{to}",
            whose=Whose(face),
            rng=np.random.default_rng(seed),
            now=datetime.now(UTC),
            progress=progress,
        )
    if json_:
        print_json(asdict(done))
    else:
        _show(done)


def _show(done: "Quantised") -> None:
    both = (done.before, done.after)
    table = Table("", say("before"), say("after"))
    table.add_row(say("size"), *(f"{weighed.size / 2**20:.2f} MiB" for weighed in both))
    table.add_row(say("embed, ms a face"), *(f"{weighed.ms_a_face:.2f}" for weighed in both))
    accuracies = [weighed.report.accuracy for weighed in both]
    table.add_row(say("accuracy"), *(percent(accuracy) if accuracy else "–" for accuracy in accuracies))
    for number, at in enumerate(done.before.report.tars):
        title = say("TAR at FAR {far}").format(far=f"{at.far:g}")
        table.add_row(title, *(percent(weighed.report.tars[number].tar) for weighed in both))
    out.print(table)
    text = say("Cosine between both embeddings of a face: {mean} on average, {least} at least.")
    out.print(text.format(mean=f"{done.likeness:.5f}", least=f"{done.least_likeness:.5f}"), highlight=False)
    out.print(str(done.pack), soft_wrap=True, highlight=False)
