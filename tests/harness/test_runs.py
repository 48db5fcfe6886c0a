"""A server that breaks in mid-run: its row is `failed` and says why, and the others are kept."""
import contextlib
import json
import os
import re
import signal
import stat
import sys
import unittest

import tool


class MidRun(unittest.TestCase):
    def broken(self, fault, says, target=None, connections="6"):
        """Beside a model that works; returns the failed row."""
        with tool.folder() as out:
            good = "good=" + tool.command(tool.FAKE, "none")
            result = tool.bench(out, "--target", good, "--target", target or tool.fake(fault),
                                "--connections", connections, "--trials", "2")
            rows = tool.read_runs(out)
            samples = tool.read_table(os.path.join(tool.run_folder(out), "histogram.csv"))
        name = (target or "fake=").split("=")[0]
        self.assertEqual(result.status, 1, result.err)
        for row in rows:
            if row["target"] == "good":
                self.assertEqual((row["status"], row["status_reason"]), ("ok", ""))
            else:
                self.assertEqual(row["status"], "failed")
                self.assertRegex(row["status_reason"], says)
        self.assertEqual(sorted(row["target"] for row in rows), sorted(2 * ["good", name]))
        self.assertEqual(len(result.errors()), 2, result.err)
        for line in result.errors():
            self.assertRegex(line, r"\Aiomodels bench: \w+ on %s: " % name)
        self.assertEqual({row["target"] for row in samples}, {"good"})
        return next(row for row in rows if row["target"] == name)

    def test_ends(self):
        self.broken("echo-ends", "died with exit status 3: fake: the licence has run out")

    def test_killed(self):
        row = self.broken("echo-killed", r"\Athe server died with exit status 137\Z")
        self.assertEqual(row["connections_established"], "6")

    def test_wrong_bytes(self):
        row = self.broken("echo-wrong", r"\A\d connections brought back wrong bytes: "
                          r"in the place of byte \d+ of the connection came \"")
        self.assertGreater(int(row["verify_failures"]), 0)

    def test_refuses_some(self):
        row = self.broken("echo-refuses", r"\A4 of 6 connections were established: ")
        self.assertEqual((row["connections_attempted"], row["connections_established"]),
                         ("6", "4"))

    def test_resets_some(self):
        # Wine's server may have read the reset off the socket first, and the client sees an end.
        says = "reset|the server ended" if tool.ON_WINE else "reset"
        row = self.broken("echo-resets", re.compile("connections broke: .*(%s)" % says, re.IGNORECASE))
        self.assertGreater(int(row["errors"]), 0)

    def test_nonsense_for_statistics(self):
        self.broken("stats-nonsense", "no statistics: the server printed nonsense: I don't count")

    def test_floods_standard_error_and_ends(self):
        """Told are the beginning and the end."""
        self.broken("echo-floods-ends",
                    r"\Athe server died with exit status 3: fake: word 1, and nobody wants to know it "
                    r"\.\.\. fake: the licence has run out \(of \S+ [KM]iB on standard error the first "
                    r"and the last 32 KiB are kept\)\Z")

    def test_impossible_statistics(self):
        """Figures that cannot be are not measured; the rest of the row stands."""
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("stats-impossible"))
            (row,) = tool.read_runs(out)
            again = tool.run("bench", "--resume", tool.run_folder(out))
        self.assertEqual((result.status, result.errors()), (0, []))
        self.assertEqual((again.status, again.errors()), (0, []))
        self.assertEqual(row["status"], "ok")
        self.assertIn("impossible_statistics", row["warnings"].split(";"))
        self.assertIn("impossible_statistics", result.out)
        for name in ("server_cpu_user_s", "server_cpu_sys_s", "server_cpu_us_per_msg", "wait_calls",
                     "recv_calls", "syscalls_per_msg", "server_cpu_load"):
            self.assertEqual(row[name], "", name)
        self.assertEqual((row["server_rss_peak_bytes"], row["server_threads_peak"]), ("4096", "1"))
        self.assertGreater(float(row["server_messages"]), 0)

    def test_status_of_its_end(self):
        self.broken("stop-status", "died with exit status 3: fake: unpaid")

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "POSIX")
    def test_started_with_children_ignored(self):
        """The system would reap the server itself, and the run would wait for its end in vain."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", preexec_fn=lambda: signal.signal(
                signal.SIGCHLD, signal.SIG_IGN))
            (row,) = tool.read_runs(out)
        self.assertEqual((result.status, row["status"]), (0, "ok"))
        self.assertNotIn("server_killed", row["warnings"])

    @unittest.skipUnless(tool.ON_LINUX and not tool.ON_WINE,
                         "needs signals, and a Wine server that is killed leaves Wine unwell")
    def test_real_server_killed(self):
        wrapper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kill_server.py")
        with tool.folder() as folder:
            killed = os.path.join(folder, "killed")
            words = tool.command(sys.executable, wrapper, killed, tool.PROGRAM)
            with tool.folder() as out:
                result = tool.bench(out, "--target", "killed=" + words, "--model",
                                    "blocking,select")
                rows = tool.read_runs(out)
            with open(killed, encoding="utf-8") as file:
                echoed = [json.loads(line) for line in file]
        self.assertEqual(result.status, 1, result.err)
        self.assertEqual([row["status"] for row in rows], ["failed", "failed"], rows)
        for row in rows:
            self.assertEqual(row["status_reason"], "the server died with exit status 137")
        self.assertEqual(len(echoed), 2)
        self.assertGreater(min(echoed), 0)


class Floods(unittest.TestCase):
    def test_standard_error(self):
        """However much it is: a warning, and no file of it that grows."""
        with tool.folder() as out:
            process = tool.Process(("bench", *tool.SHORT, "--duration", "1s", "--connections", "2",
                                    "--out", out, "--target", tool.fake("echo-floods")))
            largest = 0
            while process.popen.poll() is None:
                largest = max(largest, self.largest_file(process.popen.pid))
            result = process.end()
            (row,) = tool.read_runs(out)
        self.assertEqual((result.status, row["status"]), (0, "ok"), result.err + row["status_reason"])
        self.assertIn("stderr_flood", row["warnings"].split(";"))
        self.assertIn("warning: stderr_flood in 1 of 1 rows: the server wrote more than 64 KiB",
                      result.out)
        self.assertLess(largest, 1 << 20)

    def largest_file(self, pid):
        """Bytes of the largest one that it has open to write, with or without a name. Not under
        Wine, which has the program itself open."""
        largest = 0
        place = "/proc/%d/fd" % pid
        with contextlib.suppress(OSError):
            for name in os.listdir(place) if tool.ON_LINUX and not tool.ON_WINE else []:
                about = os.stat(os.path.join(place, name))
                with open("/proc/%d/fdinfo/%s" % (pid, name), encoding="ascii") as file:
                    flags = int(re.search(r"flags:\s*(\d+)", file.read())[1], 8)
                if stat.S_ISREG(about.st_mode) and flags & os.O_ACCMODE != os.O_RDONLY:
                    largest = max(largest, about.st_size)
        return largest


class UntilCi(unittest.TestCase):
    def trials(self, precision, most):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), "--connections", "2,3",
                                "--until-ci", precision, "--trials", most)
            rows = tool.read_runs(out)
        self.assertEqual(result.status, 0, result.err)
        for connections in "2", "3":
            self.assertEqual([row["trial"] for row in rows if row["connections"] == connections],
                             [str(trial + 1) for trial in range(len(rows) // 2)])
        return result, len(rows) // 2

    def test_ends_when_it_is_precise(self):
        result, trials = self.trials("100000%", "9")
        self.assertEqual(trials, 6)
        self.assertNotIn("not so precise", result.out)

    def test_ends_at_the_most_trials(self):
        result, trials = self.trials("0.000001%", "7")
        self.assertEqual(trials, 7)
        self.assertEqual(result.out.count("not so precise: pingpong"), 2)

    def test_usage(self):
        for words in (("five",), ("0%",), ("5%", "--trials", "5"), ("5%", "--rate-search", "p50<=1s")):
            result = tool.run("bench", "--until-ci", *words)
            self.assertEqual(result.status, 2)
            self.assertIn("--until-ci " + words[0], result.err)


class Harness(unittest.TestCase):
    @unittest.skipUnless(tool.ON_LINUX and not tool.ON_WINE,
                         "needs signals, and a Wine server that is killed leaves Wine unwell")
    def test_server_outlives_no_harness(self):
        """A harness that is killed can't stop its server, which sees the end of its input."""
        with tool.folder() as out:
            process = tool.Process(("bench", *tool.SHORT, "--out", out, "--model", "select",
                                    "--duration", "600s"))
            self.assertTrue(tool.wait_until(lambda: process.processes("serve")))
            process.popen.kill()
            self.assertEqual(process.end().status, -9)


if __name__ == "__main__":
    tool.main()
