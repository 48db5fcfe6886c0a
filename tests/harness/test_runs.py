"""A server that breaks in mid-run: its row is `failed` and says why, and the others are kept."""
import json
import os
import re
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
        row = self.broken("echo-wrong", r"\A\d connections brought back wrong bytes\Z")
        self.assertGreater(int(row["verify_failures"]), 0)

    def test_refuses_some(self):
        row = self.broken("echo-refuses", r"\A4 of 6 connections were established: ")
        self.assertEqual((row["connections_attempted"], row["connections_established"]),
                         ("6", "4"))

    def test_resets_some(self):
        row = self.broken("echo-resets", re.compile("connections broke: .*reset", re.IGNORECASE))
        self.assertGreater(int(row["errors"]), 0)

    def test_nonsense_for_statistics(self):
        self.broken("stats-nonsense", "no statistics: the server printed nonsense: I don't count")

    def test_status_of_its_end(self):
        self.broken("stop-status", "died with exit status 3: fake: unpaid")

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
