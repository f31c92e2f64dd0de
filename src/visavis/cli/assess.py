"""`visavis assess`: the impact assessment without which faces stay off."""

import asyncio
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from visavis.cli.assess_accuracy import accuracy
from visavis.cli.messages import chinese, say
from visavis.cli.options import AsJson, CacheDir, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.errors import InputRefused, SignatureInvalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from visavis.config import Settings
    from visavis.privacy.assessment.document import Assessment
    from visavis.server.assessed import Assessed

assess_app = typer.Typer(
    no_args_is_help=True, help=say("Impact assessment: draw it from what runs, sign it, check it; without it no faces.")
)


assess_app.command(
    "accuracy",
    epilog="`visavis assess accuracy --plot accuracy.png`",
    help=say("How often this site was wrong, by placement and light: FMR, FNMR, FPIR, FNIR with intervals."),
)(accuracy)


class Format(StrEnum):
    """As what the assessment is written."""

    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class Locale(StrEnum):
    """In which language."""

    EN = "en"
    ZH = "zh-CN"


AnswersFile = Annotated[
    Path | None,
    typer.Option("--answers", help=say("YAML file with what only people can say."), show_default=False),
]
InLocale = Annotated[
    Locale | None,
    typer.Option("--locale", help=say("Language of the document."), show_default=say("that of the environment")),
]


def _locale(given: Locale | None) -> str:
    return (given or (Locale.ZH if chinese() else Locale.EN)).value


@assess_app.command(
    "new",
    epilog="`visavis assess new answers.yaml`",
    help=say("Begin a file of answers: every question, asked at a terminal, or left open to be filled in."),
)
def new(
    file: Annotated[Path, typer.Argument(help=say("File to write; one that is there stays as it is."))] = Path(
        "assessment.yaml"
    ),
    locale: InLocale = None,
    json_: AsJson = False,
) -> None:
    """Nothing is made up: what is not answered stays open and is named when somebody signs."""
    from visavis.privacy.assessment.answers import missing, write_answers

    if file.exists():
        raise InputRefused(f"{file.name}: is there already; edit it, or name another file")
    asked = sys.stdin.isatty() and not json_
    answers = _interview(_locale(locale)) if asked else {}
    write_answers(file, answers, _locale(locale))
    left = missing(answers)
    if json_:
        print_json({"file": str(file), "missing": left})
        return
    out.print(say("{file} has the questions; {left} are open.").format(file=escape(str(file)), left=len(left)))
    out.print(say("Then: visavis assess show --answers FILE, visavis assess sign --answers FILE"), soft_wrap=True)


def _interview(locale: str) -> dict[str, str]:
    """Each question at the terminal; an empty line leaves it open."""
    from visavis.privacy.assessment.answers import check_answer
    from visavis.privacy.assessment.questions import QUESTIONS
    from visavis.privacy.assessment.texts import say as written

    answers: dict[str, str] = {}
    for question in QUESTIONS:
        choices = f" ({' | '.join(question.choices)})" if question.choices else ""
        while True:
            said = typer.prompt(written(f"ask.{question.key}", locale) + choices, default="", show_default=False)
            try:
                if said.strip():
                    answers[question.key] = check_answer(question.key, said)
            except InputRefused as error:
                err.print(escape(error.detail))
                continue
            break
    return answers


@assess_app.command(
    "show",
    epilog="`visavis assess show --answers assessment.yaml --format pdf --out assessment.pdf`",
    help=say("Write the assessment as Markdown, HTML or PDF: a draft with --answers, else the signed one."),
)
def show(
    answers: AnswersFile = None,
    format_: Annotated[Format, typer.Option("--format", help=say("As what it is written."))] = Format.MARKDOWN,
    out_file: Annotated[
        Path | None, typer.Option("--out", help=say("File to write instead of the terminal."), show_default=False)
    ] = None,
    locale: InLocale = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Drawn from the live configuration."""
    given = settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url, scenario=scenario)
    if format_ is Format.PDF and out_file is None and sys.stdout.isatty():
        raise InputRefused("a PDF does not fit a terminal: name a file with --out")
    assessment = _with_site(given, lambda site: _chosen(site, answers))
    if json_:
        print_json(asdict(assessment))
        return
    content = _written(assessment, format_, _locale(locale))
    if out_file is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out_file.write_bytes(content)
    except OSError as error:
        raise InputRefused(f"{out_file.name}: cannot be written: {error.strerror}") from error
    err.print(say("Written: {file}").format(file=escape(str(out_file))), soft_wrap=True)


async def _chosen(site: "Assessed", answers: Path | None) -> "Assessment":
    from visavis.privacy.assessment.answers import read_answers
    from visavis.server.assessed import as_signed

    signed = as_signed(site.standing()) if answers is None else None
    return signed or site.draft(read_answers(answers) if answers is not None else {})


def _written(assessment: "Assessment", format_: Format, locale: str) -> bytes:
    from visavis.privacy.assessment.document import document

    drawn = document(assessment, locale)
    match format_:
        case Format.MARKDOWN:
            from visavis.privacy.assessment.markdown import markdown

            return markdown(drawn).encode()
        case Format.HTML:
            from visavis.privacy.assessment.html import html

            return html(drawn).encode()
        case Format.PDF:
            from visavis.privacy.assessment.pdf import pdf

            return pdf(drawn)


@assess_app.command(
    "sign",
    epilog="`visavis assess sign --answers assessment.yaml`",
    help=say("Sign the assessment with the site's key, for what runs now; faces may be used from the next start on."),
)
def sign(
    answers: Annotated[
        Path, typer.Option("--answers", help=say("YAML file with what only people can say."), show_default=False)
    ],
    role: Annotated[
        str | None, typer.Option(help=say("Role in which you sign, if it is not in the file."), show_default=False)
    ] = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Refused while an answer is missing or the decision is no."""
    from visavis.privacy.assessment.answers import check_answer, read_answers

    given = settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url, scenario=scenario)
    said = read_answers(answers)
    if role is not None:
        said["signer_role"] = check_answer("signer_role", role)

    async def work(site: "Assessed") -> dict[str, Any]:
        signed = await site.sign(said)
        return {
            "file": str(given.assessment_file),
            "configuration_sha256": signed.sha256,
            "role": signed.role,
            "signed_at": signed.signed_at.isoformat(),
            "public_key": _hex(site.public_key()),
        }

    done = _with_site(given, work)
    if json_:
        print_json(done)
    else:
        out.print(say("Signed; faces may be used from the next start on. It is kept in {file}.").format(**done))


