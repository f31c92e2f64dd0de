"""`visavis bench feedback` prints JSON alone, and the promise holds with a margin."""

import asyncio
import json
import sys
from pathlib import Path


async def test_feedback_is_measured(pack_cache: Path) -> None:
    """Two rounds on a fresh site, each well within the two seconds that are promised."""
    command = [sys.executable, "-m", "visavis", "bench", "feedback", "--rounds", "2", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, "--cache-dir", str(pack_cache), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found = json.loads(out)
    assert (found["rounds"], found["promised"]) == (2, 2.0)
    assert found["slowest"] < 2.0
