"""kill_server.py LOG PROGRAM ARGUMENT...: a target whose server is killed once it has echoed.

Passes on what the server says and what the harness tells it; appends to LOG how many bytes it had
echoed. Ends as a shell would that ran it.
"""
import os
import signal
import subprocess
import sys
import time

log, *command = sys.argv[1:]
if "serve" not in command:
    os.execv(command[0], command)

server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
sys.stdout.buffer.write(server.stdout.readline())
sys.stdout.flush()
echoed = 0
while echoed == 0:
    time.sleep(0.01)
    server.stdin.write(b"stats\n")
    server.stdin.flush()
    words = server.stdout.readline().decode().split()
    echoed = int(dict(word.split("=", 1) for word in words)["send_bytes"])
os.kill(server.pid, signal.SIGKILL)
server.wait()
with open(log, "a", encoding="utf-8") as file:
    file.write("%d\n" % echoed)
sys.exit(128 + signal.SIGKILL)