@assess_app.command(
    "verify",
    epilog="`visavis assess verify assessment.json --public-key 1f3a…`",
    help=say("Check the signature of an assessment; with a public key also away from the site."),
)
def verify(
    file: Annotated[
        Path | None, typer.Argument(help=say("Signed assessment."), show_default=say("that of the site"))
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help=say("Key of the site, as `assess status` prints it."), show_default=False)
    ] = None,
    data_dir: DataDir = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 when a single character was changed."""
    from visavis.privacy.assessment.signing import read, read_file

    given = settings(data_dir=data_dir)
    path = file or given.assessment_file
    text = read_file(path)
    if text is None:
        raise InputRefused(f"{path.name}: there is no such file")
    signed = read(text, _key(given, public_key))
    found = {
        "valid": True,
        "site": signed.configuration.get("site"),
        "role": signed.role,
        "signed_at": signed.signed_at.isoformat(),
        "demonstration": signed.demonstration,
        "configuration_sha256": signed.sha256,
    }
    if json_:
        print_json(found)
    else:
        out.print(escape(say("The signature holds: {site}, {role}, {signed_at}.").format(**found)), soft_wrap=True)


def _key(given: "Settings", named: str | None) -> bytes:
    from visavis.privacy.assessment.signing import public_key
    from visavis.server.keys import open_keys, root_of

    if named is not None:
        try:
            return bytes.fromhex(named)
        except ValueError:
            raise InputRefused("public-key: 64 hexadecimal digits") from None
    root = root_of(given)
    if not root.exists:
        raise SignatureInvalid("this machine has no site key; give --public-key")
    return public_key(open_keys(given, root=root))


@assess_app.command(
    "status",
    epilog="`visavis assess status --json`",
    help=say("Whether faces would be on at the next start, why not, and what has changed since the signature."),
)
def status(
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 while faces are off."""
    given = settings(data_dir=data_dir, cache_dir=cache_dir, database_url=database_url, scenario=scenario)
    found = _with_site(given, _status)
    if json_:
        print_json(found)
    else:
        _print_status(found)
    if found["faces"] != "on":
        raise typer.Exit(1)


async def _status(site: "Assessed") -> dict[str, Any]:
    faces, found = site.faces(), site.standing()
    signed = found.signed
    return {
        "faces": faces.use.value,
        "detail": faces.detail,
        "demonstration": site.settings.demonstration,
        "role": signed.role if signed else None,
        "signed_at": signed.signed_at.isoformat() if signed else None,
        "review_by": signed.answers.get("review_by") if signed else None,
        "overdue": site.overdue(datetime.now(UTC).date()),
        "changed": found.changed,
        "public_key": _hex(site.public_key()),
    }


def _hex(key: bytes | None) -> str | None:
    return None if key is None else key.hex()


def _print_status(found: dict[str, Any]) -> None:
    if found["faces"] == "on":
        out.print(say("Faces may be used at this site."))
    else:
        reason = f"{found['faces']}: {found['detail']}"
        out.print(escape(say("Faces are off ({reason}); card and PIN serve.").format(reason=reason)), soft_wrap=True)
    if found["demonstration"]:
        out.print(say("Demonstration: not for real members."))
    if found["signed_at"]:
        text = say("Signed {signed_at}, {role}; to be looked at again by {review_by}.").format(**found)
        out.print(escape(text), highlight=False, soft_wrap=True)
    if found["overdue"]:
        out.print(say("That day has passed: look at it again and sign."), style="yellow")
    for line in found["changed"]:
        out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if found["public_key"]:
        out.print(f"{say('public key')}: {found['public_key']}", highlight=False, soft_wrap=True)


def _with_site(given: "Settings", work: "Callable[[Assessed], Awaitable[Any]]") -> Any:
    """Do something with the site as it would start now."""
    from visavis.server.assessed import assessed

    async def run() -> Any:
        async with assessed(given, progress=progress) as site:
            return await work(site)

    with progress_bar(err) as progress:
        return asyncio.run(run())
