"""External targets: any program that echoes, and a server that runs already."""
import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import threading
import unittest

import tool

PYTHON = sys.executable

# A server whose only argument is its port. Each is changed a little by what follows the port.
ECHO = """
import os, signal, socket, sys, threading
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
words = sys.argv[2:]
print("listening", *words, flush=True)
if "stubborn" in words:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in words and os.fork() > 0:
    listener.close()
    os.wait()
def serve(client):
    while data := client.recv(65536):
        if "dies" in words:
            os.write(2, b"the disk is on fire\\n")  # whole, though another thread may do so too
            os._exit(3)
        client.sendall(data)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
"""


@contextlib.contextmanager
def wrong_server(answer, first=b""):
    """A server of this process; first: what it says by itself. answer: of bytes, what it sends back."""
    def serve(client):
        with client, contextlib.suppress(OSError):
            client.sendall(first)
            while data := client.recv(65536):
                client.sendall(answer(data))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield "there=tcp:127.0.0.1:%d" % listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


class Measured(unittest.TestCase):
    def row(self, out):
        rows = tool.read_runs(out)
        self.assertEqual([row["model"] for row in rows], ["external"])
        return rows[0]

    def measure(self, target, *arguments, status=0):
        with tool.folder() as out:
            result = tool.bench(out, "--target", target, *arguments)
            self.assertEqual(result.status, status, result.err)
            return self.row(out), result



class External(Measured):
    def ours(self):
        """Our own server as an external program: it speaks no word without --control."""
        return "x=exec:" + tool.command(tool.PROGRAM) + " serve --model " + \
            tool.available_models()[0] + " --port {port}"

    def test_program(self):
        row, _ = self.measure(self.ours())
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertGreater(float(row["messages"]), 0)
        self.assertEqual(row["host_kind"], "wine" if tool.ON_WINE else "native")
        self.assertGreater(float(row["server_rss_peak_bytes"]), 100000)
        self.assertGreaterEqual(float(row["server_threads_peak"]), 1)
        self.assertGreaterEqual(float(row["server_cpu_user_s"]), 0)
        # It is not asked how it works.
        for name in "wait_calls", "recv_calls", "syscalls_per_msg", "would_block", "server_threads", \
                "threads_jain":
            self.assertEqual(row[name], "", name)

    def test_each_workload(self):
        for name in tool.workloads():
            with tool.folder() as out:
                result = tool.bench(out, "--target", self.ours(), "--workload", name)
                self.assertEqual(result.status, 0, result.err)
                self.assertEqual({(row["model"], row["status"]) for row in tool.read_runs(out)},
                                 {("external", "ok")})

    def test_beside_ours(self):
        """It is measured whichever models of the others are."""
        with tool.folder() as out:
            model = tool.available_models()[-1]
            result = tool.bench(out, "--target", "own=" + tool.command(tool.PROGRAM), "--model", model,
                                "--target", self.ours())
            self.assertEqual(result.status, 0, result.err)
            self.assertEqual(sorted((row["target"], row["model"]) for row in tool.read_runs(out)),
                             [("own", model), ("x", "external")])
            # One table of both, in which it has its target's name.
            self.assertEqual(re.findall(r"^(own|x): ", result.out, re.MULTILINE), ["own"],
                             result.out)
            for name in model, "x":
                self.assertRegex(result.out, r"(?m)^ +%s " % name)

    def test_work_is_skipped(self):
        row, _ = self.measure(self.ours(), "--work-wait", "1ms")
        self.assertEqual(row["status"], "skipped")
        self.assertIn("--work-wait", row["status_reason"])

    def test_running_server(self):
        with wrong_server(lambda data: data) as target:
            row, result = self.measure(target)
            self.assertEqual(row["status"], "ok", row["status_reason"])
            self.assertEqual(row["host_kind"], "remote")
            self.assertRegex(result.out, r"(?m)^there: remote; pingpong 64 B x \d+$")
            self.assertGreater(float(row["messages"]), 0)
            for name in "server_cpu_user_s", "server_rss_peak_bytes", "server_threads_peak", "server_os":
                self.assertEqual(row[name], "", name)

    def test_no_echo(self):
        """The reason says what came instead."""
        http = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        altered = lambda data: bytes([data[0] ^ 1]) + data[1:]
        for says, answer, first in (
                ('"220 mail ready\\x0d\\x0a', lambda data: data, b"220 mail ready\r\n"),
                ('in the place of byte 0 of the connection came "HTTP/1.1 400 Bad Request\\x0d\\x0a',
                 lambda data: http, b""),
                ("in the place of byte 0 of the connection came ", altered, b"")):
            with self.subTest(says), wrong_server(answer, first) as target:
                row, _ = self.measure(target, "--connections", "1", status=1)
                self.assertEqual(row["status"], "failed")
                self.assertIn(says, row["status_reason"])

    def test_nobody_there(self):
        row, _ = self.measure("there=tcp:127.0.0.1:%d" % tool.free_port(), status=1)
        self.assertEqual(row["status"], "failed")
        self.assertIn("nobody accepts a connection at 127.0.0.1 port ", row["status_reason"])

    def test_refused(self):
        """No target: nothing is measured."""
        for target, says in (("x=exec:" + tool.command(tool.PROGRAM) + " 7000", "has no {port}"),
                             ("x=exec:", "target x"),
                             ("x=exec:'y {port}", "a quote (') is not closed"),
                             ("x=tcp:", "not tcp:ADDRESS:PORT"),
                             ("x=tcp:localhost:7000", "numeric address"),
                             ("x=tcp:nohost..:7", "numeric address"),
                             ("x=tcp:127.0.0.1", "not tcp:ADDRESS:PORT"),
                             ("x=tcp:127.0.0.1:70000", "not tcp:ADDRESS:PORT"),
                             ("x=tcp::7000", "not tcp:ADDRESS:PORT"),
                             ("x=tcp:[::1:7000", "not tcp:ADDRESS:PORT")):
            with self.subTest(target), tool.folder() as out:
                result = tool.bench(out, "--target", target)
                self.assertEqual(result.status, 2, result.err)
                self.assertEqual(os.listdir(out), [])
                self.assertEqual(len(result.err.splitlines()), 1)
                self.assertIn(says, result.err)

    def test_no_such_program(self):
        row, result = self.measure("x=exec:/nowhere/echo {port}", status=1)
        self.assertEqual(row["status"], "failed")
        self.assertIn('cannot start "/nowhere/echo"', row["status_reason"])
        self.assertIn("/nowhere/echo", result.err)

    def test_trace(self):
        result = tool.run("trace", "--target", self.ours(), "--model", "select")
        self.assertEqual(result.status, 2)
        self.assertIn("prints no calls", result.err)


