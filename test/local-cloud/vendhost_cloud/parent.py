"""End with the launcher: a cloud without its launcher must not keep running."""

import os
import signal
import threading
import time

GRACE_SECONDS = 5.0


def watch() -> None:
    """Stop this process when standard input closes, if a launcher said it owns us.

    The launcher holds the other end of the pipe, so the kernel closes it however the launcher ends.
    """
    if os.environ.get("VENDHOST_CLOUD_OWNED") == "1":
        threading.Thread(target=_stop_at_end_of_input, name="parent", daemon=True).start()


def _stop_at_end_of_input() -> None:
    # Not sys.stdin: a thread that holds its lock can block the exit of the interpreter.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
