"""The search for the highest rate within a bound, and what a ramp prints."""
import collections
import os
import re
import signal
import time
import unittest

import tool


def search(out, bound, *more):
    model = tool.available_models()[-1]
    result = tool.run("bench", "--rate-search", bound, "--model", model, "--connections", "4",
                      "--warmup", "5ms", "--duration", "20ms", "--idle-wait", "0ms", "--out", out,
                      *more)
    folder = tool.run_folder(out)
    (found,) = tool.read_table(os.path.join(folder, "rate_search.csv"))
    return result, found, tool.read_table(os.path.join(folder, "runs.csv"))


class Search(unittest.TestCase):
    def test_bound_that_nothing_meets(self):
        """It goes down to the lowest rate and says that none was found."""
        with tool.folder() as out:
            result, found, rows = search(out, "max:1ns", "--rate", "400")
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual((found["rate_met_msgs_per_s"], found["rate_missed_msgs_per_s"]),
                         ("", "100"))
        self.assertEqual([row["target_rate_msgs_per_s"] for row in rows],
                         ["400", "400", "200", "200", "100", "100", "100", "100"])
        # The miss that counts was tried again; rows of one rate differ in their trials.
        self.assertEqual([row["trial"] for row in rows], list("12121234"))
        self.assertRegex(result.err, r"(?m)\Aa search: about \d+ runs, about .+$")
        lines = result.err.splitlines()[1:]
        # A machine that is busy enough is overloaded by these rates, too.
        lines = [re.sub(r"^\S+ on \S+: ", "", line).replace("overload", "latency") for line in lines]
        self.assertEqual(lines, ["%s/s not met: latency" % rate for rate in (400, 200, 100, 100)])
        self.assertEqual(found["rates_tried"], "3")
        with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
            explained = file.read().split("## rate_search.csv\n")[1].split("\n## ")[0]
        for column in found:
            self.assertIn("`%s`" % column, explained)

    def test_what_is_found_follows_from_the_rows(self):
        with tool.folder() as out:
            result, found, rows = search(out, "p50<=1min", "--trials", "1", "--rate", "20k")
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(found["searched_bound"], "p50<=1min")
        met = collections.OrderedDict()
        for row in rows:
            self.assertEqual((row["workload"], row["loop"], row["status"]), ("rate", "open", "ok"))
            met[float(row["target_rate_msgs_per_s"])] = (
                "overload" not in row["warnings"].split(";") and row["rtt_p50_us"] != "")
        self.assertEqual(len(met), int(found["rates_tried"]))
        highest = max(rate for rate in met if met[rate])
        self.assertEqual(float(found["rate_met_msgs_per_s"]), highest)
        # The last row is of the lowest miss, which was tried again.
        missed = float(found["rate_missed_msgs_per_s"])
        self.assertEqual(float(rows[-1]["target_rate_msgs_per_s"]), missed)
        self.assertFalse(met[missed])
        self.assertGreater(int(rows[-1]["trial"]), 1)
        self.assertGreater(missed, highest)
        self.assertLessEqual(float(found["rate_missed_msgs_per_s"]), 1.06 * highest)
        self.assertRegex(result.out, r"highest rate with p50<=1min")

    def test_usage(self):
        for words, says in ((("p98=1ms",), "not a bound such as p99:1ms"),
                            (("p99.999:1ms",), "p99.999:1ms"),
                            (("p99:1ms", "--workload", "pingpong"), "rate or mixed"),
                            (("p99:1ms", "--workload", "Rate,pingpong"), "rate or mixed"),
                            (("p99:1ms", "--rate", "1,2"), "one --rate"),
                            (("p99:1ms", "--trials", "2"), "odd")):
            result = tool.run("bench", "--rate-search", *words)
            self.assertEqual(result.status, 2)
            self.assertIn(says, result.err)


    def test_any_percentile(self):
        """Of p95 no row has a column: it is that of histogram.csv."""
        with tool.folder() as out:
            result, found, rows = search(out, "P95:1min", "--trials", "1", "--rate", "100")
            folder = tool.run_folder(out)
            # A run that goes on decides as before.
            os.unlink(os.path.join(folder, "rate_search.csv"))
            again = tool.run("bench", "--resume", folder)
            self.assertEqual(again.status, 0, again.err)
            self.assertEqual(tool.read_table(os.path.join(folder, "rate_search.csv")), [found])
            self.assertEqual(tool.read_table(os.path.join(folder, "runs.csv")), rows)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(found["searched_bound"], "p95<=1min")
        self.assertEqual(rows[0]["duration_s"], "2.4")  # 240 messages: 12 beyond

    def test_what_the_client_cannot_send(self):
        """A thousand a second are easy, but the client is stopped most of the time."""
        if not tool.ON_LINUX or tool.ON_WINE:
            self.skipTest("stops the process by signals")
        with tool.folder() as out:
            process = tool.Process(("bench", "--rate-search", "p50:1ns", "--model",
                                    tool.available_models()[-1], "--connections", "200", "--rate",
                                    "1k", "--warmup", "5ms", "--duration", "2s", "--idle-wait",
                                    "0ms", "--trials", "1", "--out", out))
            while process.popen.poll() is None:
                process.popen.send_signal(signal.SIGSTOP)
                time.sleep(0.05)
                process.popen.send_signal(signal.SIGCONT)
                time.sleep(0.01)
            result = process.end()
            (found,) = tool.read_table(os.path.join(tool.run_folder(out), "rate_search.csv"))
            rows = tool.read_runs(out)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual([row["target_rate_msgs_per_s"] for row in rows], ["1000", "1000"])
        self.assertEqual((found["ended"], found["missed_by"], found["rates_tried"]),
                         ("the client's limit", "client_late", "1"))
        self.assertIn("the client's limit", result.out)


class Ramp(unittest.TestCase):
    def test_table(self):
        """Its table has what its rows have, a line for each model and step."""
        models = tool.available_models()
        with tool.folder() as out:
            result = tool.bench(out, "--workload", "ramp", "--connections", "6", "--steps", "2")
            rows = tool.read_table(os.path.join(tool.run_folder(out), "runs.csv"))
        self.assertEqual(result.status, 0, result.err)
        for row in rows:
            if row["status"] == "ok":
                self.assertRegex(result.out, r"(?m)^  %s +%s +%s " % (
                    row["model"], row["connections"], row["connections_established"]))
        self.assertEqual(sum(row["status"] == "ok" for row in rows), 2 * len(models))


if __name__ == "__main__":
    tool.main()
