"""The search for the highest rate within a bound, and what a ramp prints."""
import collections
import os
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
            result, found, rows = search(out, "max<=1ns", "--rate", "400")
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual((found["rate_met_msgs_per_s"], found["rate_missed_msgs_per_s"]),
                         ("", "100"))
        self.assertEqual([row["target_rate_msgs_per_s"] for row in rows],
                         ["400", "400", "200", "200", "100", "100"])
        self.assertEqual(found["rates_tried"], "3")
        with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
            explained = file.read().split("## rate_search.csv\n")[1].split("\n## ")[0]
        for column in found:
            self.assertIn("`%s`" % column, explained)

    def test_what_is_found_follows_from_the_rows(self):
        with tool.folder() as out:
            result, found, rows = search(out, "p50<=1min", "--trials", "1", "--rate", "20000")
        self.assertEqual(result.status, 0, result.err)
        met = collections.OrderedDict()
        for row in rows:
            self.assertEqual((row["workload"], row["loop"], row["status"]), ("rate", "open", "ok"))
            met[float(row["target_rate_msgs_per_s"])] = (
                "overload" not in row["warnings"].split(";") and row["rtt_p50_us"] != "")
        self.assertEqual(len(met), int(found["rates_tried"]))
        highest = max(rate for rate in met if met[rate])
        self.assertEqual(float(found["rate_met_msgs_per_s"]), highest)
        self.assertEqual(float(found["rate_missed_msgs_per_s"]),
                         min(rate for rate in met if not met[rate] and rate > highest))
        self.assertLessEqual(float(found["rate_missed_msgs_per_s"]), 1.06 * highest)
        self.assertRegex(result.out, r"highest rate with p50<=1min")

    def test_usage(self):
        for words, says in ((("p98<=1ms",), "p98<=1ms"),
                            (("p99<=1ms", "--workload", "pingpong"), "rate or mixed"),
                            (("p99<=1ms", "--rate", "1,2"), "one --rate"),
                            (("p99<=1ms", "--trials", "2"), "odd")):
            result = tool.run("bench", "--rate-search", *words)
            self.assertEqual(result.status, 2)
            self.assertIn(says, result.err)


class Ramp(unittest.TestCase):
    def test_table(self):
        """Its table has what its rows have, a line for each model and step."""
        models = tool.available_models()
        with tool.folder() as out:
            result = tool.run("bench", "--workload", "ramp", "--connections", "6", "--steps", "2",
                              "--warmup", "5ms", "--duration", "20ms", "--idle-wait", "0ms",
                              "--trials", "1", "--out", out)
            rows = tool.read_table(os.path.join(tool.run_folder(out), "runs.csv"))
        self.assertEqual(result.status, 0, result.err)
        for row in rows:
            if row["status"] == "ok":
                self.assertRegex(result.out, r"(?m)^  %s +%s +%s " % (
                    row["model"], row["connections"], row["connections_established"]))
        self.assertEqual(sum(row["status"] == "ok" for row in rows), 2 * len(models))


if __name__ == "__main__":
    tool.main()
