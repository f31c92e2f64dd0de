"""`visavis bench`."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.bench_cameras import EPILOG as CAMERAS_EPILOG
from visavis.cli.bench_cameras import HELP as CAMERAS_HELP
from visavis.cli.bench_cameras import bench_cameras
from visavis.cli.bench_feedback import EPILOG as FEEDBACK_EPILOG
from visavis.cli.bench_feedback import HELP as FEEDBACK_HELP
from visavis.cli.bench_feedback import bench_feedback_command
from visavis.cli.bench_gallery import EPILOG as GALLERY_EPILOG
from visavis.cli.bench_gallery import HELP as GALLERY_HELP
from visavis.cli.bench_gallery import bench_gallery
from visavis.cli.bench_horizon import EPILOG as HORIZON_EPILOG
from visavis.cli.bench_horizon import HELP as HORIZON_HELP
from visavis.cli.bench_horizon import bench_horizon_command
from visavis.cli.bench_off_policy import EPILOG as OFF_POLICY_EPILOG
from visavis.cli.bench_off_policy import HELP as OFF_POLICY_HELP
from visavis.cli.bench_off_policy import bench_off_policy
from visavis.cli.bench_policy import EPILOG as POLICY_EPILOG
from visavis.cli.bench_policy import HELP as POLICY_HELP
from visavis.cli.bench_policy import bench_policy
from visavis.cli.bench_privacy import EPILOG as PRIVACY_EPILOG
from visavis.cli.bench_privacy import HELP as PRIVACY_HELP
from visavis.cli.bench_privacy import bench_privacy
from visavis.cli.bench_profile import EPILOG as PROFILE_EPILOG
from visavis.cli.bench_profile import HELP as PROFILE_HELP
from visavis.cli.bench_profile import bench_profile
from visavis.cli.bench_recommend import EPILOG as RECOMMEND_EPILOG
from visavis.cli.bench_recommend import HELP as RECOMMEND_HELP
from visavis.cli.bench_recommend import bench_recommend
from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, Scenario, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.server.bench.faces import FacesBench

bench_app = typer.Typer(
    no_args_is_help=True, help=say("Measure how fast each part is on this machine, beside its peers.")
)
bench_app.command("gallery", epilog=GALLERY_EPILOG, help=GALLERY_HELP)(bench_gallery)
bench_app.command("cameras", epilog=CAMERAS_EPILOG, help=CAMERAS_HELP)(bench_cameras)
bench_app.command("privacy", epilog=PRIVACY_EPILOG, help=PRIVACY_HELP)(bench_privacy)
bench_app.command("feedback", epilog=FEEDBACK_EPILOG, help=FEEDBACK_HELP)(bench_feedback_command)
bench_app.command("policy", epilog=POLICY_EPILOG, help=POLICY_HELP)(bench_policy)
bench_app.command("profile", epilog=PROFILE_EPILOG, help=PROFILE_HELP)(bench_profile)
bench_app.command("horizon", epilog=HORIZON_EPILOG, help=HORIZON_HELP)(bench_horizon_command)
bench_app.command("off-policy", epilog=OFF_POLICY_EPILOG, help=OFF_POLICY_HELP)(bench_off_policy)
bench_app.command("recommend", epilog=RECOMMEND_EPILOG, help=RECOMMEND_HELP)(bench_recommend)


class Part(StrEnum):
    """What can be measured."""

    PERCEPTION = "perception"
    DECIDE = "decide"
    STORAGE = "storage"


@bench_app.command(
    "steps",
    epilog="`visavis bench steps decide storage --json`",
    help=say("Measure how long each step of the loop takes on this machine."),
)
def steps(
    parts: Annotated[
        list[Part] | None, typer.Argument(help=say("What to measure."), show_default=say("everything"))
    ] = None,
    scenario: Scenario = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print quantiles of each step."""
    from visavis.server.bench.steps import run_bench

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


@bench_app.command(
    "faces",
    epilog="`visavis bench faces --images ./people --rounds 5 --json`",
    help=say("Detect and embed on one core, beside face_recognition on the same pictures in the same run."),
)
def faces(
    images: Annotated[
        Path | None,
        typer.Option(help=say("Folder of pictures."), show_default=say("frames with the example people")),
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help=say("Pictures to take from it, spread evenly."))] = 60,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help=say("Rounds of each program over all pictures."))] = 5,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """The peer is measured where it is installed."""
    from visavis.perception.packs import load_pack
    from visavis.server.bench.faces import bench_faces

    with progress_bar(err) as progress:
        loaded = load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress), threads=1)
        found = bench_faces(loaded, folder=images, most=most, rounds=rounds, progress=progress)
    if json_:
        print_json(asdict(found))
    else:
        _show_faces(found)


def _show_faces(found: "FacesBench") -> None:
    table = Table(
        "",
        say("faces"),
        say("pictures without a face"),
        say("detect, ms a picture"),
        say("embed, ms a face"),
        say("faces a second"),
        title=say("{pictures} pictures, {rounds} rounds, one core; median (quartiles)").format(
            pictures=found.pictures, rounds=found.rounds
        ),
    )
    for program in (found.ours, found.peer):
        if program is not None:
            table.add_row(
                program.name,
                str(program.faces),
                str(program.pictures_without_face),
                str(program.detect_ms),
                str(program.embed_ms),
                str(program.faces_per_s),
            )
    out.print(table)
    if found.ratio:
        out.print(say("Times as fast: {ratio}").format(ratio=str(found.ratio)), highlight=False)
    else:
        out.print(say("No peer beside it: {note}").format(note=found.note), highlight=False, soft_wrap=True)
    out.print(
        say("640 x 480 frame: {frame} ms with a face ({times} embeddings), {empty} ms without.").format(
            frame=str(found.frame_ms), times=found.frame_in_embeddings, empty=str(found.empty_frame_ms)
        ),
        highlight=False,
    )
    batches = ", ".join(f"{size}: {ms:.2f}" for size, ms in found.batch_ms.items())
    out.print(say("Embedding, ms a face in batches of {batches}").format(batches=batches), highlight=False)
