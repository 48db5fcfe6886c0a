"""Time that is taken away: a client or a server that was stopped, a target that asks for a password."""
import os
import signal
import subprocess
import time
import unittest

import tool

ASKS = 'asks=sh -c "read answer </dev/tty"'
STOP_S = 4


@unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "Windows has no such signals")
class Stopped(unittest.TestCase):
    def in_the_window(self, act):
        """The row of a benchmark to which `act` happened once its window had begun."""
        with tool.folder() as out, tool.folder() as place:
            mark = os.path.join(place, "mark")
            process = tool.Process(("bench", *tool.SHORT, "--duration", "3s", "--connections", "2",
                                    "--out", out, "--target", tool.fake("none")),
                                   env={"FAKE_MARK": mark})
            self.assertTrue(tool.wait_until(lambda: os.path.exists(mark)))
            act(process)
            result = process.end()
            (row,) = tool.read_runs(out)
        return row, result

    def stop(self, pid, seconds):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    def test_client(self):
        row, result = self.in_the_window(lambda process: self.stop(process.popen.pid, STOP_S))
        self.assertEqual((row["status"], result.status), ("failed", 1), result.err)
        self.assertIn("the client did not run for ", row["status_reason"])
        self.assertIn("client_paused", row["warnings"].split(";"))
        self.assertGreater(float(row["window_s"]), STOP_S)
        self.assertAlmostEqual(float(row["duration_s"]), 3)

    def server(self, process):
        ((pid, _),) = process.processes("serve")
        return pid

    def test_server(self):
        row, result = self.in_the_window(lambda process: self.stop(self.server(process), 0.1))
        self.assertEqual((row["status"], result.status), ("failed", 1), result.err)
        self.assertIn("the server's process was stopped", row["status_reason"])

    def test_server_that_stays_stopped(self):
        row, result = self.in_the_window(
            lambda process: os.kill(self.server(process), signal.SIGSTOP))
        self.assertEqual((row["status"], result.status), ("failed", 1), result.err)
        self.assertIn("stopped", row["status_reason"])
        self.assertIn("server_killed", row["warnings"].split(";"))

    def test_server_that_waits(self):
        """Some of Linux' waits end with EINTR once a stopped process goes on (signal(7)): no fault."""
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model, "--control", stdin=subprocess.PIPE)
                with server.connect() as client:
                    for data in b"before", b"after":
                        self.assertEqual(tool.exchange(client, data), data)
                        self.stop(server.popen.pid, 0.05)
                    self.assertEqual(server.echo(), b"hello")
                result = server.end(b"stop\n")
                self.assertEqual((result.status, result.err), (0, ""))

    def test_nobody(self):
        row, result = self.in_the_window(lambda process: None)
        self.assertEqual((row["status"], result.status), ("ok", 0), result.err)
        self.assertGreaterEqual(float(row["window_s"]), 3)

    def test_password(self):
        """It has a terminal, and so a target could wait there for an answer that nobody can give."""
        import fcntl
        import pty
        import termios
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)

        def take_terminal():
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        with tool.folder() as out:
            result = tool.bench(out, "--target", ASKS, preexec_fn=take_terminal)
            self.assertEqual(os.listdir(out), [])
        self.assertEqual((result.status, result.out), (1, ""))
        (line,) = result.err.splitlines()
        self.assertIn("target asks: it asks something on the terminal", line)
        for remedy in "ssh -o BatchMode=yes", "sudo -n":
            self.assertIn(remedy, line)


if __name__ == "__main__":
    tool.main()
