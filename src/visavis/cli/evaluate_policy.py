"""`visavis evaluate policy`: what would another policy have earned?"""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.errors import InputRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from visavis.learning.estimate import Estimate
    from visavis.learning.off_policy.feedback import Feedback
    from visavis.learning.off_policy.log_file import LogColumns
    from visavis.learning.off_policy.report import PolicyReport
    from visavis.learning.off_policy.reward_model import Modelled

EPILOG = "`visavis evaluate policy --log decisions.csv --target greedy --context 'user_*' --plot policy.svg`"


class Choosers(StrEnum):
    """Those of `visavis.types.PolicyName` that need nothing but a reward model."""

    UNIFORM = "uniform"
    GREEDY = "greedy"
    EPSILON_GREEDY = "epsilon-greedy"
    SOFTMAX = "softmax"
    SQUARECB = "squarecb"


def evaluate_policy_log(
    log: Annotated[Path, typer.Option(help=say("Log of decisions, CSV or Parquet, one a row."), show_default=False)],
    target: Annotated[
        str,
        typer.Option(
            help=say("The policy that is asked about: a chooser on what the log teaches, or a file.")
            + f" ({', '.join(Choosers)})"
        ),
    ] = "greedy",
    target_columns: Annotated[
        str | None,
        typer.Option(
            help=say("Instead: the log's columns with this prefix hold its probability of each action."),
            show_default=False,
        ),
    ] = None,
    reward: Annotated[str, typer.Option(help=say("Column of what came of it."))] = "reward",
    action: Annotated[str, typer.Option(help=say("Column of what was chosen."))] = "action",
    propensity: Annotated[
        str, typer.Option(help=say("Column of the probability with which it was chosen."))
    ] = "propensity",
    position: Annotated[
        str | None, typer.Option(help=say("Column of the place where it was shown."), show_default=False)
    ] = None,
    member: Annotated[
        str | None,
        typer.Option(help=say("Column of who it was: rows of one member count together."), show_default=False),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            help=say("Column, or pattern of columns, known before the choice; may be given again."), show_default=False
        ),
    ] = None,
    exploration: Annotated[
        float, typer.Option(min=0.0, help=say("Of --target softmax, squarecb, epsilon-greedy: larger explores less."))
    ] = 20.0,
    clip: Annotated[
        float | None,
        typer.Option(min=1.0, help=say("Largest importance weight of IPS, SNIPS and DR."), show_default=say("none")),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    plot: Plot = None,
    json_: AsJson = False,
) -> None:
    """Five estimators with intervals, and whether the log can tell at all."""
    import numpy as np

    from visavis.learning.off_policy import estimators
    from visavis.learning.off_policy.log_file import LogColumns
    from visavis.learning.off_policy.plots import plot_policy
    from visavis.learning.off_policy.report import evaluate_policy
    from visavis.learning.plots import check_plot

    if plot:
        check_plot(plot)
    columns = LogColumns(
        reward=reward,
        action=action,
        propensity=propensity,
        position=position,
        member=member,
        context=tuple(context or ()),
        target=target_columns,
    )
    rng, clipped = np.random.default_rng(seed), np.inf if clip is None else clip
    with progress_bar(err) as progress:
        feedback, chosen, modelled, observed = _asked(log, columns, target, exploration, rng)
        report = evaluate_policy(
            feedback,
            chosen,
            modelled,
            name=Path(target).name if target_columns is None else f"{target_columns}*",
            rng=rng,
            progress=progress,
            clip=clipped,
            observed=observed,
        )
    if plot:
        plot_policy(plot, report, estimators.weights(chosen, feedback.action, feedback.propensity))
    if json_:
        print_json(asdict(report))
    else:
        _print(report)


def _asked(
    log: Path, columns: "LogColumns", target: str, exploration: float, rng: "np.random.Generator"
) -> "tuple[Feedback, NDArray[np.float64], Modelled, Estimate | None]":
    """The log, the target's probabilities at its rows, the reward model, and the target's own mean reward."""
    from visavis.learning.off_policy import targets
    from visavis.learning.off_policy.log_file import read_log
    from visavis.learning.off_policy.reward_model import model_rewards
    from visavis.types import PolicyName

    if columns.target is not None:
        feedback, chosen = read_log(log, columns)
        if chosen is not None:
            return feedback, chosen, model_rewards(feedback, rng=rng), None
    if target in set(Choosers):
        feedback, _ = read_log(log, columns)
        modelled = model_rewards(feedback, rng=rng)
        return feedback, targets.by_chooser(PolicyName(target), modelled.q, exploration=exploration), modelled, None
    path = Path(target)
    if not path.is_file():
        raise InputRefused(f"--target {target}: neither a file nor one of {', '.join(Choosers)}")
    table = targets.read_target(path, action=columns.action, position=columns.position)
    feedback, _ = read_log(log, columns, also=[name for _, name in table])
    chosen = targets.by_table(table, feedback, path.name)
    return feedback, chosen, model_rewards(feedback, rng=rng), targets.observed_mean(path, reward=columns.reward)


