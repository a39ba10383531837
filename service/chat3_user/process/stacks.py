"""Where the threads of a process are: written to standard error on SIGUSR1, and by a crash.

The interpreter writes files, lines and functions, and no values; a blocked event loop does not keep
it from that.
"""

import faulthandler
import signal
import sys
from typing import Final

ASK: Final = signal.SIGUSR1


def write_when_asked() -> None:
    """Do so from now on; a process without standard error does nothing when it is asked."""
    if sys.stderr is None:
        signal.signal(ASK, signal.SIG_IGN)
        return
    faulthandler.enable()
    faulthandler.register(ASK)
