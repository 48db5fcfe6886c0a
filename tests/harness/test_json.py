"""--format json: the same as the CSV, as one document."""
import csv
import io
import json
import os
import re
import unittest

import tool


class Json(unittest.TestCase):
    def same(self, document, rows):
        """Each row of the CSV, whose empty fields are no keys."""
        self.assertEqual(document["iomodels_json"], 1)
        self.assertTrue(rows)
        self.assertEqual(len(document["rows"]), len(rows))
        for told, row in zip(document["rows"], rows):
            filled = {name: text for name, text in row.items() if text != ""}
            self.assertEqual(list(told), list(filled))
            for name, value in told.items():
                if isinstance(value, str):
                    self.assertEqual(value, filled[name], name)
                else:
                    self.assertEqual(value, float(filled[name]), name)

    def test_list(self):
        document = json.loads(tool.run("list", "--format", "json").out)
        self.same(document, list(csv.DictReader(io.StringIO(tool.run("list", "--csv").out))))
        self.assertEqual(document["document"], "list")
        self.assertIsInstance(document["rows"][0]["connections_per_thread"], int)
        self.assertIsInstance(document["rows"][0]["model"], str)

    def test_summary(self):
        """Only the document is on standard output."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--format", "json", "--report",
                                "--require", "throughput:1", "--target",
                                'quo"te=' + tool.command(tool.PROGRAM))
            self.assertEqual(result.status, 0, result.err)
            document = json.loads(result.out)
            self.same(document, tool.read_table(os.path.join(tool.run_folder(out), "summary.csv")))
            self.assertEqual(document["rows"][0]["target"], 'quo"te')
            self.assertIsInstance(document["rows"][0]["connections"], int)
            for says in "results: ", "report: ", "kept: throughput":
                self.assertIn(says, result.err)

    ROW = {"run_id": "made-up", "target": 'quo"te', "host_kind": "native", "workload": "pingpong",
           "loop": "closed", "connections": 16, "connections_active": 16, "connections_misbehaving": 0,
           "message_bytes": 64, "server_threads": 1, "status": "ok"}

    def write(self, path, rows):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def comparison(self, *more):
        """Three models, one of them without a percentile; the CSV and the text of a format."""
        trials = range(10, 16)
        rows = [dict(self.ROW, model=model, trial=trial, workload=workload,
                     server_cpu_us_per_msg=trial * factor, throughput_msgs_per_s=1000 / trial / factor,
                     rtt_p99_us="" if model == "poll" else 3 * trial, server_rss_peak_bytes=4096 * trial)
                 for workload in ("pingpong", "stream")
                 for model, factor in (("select", 1), ("poll", 2.123456789), ("epoll", 0.987654321))
                 for trial in trials]
        with tool.folder() as folder:
            path = os.path.join(folder, "runs.csv")
            self.write(path, rows)
            told = {}
            for form in "csv", "json", "github-smaller", "github-bigger", "bencher":
                result = tool.run("compare", path, "--format", form, *more)
                self.assertEqual((result.status, result.err), (0, ""), form)
                told[form] = result.out
        lines = list(csv.DictReader(io.StringIO(told["csv"])))
        self.assertEqual(len(lines), 2 * 2 * (4 if more else 3))
        return lines, told

    def figures(self, lines, less=None):
        """What a service is to be told by these lines: {(model, workload, metric, kind): (value, low, high)},
        without the interval of a median, which the lines do not have."""
        wanted = {}
        for line in lines:
            if less is not None and (line["metric"] != "throughput_msgs_per_s") != less:
                continue
            for kind, model, value in (("median", line["model"], line["median"]),
                                       ("median", line["baseline"], line["baseline_median"]),
                                       ("ratio", line["model"], line["ratio"])):
                if value != "":
                    wanted[model, line["workload"], line["metric"], kind] = (
                        float(value), *(float(line["ratio_" + end]) for end in ("low", "high") if kind == "ratio"))
        return wanted

    NAME = r'quo"te (\w+) (\w+) connections=16 message_bytes=64 server_threads=1'

    def test_comparison(self):
        lines, told = self.comparison()
        document = json.loads(told["json"])
        self.same(document, lines)
        self.assertEqual(document["document"], "comparison")
        row = document["rows"][0]
        for name, kind in (("connections", int), ("server_threads", int), ("ratio", float), ("model", str)):
            self.assertIsInstance(row[name], kind, name)
        self.assertNotIn("buffer_bytes", row)

    def test_github(self):
        """What github-action-benchmark's custom tools read; a file has one direction."""
        lines, told = self.comparison("--metric", "server_cpu_us_per_msg,throughput_msgs_per_s,rtt_p99_us,"
                                                  "server_rss_peak_bytes")
        units = {"server_cpu_us_per_msg": "us", "throughput_msgs_per_s": "1/s", "rtt_p99_us": "us",
                 "server_rss_peak_bytes": "B"}
        for form, less in ("github-smaller", True), ("github-bigger", False):
            found = {}
            for entry in json.loads(told[form]):
                self.assertEqual({name: type(value) for name, value in entry.items()
                                  if name != "value"}, dict.fromkeys(("name", "unit", "range", "extra"), str))
                self.assertIn(type(entry["value"]), (int, float))
                match = re.fullmatch(self.NAME + r": (\w+)(, ratio to select)?", entry["name"])
                self.assertIsNotNone(match, entry["name"])
                model, workload, metric, ratio = match.groups()
                self.assertEqual(entry["unit"], "x" if ratio else units[metric])
                ends = [float(end) for end in entry["range"].split(" to ")]
                self.assertTrue(ends[0] <= entry["value"] <= ends[1], entry)
                key = model, workload, metric, "ratio" if ratio else "median"
                self.assertNotIn(key, found)
                found[key] = (entry["value"], *(ends if ratio else ()))
                self.assertTrue(entry["extra"].startswith("6 trials, " + ("%d of select\n" % (
                    0 if (metric, model) == ("rtt_p99_us", "poll") else 6)) if ratio else "6 trials"))
            self.assertEqual(found, self.figures(lines, less))

    def test_units(self):
        """Of each metric the unit that the dictionary has."""
        with open(os.path.join(tool.SOURCE, "results", "README.md"), encoding="utf-8") as file:
            units = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", file.read(), re.MULTILINE))
        found = {}
        with tool.folder() as folder:
            path = os.path.join(folder, "runs.csv")
            self.write(path, [dict(dict.fromkeys(units, 1), **self.ROW, model=model, trial=trial)
                              for model in ("select", "poll") for trial in range(1, 7)])
            for form in "github-smaller", "github-bigger":
                result = tool.run("compare", path, "--metric", "all", "--format", form)
                self.assertEqual(result.status, 0, result.err)
                found.update({entry["name"].split(": ")[-1]: entry["unit"] for entry in json.loads(result.out)
                              if entry["unit"] != "x"})
        self.assertGreater(len(found), 25)
        self.assertEqual(found, {name: units[name] for name in found})

    def test_bencher(self):
        """Bencher's metric format: benchmark, measure, and up to three numbers."""
        lines, told = self.comparison()
        found = {}

        def once(pairs):
            self.assertEqual(len({name for name, _ in pairs}), len(pairs), pairs)
            return dict(pairs)
        for name, measures in json.loads(told["bencher"], object_pairs_hook=once).items():
            model, workload = re.fullmatch(self.NAME, name).groups()
            for measure, figure in measures.items():
                self.assertEqual(list(figure), ["value", "lower_value", "upper_value"])
                self.assertTrue(figure["lower_value"] <= figure["value"] <= figure["upper_value"], figure)
                ratio = measure.endswith("_ratio")
                key = model, workload, measure.removesuffix("_ratio"), "ratio" if ratio else "median"
                found[key] = tuple(figure.values())[:3 if ratio else 1]
        self.assertEqual(found, self.figures(lines))

    def test_of_two_runs(self):
        """The figures are the second run's, and no name comes twice."""
        with tool.folder() as folder:
            old, new = (os.path.join(folder, name) for name in ("old.csv", "new.csv"))
            for path, factor in ((old, 1), (new, 3)):
                self.write(path, [dict(self.ROW, model="select", trial=trial, server_cpu_us_per_msg=factor * trial)
                                  for trial in range(10, 16)])
            told = json.loads(tool.run("compare", old, new, "--format", "bencher").out)
            entries = json.loads(tool.run("compare", old, new, "--format", "github-smaller").out)
        (name,) = told
        self.assertRegex(name, self.NAME)
        self.assertEqual({name: [figure["value"] for figure in measures.values()]
                          for name, measures in told.items()}, {name: [37.5, 3]})
        self.assertEqual([(entry["name"], entry["value"]) for entry in entries],
                         [(name + ": server_cpu_us_per_msg", 37.5),
                          (name + ": server_cpu_us_per_msg, ratio to the first run", 3)])

    def test_usage(self):
        for words, says in ((("list", "--format", "xml"), "text, csv or json"),
                            (("compare", "RUN", "--format", "xml"), "github-bigger, bencher"),
                            (("compare", "RUN", "--format", "github-bigger", "--metric", "rtt_p99_us"),
                             "no metric that is better when it is bigger"),
                            (("bench", "--format", "csv"), "json is the only one"),
                            (("bench", "--format", "json", "--rate-search", "p99:1ms"), "--rate-search")):
            result = tool.run(*words)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertIn(says, result.err)


if __name__ == "__main__":
    tool.main()
