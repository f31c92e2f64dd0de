"""A program of its own beside the embedded server: ends it when the last user has died, however it died.

A terminal that is closed, a kill -9: nobody is left to stop the server, which would run for ever. The end is like
that of a crash, so that the next start knows. Standard library only: it is run without site-packages, to stay small.
"""

import fcntl
import os
import signal
import sys
import time

AGAIN_S = 1.0


def main(lock: str, users: str, cluster: str, pid: str) -> None:
    """Look once a second until the server has ended, or nobody holds `users` any more.

    Users take and leave their shared lock only while they hold `lock`, so no start or stop is ever disturbed.
    """
    while _serves(pid, cluster):
        with open(lock, "rb") as transition, open(users, "rb") as shared:  # noqa: PTH123  pathlib is slow to import
            fcntl.flock(transition, fcntl.LOCK_EX)
            if _alone(shared.fileno()):
                os.kill(int(pid), signal.SIGQUIT)
                return
        time.sleep(AGAIN_S)


def _serves(pid: str, cluster: str) -> bool:
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", cluster)  # noqa: PTH121  pathlib is slow to import
    except OSError:
        return False


def _alone(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
