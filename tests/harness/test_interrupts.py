"""Ctrl-C: exit status 130, the finished rows kept and whole, no server left."""
import contextlib
import os
import signal
import unittest

import tool


class Interrupts(unittest.TestCase):
    def check(self, result, out, least, target=None):
        self.assertEqual(result.status, 130, result.err)
        self.assertEqual([line for line in result.errors() if not tool.is_busy(line)], [])
        self.assertIn("interrupted; the finished rows are kept.", result.out)
        rows = tool.read_runs(out)
        self.assertGreaterEqual(len(rows), least)
        for row in rows:
            if not tool.is_busy(row["status_reason"]):
                self.assertEqual(row["status"], "skipped" if row["target"] == "no" else "ok")
        summary = tool.read_table(os.path.join(tool.run_folder(out), "summary.csv"))
        self.assertEqual(sum(int(line["trials"]) for line in summary
                             if line["metric"] == "messages"),
                         sum(row["status"] == "ok" for row in rows))
        # histogram.csv is written first, and so may be ahead; never the other way round.
        folder = tool.run_folder(out)
        counts = tool.read_table(os.path.join(folder, "histogram.csv"))
        for row in rows:
            if row["status"] == "ok":
                self.assertEqual(
                    sum(int(line["count"]) for line in counts
                        if (line["model"], line["trial"]) == (row["model"], row["trial"])),
                    int(row["messages"]))
        return rows

    def waiting(self, fault, *arguments):
        """A benchmark of the fake, once that waits where its fault is."""
        stack = contextlib.ExitStack()
        out = stack.enter_context(tool.folder())
        mark = os.path.join(stack.enter_context(tool.folder()), "mark")
        process = tool.Process(("bench", *tool.SHORT, "--connections", "2", "--out", out,
                                "--target", tool.fake(fault), *arguments),
                               env={"FAKE_MARK": mark})
        self.addCleanup(stack.close)
        if not tool.wait_until(lambda: os.path.exists(mark) or process.popen.poll() is not None):
            process.kill()
            self.fail("the fake does not start")
        return process, out

    def test_while_a_target_lists(self):
        process, out = self.waiting("list-hangs")
        process.interrupt()
        result = process.end()
        self.assertEqual((result.status, result.out, result.err), (130, "", ""))
        self.assertEqual(os.listdir(out), [])

    def test_while_a_server_starts(self):
        process, out = self.waiting("start-hangs")
        process.interrupt()
        self.check(process.end(), out, 0)

    def test_while_a_target_talks(self):
        """Lines without an end, instead of the one that is awaited."""
        for fault in "start-noise", "stats-noise":
            with self.subTest(fault):
                process, out = self.waiting(fault, "--trials", "1000")
                process.interrupt()
                self.check(process.end(), out, 0)

    def test_in_the_window(self):
        process, out = self.waiting("none", "--duration", "600s")
        process.interrupt()
        self.check(process.end(), out, 0)

    def test_in_the_warm_up(self):
        process, out = self.waiting("echo-marks", "--warmup", "600s")
        process.interrupt()
        self.check(process.end(), out, 0)

    def begin(self, out, *arguments):
        return tool.Process(("bench", *tool.SHORT, "--connections", "2", "--out", out,
                             "--model", tool.available_models()[0], *arguments))

    def test_between_runs(self):
        with tool.folder() as out:
            process = self.begin(out, "--trials", "100000")
            # Right after a row, the harness looks whether the host is idle.
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 2))
            process.interrupt()
            self.check(process.end(), out, 2)

    def test_real_server(self):
        """Wherever in the run of a real server it comes."""
        with tool.folder() as out:
            process = self.begin(out, "--trials", "2", "--duration", "600s")
            if tool.ON_LINUX:
                self.assertTrue(tool.wait_until(lambda: process.processes("serve")))
            process.interrupt()
            self.check(process.end(), out, 0)

    def test_rows_before_it(self):
        with tool.folder() as out:
            process = self.begin(out, "--trials", "100000", "--target-missing", "no=not here")
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 5))
            process.interrupt()
            rows = self.check(process.end(), out, 5)
            self.assertIn("no", {row["target"] for row in rows})

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "Windows has no such signals")
    def test_other_signals(self):
        for number in signal.SIGTERM, signal.SIGHUP:
            with self.subTest(number):
                process, out = self.waiting("none", "--duration", "600s")
                process.popen.send_signal(number)
                self.check(process.end(), out, 0)


if __name__ == "__main__":
    tool.main()
