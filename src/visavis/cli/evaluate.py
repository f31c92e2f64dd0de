"""`visavis evaluate`: how good is it, on anybody's files?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.evaluate_bandit import EPILOG as BANDIT_EPILOG
from visavis.cli.evaluate_bandit import HELP as BANDIT_HELP
from visavis.cli.evaluate_bandit import evaluate_bandit
from visavis.cli.evaluate_behaviour import EPILOG as BEHAVIOUR_EPILOG
from visavis.cli.evaluate_behaviour import HELP as BEHAVIOUR_HELP
from visavis.cli.evaluate_behaviour import evaluate_behaviour
from visavis.cli.evaluate_closed_set import EPILOG as CLOSED_SET_EPILOG
from visavis.cli.evaluate_closed_set import closed_set
from visavis.cli.evaluate_liveness import EPILOG as LIVENESS_EPILOG
from visavis.cli.evaluate_liveness import evaluate_liveness
from visavis.cli.evaluate_online import EPILOG as ONLINE_EPILOG
from visavis.cli.evaluate_online import HELP as ONLINE_HELP
from visavis.cli.evaluate_online import evaluate_online_command
from visavis.cli.evaluate_policy import EPILOG as POLICY_EPILOG
from visavis.cli.evaluate_policy import evaluate_policy_log
from visavis.cli.evaluate_recommend import EPILOG as RECOMMEND_EPILOG
from visavis.cli.evaluate_recommend import HELP as RECOMMEND_HELP
from visavis.cli.evaluate_recommend import evaluate_recommend
from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import Plot, Which, WhichFace
from visavis.cli.progress import progress_bar
from visavis.errors import InputRefused

if TYPE_CHECKING:
    from datetime import datetime

    from visavis.learning.estimate import Estimate
    from visavis.learning.faces.folders import Embedded, People, Progress
    from visavis.learning.faces.open_set import OpenSetResult
    from visavis.learning.faces.verification import VerificationReport

evaluate_app = typer.Typer(
    no_args_is_help=True, help=say("Measure on your own files: faces, identification, liveness.")
)
evaluate_app.command(
    "closed-set",
    epilog=CLOSED_SET_EPILOG,
    help=say("Train on some pictures of each person, name the person on the others."),
)(closed_set)

evaluate_app.command(
    "liveness",
    epilog=LIVENESS_EPILOG,
    help=say("How many pictures of faces pass for people, and how many people do not: APCER, BPCER, ACER."),
)(evaluate_liveness)
evaluate_app.command("bandit", epilog=BANDIT_EPILOG, help=BANDIT_HELP)(evaluate_bandit)
evaluate_app.command("behaviour", epilog=BEHAVIOUR_EPILOG, help=BEHAVIOUR_HELP)(evaluate_behaviour)

evaluate_app.command("recommend", epilog=RECOMMEND_EPILOG, help=RECOMMEND_HELP)(evaluate_recommend)
evaluate_app.command("online", epilog=ONLINE_EPILOG, help=ONLINE_HELP)(evaluate_online_command)
evaluate_app.command(
    "policy",
    epilog=POLICY_EPILOG,
    help=say("What another policy would have earned, from a log: IPS, SNIPS, DM, DR, SWITCH-DR with intervals."),
)(evaluate_policy_log)

Images = Annotated[
    Path, typer.Option("--images", help=say("Folder of pictures, one folder a person in it."), show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))]


@evaluate_app.command(
    "faces",
    epilog="`visavis evaluate faces --images ./lfw --pairs ./pairs.txt --plot det.svg --peer`",
    help=say("1:1 comparison: accuracy in ten folds, TAR at FAR with intervals, EER, DET plot."),
)
def faces(
    images: Images,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help=say("LFW's pairs.txt, or a CSV with columns a,b,same."), show_default=say("everybody with everybody")
        ),
    ] = None,
    peer: Annotated[
        bool, typer.Option("--peer", help=say("Measure face_recognition on the same pairs in the same run."))
    ] = False,
    face: WhichFace = Which.CENTRAL,
    mirrored: Annotated[
        bool, typer.Option("--mirrored/--single", help=say("Embed each face with its mirror image, as a site does."))
    ] = True,
    seed: Seed = 1,
    plot: Plot = None,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """A pair in which a face is missed counts as an error."""
    from datetime import UTC, datetime

    import numpy as np

    from visavis.learning.faces.folders import People, Whose, embed_people, read_people
    from visavis.learning.faces.pairs import all_pairs, read_pairs
    from visavis.learning.faces.plots import plot_det
    from visavis.learning.faces.verification import Metric, verify_pairs
    from visavis.learning.plots import check_plot
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack

    if plot:
        check_plot(plot)
    compared = all_pairs(read_people(images)) if pairs is None else read_pairs(pairs, images)
    pictures = People(
        root=images, pictures=compared.pictures, labels=np.zeros(len(compared.pictures), np.int64), count=1
    )
    now, whose = datetime.now(UTC), Whose(face)
    with progress_bar(err) as progress:
        observer = Observer(
            load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress)), mirrored=mirrored
        )
        embedded = embed_people(pictures, observer, whose=whose, now=now, progress=progress)
        reports = [
            verify_pairs(compared, embedded, system=observer.model, rng=np.random.default_rng(seed), progress=progress)
        ]
        if peer:
            reports.append(
                verify_pairs(
                    compared,
                    _embed_with_peer(pictures, now, progress),
                    system="face_recognition",
                    rng=np.random.default_rng(seed),
                    progress=progress,
                    metric=Metric.EUCLIDEAN,
                )
            )
    if plot:
        plot_det(plot, {report.system: report.det for report in reports})
    if json_:
        documents = [asdict(report) for report in reports]
        print_json(documents[0] | ({"peer": documents[1]} if peer else {}))
    else:
        _print_faces(reports)


def _embed_with_peer(pictures: "People", now: "datetime", progress: "Progress") -> "Embedded":
    import numpy as np

    from visavis.learning.faces.folders import Embedded, frames
    from visavis.server.bench.peers import FaceRecognition

    peer, found = FaceRecognition(), []
    for frame in frames(pictures, now=now):
        found.append(peer.central(frame.pixels))
        progress("measuring the peer", len(found) / len(pictures))
    return Embedded(
        vectors=np.stack([np.zeros(128) if v is None else v for v in found]).astype(np.float32),
        found=np.array([v is not None for v in found]),
    )


def _print_faces(reports: "list[VerificationReport]") -> None:
    table = Table("", *(report.system for report in reports))
    first = reports[0]
    rows: list[tuple[str, list[str]]] = [
        (say("pictures"), [f"{r.pictures:,}" for r in reports]),
        (say("without a face (errors)"), [f"{len(r.without_face):,}" for r in reports]),
        (say("genuine and impostor pairs"), [f"{r.genuine:,} + {r.impostor:,}" for r in reports]),
        (say("accuracy"), [percent(r.accuracy) if r.accuracy else "–" for r in reports]),
        *(
            (say("TAR at FAR {far}").format(far=f"{at.far:g}"), [percent(r.tars[k].tar) for r in reports])
            for k, at in enumerate(first.tars)
        ),
        (say("equal error rate"), [percent(r.eer) for r in reports]),
    ]
    for name, cells in rows:
        table.add_row(name, *cells)
    out.print(table)


def percent(estimate: "Estimate") -> str:
    """A share and its interval."""
    return f"{estimate.value:.2%}  ({estimate.low:.2%} … {estimate.high:.2%})"


@evaluate_app.command(
    "identify",
    epilog="`visavis evaluate identify --images ./people --enrolled 1000 --plot fnir.svg`",
    help=say("1:N identification of members among strangers: rank 1, FNIR at a requested FPIR, open set."),
)
def identify(
    images: Annotated[
        Path | None,
        typer.Option(help=say("One folder a person; enrolment, probes and strangers are drawn from it.")),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help=say("Instead: enrolment pictures, one folder a member."), show_default=False)
    ] = None,
    probes: Annotated[
        Path | None,
        typer.Option(
            help=say("With --gallery: pictures of those who come by; a folder of the same name is the same person."),
            show_default=False,
        ),
    ] = None,
    enrolled: Annotated[int, typer.Option(min=2, help=say("Members in the gallery."))] = 1000,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help=say("How many random draws of roles and shots."))] = 5,
    face: WhichFace = Which.CENTRAL,
    seed: Seed = 1,
    plot: Plot = None,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """One and three enrolment shots, one and three probe shots, where there are pictures enough."""
    from datetime import UTC, datetime

    import numpy as np

    from visavis.learning.faces.folders import Whose, embed_people, read_people
    from visavis.learning.faces.open_set import evaluate_open_set, evaluate_visits, shots_of
    from visavis.learning.faces.plots import plot_open_set
    from visavis.learning.plots import check_plot
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack

    if plot:
        check_plot(plot)
    if (images is None) == (gallery is None or probes is None):
        raise InputRefused("give either --images, or both --gallery and --probes")
    now, whose, rng = datetime.now(UTC), Whose(face), np.random.default_rng(seed)
    with progress_bar(err) as progress:
        chosen = load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress))
        observer = Observer(chosen)

        def read(folder: Path) -> tuple[Any, Any]:
            people = read_people(folder)
            return people, embed_people(people, observer, whose=whose, now=now, progress=progress)

        if images is not None:
            results = evaluate_open_set(
                *read(images),
                enrolled=enrolled,
                repeats=repeats,
                calibration=chosen.manifest.calibration,
                rng=rng,
                progress=progress,
            )
        else:
            members, visitors = (shots_of(*read(folder)) for folder in (gallery, probes) if folder is not None)
            results = evaluate_visits(
                members,
                visitors,
                repeats=repeats,
                calibration=chosen.manifest.calibration,
                rng=rng,
                progress=progress,
            )
    if plot:
        plot_open_set(plot, {f"{r.enrolment_shots} + {r.probe_shots}": r.curve for r in results})
    if json_:
        print_json({"model": observer.model, "seed": seed, "repeats": repeats, "results": [asdict(r) for r in results]})
    else:
        _print_identify(results)


def _print_identify(results: "tuple[OpenSetResult, ...]") -> None:
    for r in results:
        title = say("{templates} enrolment and {shots} probe shots, {members} members").format(
            templates=r.enrolment_shots, shots=r.probe_shots, members=f"{r.enrolled:,}"
        )
        table = Table(
            say("threshold from"),
            say("FPIR asked"),
            say("FPIR found"),
            "FNIR",
            say("FNIR at exactly that FPIR"),
            title=title,
        )
        for at in r.rates:
            table.add_row(
                say(at.calibration),
                f"{at.requested_fpir:.1%}",
                percent(at.fpir),
                percent(at.fnir),
                f"{at.fnir_at_exact_fpir:.2%}",
            )
        out.print(table)
        out.print(
            say("Rank 1: {rank}; {mated} visits of members, {others} of strangers.").format(
                rank=percent(r.rank_1), mated=f"{r.mated:,}", others=f"{r.non_mated:,}"
            )
        )
