"""results/README.md, "Opening the files": each recipe does what it says, with the files of a real run."""
import csv
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree
import zipfile

import tool

SECTION = "## Opening the files"


def recipes():
    """The blocks of the section: (language, text)."""
    with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
        section = file.read().split("\n%s\n" % SECTION)[1].split("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def python_with(module):
    """A Python that has the module; None: there is none."""
    for program in (sys.executable, "/usr/bin/python3"):
        if shutil.which(program) and subprocess.run(
                [program, "-c", "import " + module], capture_output=True, check=False).returncode == 0:
            return program
    return None


@unittest.skipIf(tool.ON_WINE or tool.ON_WINDOWS, "CPU time has coarse steps there: runs as short as these have none")
class Recipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = tool.folder()
        out = cls.context.__enter__()
        result = tool.bench(out, "--target", "native=" + tool.command(tool.PROGRAM), "--model",
                            "blocking,select", "--connections", "1,63", "--trials", "2",
                            "--workload", "pingpong,rate", "--rate", "500,1000")
        if result.status != 0:
            raise AssertionError(result.err)
        cls.folder = tool.run_folder(out)
        cls.rows = tool.read_runs(out)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def did(self, words, data=None):
        done = subprocess.run(words, cwd=self.folder, input=data, capture_output=True, text=True,
                              timeout=tool.HANG_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), data or words)
        return done.stdout

    def messages(self, workload):
        """Those of the cell that the recipes look at."""
        return sum(int(row["messages"]) for row in self.rows
                   if (row["workload"], row["model"], row["connections"]) == (workload, "select", "63"))

    def test_there_are_some(self):
        self.assertEqual({language for language, _ in recipes()}, {"python", "sql", "gnuplot", "sh"})

    def test_python(self):
        for language, text in recipes():
            if language != "python" or "pandas" in text:
                continue
            out = self.did([sys.executable, "-"], text)
            if "histogram.csv" in text:
                self.assertIn("99 %% of %d round trips" % self.messages("pingpong"), out)
                text = text.replace("pingpong", "rate").replace('"sent"', '"intended"')
                self.assertIn(" of %d round trips" % self.messages("rate"), self.did([sys.executable, "-"], text))
            else:
                # Two workloads, one of them at two rates, of two models with two numbers of connections.
                self.assertEqual(out.count(" 2 trials, median "), 12, out)
                self.assertEqual(len(set(out.splitlines()[::2])), 12, out)

    def test_pandas(self):
        program = python_with("pandas")
        if program is None:
            self.skipTest("no pandas here")
        (text,) = [text for language, text in recipes() if "pandas" in text and language == "python"]
        out = self.did([program, "-"], text)
        for word in "blocking", "select", "pingpong", "63":
            self.assertIn(word, out)
        self.assertEqual(len(re.findall(r"\d\.\d+ +\d+\.\d+$", out, re.MULTILINE)), 6, out)

    def test_sqlite(self):
        program = shutil.which("sqlite3")
        if program is None:
            self.skipTest("no sqlite3 here")
        (text,) = [text for language, text in recipes() if language == "sql"]
        out = self.did([program], text)
        self.assertEqual(len(re.findall(r"^native +\w+ +(?:pingpong|rate) .* 2 +[\d.]+ *$", out,
                                        re.MULTILINE)), 12, out)

    def test_gnuplot(self):
        program = shutil.which("gnuplot")
        if program is None:
            self.skipTest("no gnuplot here")
        for language, text in recipes():
            if language == "gnuplot":
                out = self.did([program], "set terminal svg\n" + text)
                # Not assertIn, which would print the whole picture.
                self.assertTrue(out.rstrip().endswith("</svg>"), text)
                for model in "blocking", "select":
                    self.assertTrue("<title>%s</title>" % model in out, (model, text))


    def test_spreadsheet(self):
        """What it opens has each number as a number and each text as it was."""
        program = shutil.which("soffice")
        if program is None:
            self.skipTest("no soffice here")
        (text,) = [text for language, text in recipes() if language == "sh"]
        with tool.folder() as home:
            done = subprocess.run(["sh", "-e"], cwd=self.folder, input=text, capture_output=True, text=True,
                                  timeout=tool.HANG_S, check=False, env=dict(os.environ, HOME=home))
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = sheet(os.path.join(self.folder, "summary.ods"))
        with open(os.path.join(self.folder, "summary.csv"), encoding="utf-8", newline="") as file:
            wanted = list(csv.reader(file))
        self.assertEqual(len(lines), len(wanted))
        for found, line in zip(lines, wanted):
            self.assertEqual(found + [""] * (len(line) - len(found)),
                             [float(text) if re.fullmatch(r"-?[\d.]+", text) else text for text in line])

    def test_pivot_table(self):
        """Each of its fields is one line, whose median is its sum."""
        lines = tool.read_table(os.path.join(self.folder, "summary.csv"))
        keys = {tuple(line[name] for name in ("metric", "target", "workload", "model", "connections",
                                                  "target_rate_msgs_per_s")) for line in lines}
        self.assertEqual(len(keys), len(lines))
        self.assertIn(("server_cpu_us_per_msg", "native", "pingpong", "select", "63", ""), keys)


def sheet(path):
    """The cells of the first sheet of an .ods, line by line: numbers, texts, and "" for empty ones."""
    office, table, words = ("{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}" % name
                            for name in ("office", "table", "text"))
    with zipfile.ZipFile(path) as file:
        root = xml.etree.ElementTree.fromstring(file.read("content.xml"))
    lines = []
    for row in next(root.iter(table + "table")).iter(table + "table-row"):
        cells = []
        for cell in row.iter(table + "table-cell"):
            value = cell.get(office + "value")
            text = "".join("".join(part.itertext()) for part in cell.iter(words + "p"))
            cells += [text if value is None else float(value)] * int(cell.get(table + "number-columns-repeated", 1))
        while cells and cells[-1] == "":
            cells.pop()
        lines += [cells] * (int(row.get(table + "number-rows-repeated", 1)) if cells else 0)
    return lines


class Row(unittest.TestCase):
    """The row that the page reads aloud is one of the sample's."""

    def test_is_in_the_sample(self):
        with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
            section = file.read().split("\n## A row, read aloud\n")[1].split("\n## ")[0]
        told = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", section, re.MULTILINE))
        self.assertGreater(len(told), 8)
        with open(os.path.join(tool.SOURCE, "results", "samples", "quick-debian12-wine8", "runs.csv"),
                  encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue(any(all(row[name] == text for name, text in told.items()) for row in rows))


if __name__ == "__main__":
    tool.main()
