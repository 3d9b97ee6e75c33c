"""Runs a command at a pseudo-terminal, and answers it: each argument before `--` is written when the text before its `=` was printed."""

import os
import pty
import signal
import sys

split = sys.argv.index("--")
answers = [part.split("=", 1) for part in sys.argv[1:split]]
command = sys.argv[split + 1 :]

# A prompt that never comes: the end of this process hangs the terminal up.
signal.alarm(100)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
shown = ""
seen = 0
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        # Linux says so when the command has ended.
        data = b""
    if not data:
        break
    shown += data.decode("utf-8", "replace")
    while answers and answers[0][0] in shown[seen:]:
        seen = shown.index(answers[0][0], seen) + len(answers[0][0])
        os.write(terminal, answers.pop(0)[1].encode().decode("unicode_escape").encode())
print(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
