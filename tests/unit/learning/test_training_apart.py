"""Training is tested in a process of its own, as the product trains apart from what it serves."""

import os
import subprocess
import sys
from pathlib import Path


def test_training_in_a_process_of_its_own() -> None:
    """All of test_train_faces.py; what it says is shown when it fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_train_faces.py"]
    run = subprocess.run(
        command,
        cwd=Path(__file__).parent,
        env=os.environ | {"VISAVIS_TEST_TORCH": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
