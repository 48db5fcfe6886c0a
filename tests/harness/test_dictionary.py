"""results/README.md explains every column, and every key of a server's lines."""
import os
import re
import subprocess
import unittest

import tool

# A column of runs.csv: | `name` | unit | meaning |
ROW = re.compile(r"^\| *`(\w+)` *\|([^|]*)\|(.*)\| *$", re.MULTILINE)


def sections():
    """The text below each `## ` heading, by heading."""
    with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
        parts = re.split(r"^## (.*)$", file.read(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class Dictionary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sections = sections()
        with tool.folder() as out:
            tool.bench(out, "--target", tool.fake("none"), "--interval", "50ms", "--per-connection")
            folder = tool.run_folder(out)
            cls.headers = {name: tool.read_csv(os.path.join(folder, name))[0]
                           for name in ("runs.csv", "histogram.csv", "summary.csv",
                                        "intervals.csv", "connections.csv")}
            cls.facts = [fact["name"]
                         for fact in tool.read_table(os.path.join(folder, "environment.csv"))]

    def explained(self, heading, names):
        words = re.findall(r"`(\w+)`", self.sections[heading])
        self.assertEqual([name for name in names if name not in words], [],
                         "not in results/README.md, ## " + heading)

    def test_runs(self):
        rows = ROW.findall(self.sections["runs.csv"])
        # Each once, in the order of the file, and none that is not there.
        self.assertEqual([name for name, _, _ in rows], self.headers["runs.csv"])
        for name, unit, meaning in rows:
            self.assertNotEqual(unit.strip(), "", name)
            self.assertNotEqual(meaning.strip(), "", name)

    def test_workloads(self):
        """Each that the help lists is explained where the column `workload` is."""
        row = next(meaning for name, _, meaning in ROW.findall(self.sections["runs.csv"])
                   if name == "workload")
        self.assertEqual(re.findall(r"(?:^|\. )`(\w+)`:", row.strip()), tool.workloads())

    def test_histogram(self):
        self.explained("histogram.csv", self.headers["histogram.csv"])

    def test_parts(self):
        """Those of the row are the same in both; their own ones once each, in the order of the file."""
        self.explained("intervals.csv", self.headers["intervals.csv"])
        for name in "intervals.csv", "connections.csv":
            told = [column for column, _, _ in ROW.findall(self.sections[name])]
            own = self.headers[name].index("trial") + 1
            self.assertEqual(told, self.headers[name][own:], name)
            self.assertEqual(self.headers[name][:own], self.headers["intervals.csv"][:own])

    def test_trace(self):
        result = tool.run("trace", "--model", "select", "--script", "connect", "--format", "csv")
        self.explained("What `trace` prints as CSV", result.out.splitlines()[0].split(","))

    def test_summary(self):
        self.explained("summary.csv", self.headers["summary.csv"])

    def test_factors_of_a_comparison(self):
        """What makes a configuration is told where it is told what is compared."""
        factors = tool.columns("FACTOR")
        self.assertIn("placement", factors)
        self.explained("Comparing", factors)

    def test_comparison(self):
        sample = os.path.join(tool.SOURCE, "results", "samples", "quick-debian12-wine8")
        compared = tool.run("compare", sample, "--format", "csv")
        self.assertEqual(compared.status, 0, compared.err)
        self.explained("Comparing", compared.out.splitlines()[0].split(","))

    def test_environment(self):
        self.explained("environment.csv", self.facts)

    def test_warnings(self):
        """Each word, of a row or of a run, once, and none that there is not."""
        with open(os.path.join(tool.SOURCE, "harness", "rows", "warnings.c"), encoding="utf-8") as file:
            words = re.findall(r"\[WARNING_\w+\] =\s*\{\s*\"(\w+)\"", file.read())
        section = self.sections["runs.csv"].split("### The words in `warnings`")[1]
        told = re.findall(r"^- `(\w+)`:", section, re.MULTILINE)
        told += re.findall(r"not of a row: `(\w+)`", section)
        self.assertEqual(sorted(told), sorted(words))

    def test_lines_of_serve(self):
        server = tool.Server("--model", "select", "--control", stdin=subprocess.PIPE)
        lines = server.end(b"stats\n").out.splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.explained("The lines of `serve`", set(tool.line_values(line)) -
                           {"iomodels", "event"})


if __name__ == "__main__":
    tool.main()
