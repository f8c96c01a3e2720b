"""A step in a process of its own that is killed (SIGKILL) at a crash point."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from tieout.kernel import crash
from tieout.kernel.database import engine


def killed_at(point: str, url: str, step: Callable[[], object]) -> bool:
    """Run a step in a process of its own, which dies at its first pass of a point.

    Returns whether it came there. Fails when the step failed by itself.
    """
    engine(url).dispose()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            crash.at(point, lambda: os.kill(os.getpid(), signal.SIGKILL))
            step()
        except BaseException:  # noqa: BLE001 (the process ends here, whatever it was)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"failed on its own at {point}"
    return os.WIFSIGNALED(status)
