"""What `visavis edge` prints, and how it refuses."""

import pytest
from rich.console import Console
from typer.testing import CliRunner

from visavis.cli import main
from visavis.cli.app import app
from visavis.cli.edge import _table
from visavis.pipeline.watch import CameraState

HALL = CameraState(
    name="hall",
    placement="aisle-1",
    address="rtsp://10.0.0.7",
    connected=False,
    fps=4.9,
    lag_s=0.0384,
    frames=1234,
    dropped=5,
    late=6,
    damaged=7,
    reconnects=8,
    last_error="locked",
)


def test_the_table_has_a_line_a_camera() -> None:
    """Lag in milliseconds; a camera that never gave a frame has none."""
    console = Console(width=200)
    with console.capture() as printed:
        console.print(_table((HALL,)))
    (line,) = [line for line in printed.get().splitlines() if "hall" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells == ["hall", "aisle-1", "no", "4.9", "38 ms", "1,234", "5", "6", "8", "locked"]


@pytest.mark.parametrize(
    ("arguments", "environment", "code"),
    [
        (["--camera", "door=rtsp://admin:s3cr3t@/live@entrance"], {}, "camera-refused"),
        (["--camera", "door=rtsp://admin:s3cr3t@host/live"], {}, "camera-refused"),
        (["--max-fps", "1000"], {}, "setting-invalid"),
        ([], {"VISAVIS_CAMERAS": '["door=rtsp://admin:s3cr3t@host'}, "setting-invalid"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_starts(
    arguments: list[str],
    environment: dict[str, str],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line on stderr with code and remedy, without the password."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["visavis", "edge", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{code}: ")
    assert "s3cr3t" not in said


@pytest.mark.parametrize("command", [["edge"], ["bench", "cameras"]])
def test_each_command_shows_an_example(command: list[str]) -> None:
    """Below its options."""
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert f"visavis {command[0]}"[:13] in shown.output