@unittest.skipIf(tool.ON_WINE, "Wine's programs start none of Linux")
class Programs(Measured):
    """Python as the program."""

    def setUp(self):
        context = tool.folder()
        place = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.script = os.path.join(place, "echo.py")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(ECHO)

    def python(self, *words):
        return "x=exec:" + tool.command(PYTHON, self.script) + " {port} " + " ".join(words)

    def test_python(self):
        row, _ = self.measure(self.python())
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertEqual(row["server_threads_peak"], "5")  # one for each connection

    def test_readme(self):
        """The README's server."""
        with open(os.path.join(tool.SOURCE, "README.md"), encoding="utf-8") as file:
            program = file.read().split("```python\n")[1].split("```")[0]
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(program)
        row, _ = self.measure(self.python())
        self.assertEqual(row["status"], "ok", row["status_reason"])

    @unittest.skipUnless(shutil.which("socat") and tool.ON_LINUX, "no socat")
    def test_socat(self):
        """A process for each connection."""
        row, _ = self.measure("socat=exec:socat TCP-LISTEN:{port},fork,reuseaddr SYSTEM:cat")
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertGreaterEqual(int(row["server_threads_peak"]), 5)

    def test_dies(self):
        row, result = self.measure(self.python("dies"), status=1)
        self.assertEqual(row["status_reason"],
                         "the server died with exit status 3: the disk is on fire")

    def test_ends_at_once(self):
        with open(self.script, "w", encoding="utf-8") as file:
            file.write('import sys\nprint("no licence")\nsys.exit(4)\n')
        row, _ = self.measure(self.python(), status=1)
        self.assertEqual(row["status_reason"], "no licence")

    @unittest.skipIf(tool.ON_WINDOWS, "no SIGTERM there")
    def test_stubborn(self):
        row, _ = self.measure(self.python("stubborn"))
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertIn("server_killed", row["warnings"])

    @unittest.skipUnless(tool.ON_LINUX, "it forks")
    def test_children_count(self):
        """The server is a child of the program: what it uses is the program's."""
        row, _ = self.measure(self.python("child"))
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertEqual(row["server_threads_peak"], "6")  # the parent's, and 5 of the child
        self.assertGreater(float(row["server_cpu_us_per_msg"]), 1)

    @unittest.skipUnless(tool.ON_LINUX, "a signal")
    def test_interrupted(self):
        """Ctrl-C ends the program too."""
        with tool.folder() as out:
            process = tool.Process(("bench", *tool.SHORT, "--duration", "60s", "--out", out, "--target",
                                    self.python("iomodels-mark")))
            self.assertTrue(tool.wait_until(lambda: process.processes("iomodels-mark")))
            process.interrupt()
            self.assertEqual(process.end().status, 128 + signal.SIGINT)


if __name__ == "__main__":
    tool.main()
