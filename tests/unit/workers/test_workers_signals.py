"""The parent of several workers may be signalled at any moment: it ends, and never hangs."""

import subprocess
import sys
from textwrap import dedent

from support.patience import HANGS

EVERY_LINE = dedent(
    """
    import signal
    import sys

    from chat3_user.config import composed
    from chat3_user.process.workers import Workers

    def frames_until(moment):
        passed = 0

        def trace(frame, event, _):
            nonlocal passed
            if event == "line" and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
                passed += 1
                if passed == moment:
                    signal.raise_signal(signal.SIGTERM)
            return trace

        return trace, lambda: passed >= moment

    moment, reached = 0, True
    while reached:
        moment += 1
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        workers = Workers(composed(demo=True), 0, print)
        trace, signalled = frames_until(moment)
        signal.setitimer(signal.ITIMER_REAL, 0.5)  # where no moment comes so late, this one does
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGTERM))
        sys.settrace(trace)
        try:
            workers.serve()
        finally:
            sys.settrace(None)
            signal.setitimer(signal.ITIMER_REAL, 0)
        reached = signalled() and moment < 60
    print(moment)
    """
)


def test_a_signal_at_every_line_ends_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERY_LINE],
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