# ------ for people


def _print(report: "PolicyReport") -> None:
    table = Table(
        say("estimator"),
        say("mean reward"),
        say("95 % interval, bootstrap"),
        say("95 % interval, normal"),
        title=say("{target} instead of the policy of the log").format(target=report.target),
    )
    for estimator, found in report.estimates.items():
        table.add_row(
            estimator.value, f"{found.bootstrap.value:.6g}", _interval(found.bootstrap), _interval(found.normal)
        )
    out.print(table)
    for line in _lines(report):
        out.print(line, highlight=False, soft_wrap=True)
    for warned in report.warnings:
        out.print(f"[yellow]![/] {say(DOUBTS[warned.doubt.value]).format(**warned.figures)}", soft_wrap=True)


def _interval(estimate: "Estimate") -> str:
    return f"{estimate.low:.6g} … {estimate.high:.6g}"


def _lines(report: "PolicyReport") -> list[str]:
    found = report.overlap
    lines = [
        say("The log itself: {mean} ({interval}), {rows} rows, {actions} actions.").format(
            mean=f"{report.logged.value:.6g}",
            interval=_interval(report.logged),
            rows=f"{report.rows:,}",
            actions=f"{report.actions:,}",
        ),
        say("Effective rows: {effective} ({ratio} of all); with a reward: {rewarded} ({of_those} effective).").format(
            effective=f"{found.effective:,.0f}",
            ratio=f"{found.ratio:.1%}",
            rewarded=f"{found.rewarded:,}",
            of_those=f"{found.effective_rewarded:,.0f}",
        ),
        say("Weights: mean {mean}, largest {largest}, above 10 in {heavy} of rows.").format(
            largest=f"{found.max_weight:.3g}",
            heavy=f"{found.heavy:.2%}",
            mean=f"{found.mean_weight:.4f}",
        ),
        say("Better than the policy of the log by {gain} ({low} … {high}, DR): {verdict}.").format(
            gain=f"{report.gain.new - report.gain.current:+.6g}",
            low=f"{report.gain.low:+.6g}",
            high=f"{report.gain.high:+.6g}",
            verdict=say("sure enough to serve") if report.gain.beats else say("not sure enough to serve"),
        ),
    ]
    if report.observed is not None:
        lines.append(
            say("Observed in its own log: {mean} ({interval}); within the intervals of {estimators}.").format(
                mean=f"{report.observed.value:.6g}",
                interval=_interval(report.observed),
                estimators=", ".join(_covering(report, report.observed.value)) or say("none"),
            )
        )
    return lines


def _covering(report: "PolicyReport", value: float) -> list[str]:
    return [
        estimator.value
        for estimator, found in report.estimates.items()
        if found.bootstrap.low <= value <= found.bootstrap.high
    ]


DOUBTS: dict[str, Any] = {
    "few-effective": "Only {effective:.0f} effective of {rows} rows: the two policies rarely agree, and even the "
    "intervals are in doubt. Log more, or with a policy that explores more.",
    "few-rewarded": "Only {rewarded} rows have a reward ({effective:.0f} effective): the intervals are wide and rough. "
    "Read no ranking of close policies out of them.",
    "one-reward": "Every reward is {reward:g}: the log says nothing about which action is better.",
    "dominant": "One row carries {share:.1%} of all weight ({weight:.3g}): the estimate stands and falls with it.",
    "propensities": "The weights have a mean of {mean:.4f} and should have 1: the propensities are not those with "
    "which the actions were chosen.",
    "unsupported": "{share:.2%} of this policy's choices are never in the log: nothing is known of them, IPS and SNIPS "
    "leave them out, the others guess.",
}
"""Texts of `visavis.learning.off_policy.overlap.Doubt`."""
