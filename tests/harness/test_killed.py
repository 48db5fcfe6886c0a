"""kill -9: what the harness leaves is whole and readable, and no server stays.

MOMENTS=20 in the environment: at so many moments.
"""
import collections
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import unittest

import tool

NATIVE_ONLY = unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "POSIX")
MOMENTS = int(os.environ.get("MOMENTS", 2 if tool.ON_WINE or tool.ON_WINDOWS else 5))
MOST_S = 1.2
SHORT = ("bench", *tool.SHORT, "--connections", "2", "--target", tool.fake("none"))
# Rows of both targets, and of a missing one, without end.
ENDLESS = (*SHORT, "--duration", "20ms", "--trials", "100000",
           "--target", "itself=" + tool.command(tool.PROGRAM), "--model", "fake,select",
           "--target-missing", "no=not here")


def killed_at(size):
    """The system ends it where a file of its would get longer."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def cut(path):
    """Leaves out a last line that was cut off."""
    with open(path, "rb") as file:
        whole, end, _ = file.read().rpartition(b"\n")
    with open(path, "wb") as file:
        file.write(whole + end)


def traces():
    """Whether system calls can be watched here."""
    strace = shutil.which("strace")
    return strace is not None and not tool.ON_WINE and subprocess.run(
        [strace, "-o", os.devnull, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def accepts(process):
    """Whether an external server of this benchmark does. It has --port by itself, the benchmark in a longer word."""
    for _, words in process.processes("--port"):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", int(words[words.index("--port") + 1]))).close()
            return True
    return False


class Killed(unittest.TestCase):
    def check(self, out):
        """Of what is left: its rows."""
        if not os.listdir(out):
            return []
        folder = tool.run_folder(out)
        tables = {name: tool.read_table(os.path.join(folder, name))
                  for name in os.listdir(folder) if name.endswith(".csv")}
        rows = tables.get("runs.csv", [])
        counts = collections.Counter()
        for line in tables.get("histogram.csv", []):
            counts[line["target"], line["model"], line["trial"]] += int(line["count"])
        for row in rows:
            if row["status"] == "ok":
                self.assertEqual(counts[row["target"], row["model"], row["trial"]],
                                 int(row["messages"]))
        if rows or "environment.csv" in tables:
            self.assertLess({"seed", "targets", "clock_source"},
                            {fact["name"] for fact in tables["environment.csv"]})
        for name in os.listdir(folder):
            if name.endswith(".hgrm"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    self.assertRegex(file.read(), r"(?s)\A +Value .*\n#\[Buckets = .*\]\n\Z")
        return rows

    def kill(self, out, when):
        process = tool.Process((*ENDLESS, "--out", out))
        when(process)
        self.assertIsNone(process.popen.poll(), process.written("err"))
        process.popen.kill()
        process.end()  # which fails where anything is left behind
        return self.check(out)

    def test_at_any_moment(self):
        seed = random.randrange(1000000)
        moments = random.Random(seed)
        for _ in range(MOMENTS):
            seconds = moments.random() * MOST_S
            with self.subTest(seed=seed, seconds=seconds), tool.folder() as out:
                self.kill(out, lambda process, s=seconds: time.sleep(s))

    def test_after_rows(self):
        with tool.folder() as out:
            rows = self.kill(out, lambda process: self.assertTrue(
                tool.wait_until(lambda: tool.finished_rows(out) >= 7)))
            self.assertGreaterEqual(len(rows), 7)
            self.assertEqual({row["target"] for row in rows}, {"fake", "itself", "no"})

    @NATIVE_ONLY
    def test_external_server(self):
        """One that does not end with its standard input."""
        server = "x=exec:" + tool.command(tool.PROGRAM) + " serve --model select --port {port}"
        with tool.folder() as out:
            process = tool.Process((*SHORT, "--trials", "100000", "--target", server, "--out", out))
            self.assertTrue(tool.wait_until(lambda: accepts(process)))
            process.popen.kill()
            process.end()

    @NATIVE_ONLY
    def test_within_a_write(self):
        """Of any file; only the last line of one that grows is cut off."""
        with tool.folder() as out:
            tool.bench(out, "--target", tool.fake("none"))
            folder = tool.run_folder(out)
            sizes = [os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)]
            with open(os.path.join(folder, "runs.csv"), "rb") as file:
                head = len(file.readline())
        ends = collections.Counter()
        for size in (100, head - 1, head + 300, head + 1000, *(part * size // 4 for size in sizes
                                                              for part in (1, 2, 3))):
            with self.subTest(size), tool.folder() as out:
                result = tool.run(*SHORT, "--trials", "3", "--out", out,
                                  preexec_fn=killed_at(size))
                ends[result.status] += 1
                for name in "runs.csv", "histogram.csv":
                    path = os.path.join(tool.run_folder(out), name)
                    if os.path.exists(path):
                        cut(path)
                self.check(out)
        self.assertGreater(ends[-signal.SIGXFSZ], len(sizes))

    @unittest.skipUnless(traces(), "no strace here")
    def test_one_write_for_each_row(self):
        with tool.folder() as out:
            log = os.path.join(out, "log")
            subprocess.run(
                ["strace", "-f", "-y", "-e", "trace=write,writev", "-e", "signal=none", "-o", log,
                 tool.PROGRAM, *SHORT, "--trials", "3", "--out", os.path.join(out, "runs")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=tool.HANG_S,
                check=False, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))  # not under strace
            rows = tool.read_runs(os.path.join(out, "runs"))
            self.assertEqual(len(rows), 3)
            measured = sum(row["status"] == "ok" for row in rows)
            with open(log, encoding="utf-8") as file:
                lines = file.readlines()
            for name, expected in ("runs.csv", 3), ("histogram.csv", measured):
                writes = [line for line in lines if "/%s>" % name in line]
                self.assertEqual(len(writes), expected, writes)


if __name__ == "__main__":
    tool.main()
