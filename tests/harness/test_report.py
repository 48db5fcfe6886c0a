"""`iomodels report`: the page is well-formed, draws what summary.csv has, and leaves nothing outside."""
import csv
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import tool

SAMPLE = os.path.join(tool.SOURCE, "results", "samples", "quick-debian12-wine8")
HOSTILE = "a\"><script>alert(1)</script>&amp;'\u202e]]>"
BYTES_MOST = 2000000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# What would make a browser fetch something, or run it.
OUTSIDE = re.compile(r"https?:|//[a-z]|url\(|@import|\bsrc=|<script|<link|<object|<iframe|\bon\w+=|"
                     r"href=\"(?!#)", re.IGNORECASE)
COST = "server_cpu_us_per_msg"
# What a line of intervals.csv and connections.csv has of its row, and the figures behind it.
KEY = ("run_id", "target", "model", "workload", "connections", "connections_active",
       "message_bytes", "target_rate_msgs_per_s", "work_cpu_us", "work_wait_us",
       "work_exponential", "trial")
INTERVAL = ("generator", "interval", "start_s", "length_s", "messages", "messages_unanswered",
            "rtt_p50_us", "rtt_p99_us", "rtt_max_us", "outstanding", "oldest_unanswered_us")
CONNECTION = ("generator", "connection", "messages", "bytes", "rtt_mean_us", "rtt_max_us",
              "oldest_unanswered_us")


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows, names=None):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


class Page:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.text = self.bytes.decode("utf-8")
        assert "\r" not in self.text
        start = "<!DOCTYPE html>\n"
        assert self.text.startswith(start)
        self.root = xml.etree.ElementTree.fromstring(self.text[len(start):])

    def section(self, name):
        return next((s for s in self.root.iter("section") if s.get("id") == name), None)

    def sections(self):
        return [section.get("id") for section in self.root.iter("section")]

    def figures(self, name):
        """The figures of a section by their headings."""
        section = self.section(name)
        return {} if section is None else {"".join(figure.find(".//h3").itertext()): figure
                                           for figure in section.iter("figure")}


def marks(figure, *names):
    """Of what is drawn with these attributes: their values."""
    return [tuple(mark.get("data-" + name) for name in names)
            for mark in figure.find("svg").iter("g") if mark.get("data-" + names[0]) is not None]


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="iomodels-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def page(self, *runs, **more):
        result = tool.run("report", *runs, "--out", self.path("page.html"), **more)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.out, "report: %s\n" % self.path("page.html"))
        return Page(self.path("page.html"))

    def run_of(self, rows, name="run", **files):
        os.makedirs(self.path(name), exist_ok=True)
        write_rows(self.path(name, "runs.csv"), rows, files.pop("names", None))
        return self.path(name)

    def measured(self, *arguments):
        """A run of two models, with all its files."""
        if not hasattr(Report, "kept"):
            Report.kept = tempfile.mkdtemp(prefix="iomodels-")
            models = ",".join(tool.available_models()[:2])
            result = tool.bench(Report.kept, "--model", models, "--connections", "1,3", "--trials", "6",
                                "--workload", "pingpong,rate", "--rate", "2k", "--report",
                                "--interval", "20ms", "--per-connection",
                                "--duration", "100ms")
            self.assertEqual(result.status, 0, result.err)
            Report.said = result.out
        return tool.run_folder(Report.kept)

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "kept"):
            shutil.rmtree(cls.kept, True)

    def test_draws_what_summary_has(self):
        run = self.measured()
        page = self.page(run)
        summary = {(row["model"], row["workload"], row["connections"], row["metric"]): row
                   for row in read_rows(os.path.join(run, "summary.csv"))}
        seen = 0
        for heading, figure in page.figures("cost").items():
            workload, connections = heading.split()[1], heading.split()[-1]
            for model, value, low, high in marks(figure, "model", "value", "low", "high"):
                row = summary[model, workload, connections, COST]
                self.assertEqual((value, low, high),
                                 (row["median"], row["ci95_low"], row["ci95_high"]))
                seen += 1
        self.assertEqual(seen, sum(key[3] == COST for key in summary))
        merged = 0
        for heading, figure in page.figures("percentiles").items():
            workload, connections = heading.split()[1], heading.split()[-1]
            for curve in figure.find("svg").iter("g"):
                if curve.get("data-model") is None:
                    continue
                for percentile, value in [(g.get("data-percentile"), g.get("data-value"))
                                          for g in curve.findall("g")]:
                    column = {"50": "rtt_p50_us", "90": "rtt_p90_us", "99": "rtt_p99_us",
                              "99.9": "rtt_p99_9_us"}.get(percentile)
                    row = summary.get((curve.get("data-model"), workload, connections, column))
                    if row is not None:
                        self.assertEqual(value, row["merged"], (heading, percentile))
                        merged += 1
        self.assertGreater(merged, 8)
        drawn = set()
        for heading, figure in page.figures("scaling").items():
            for curve in figure.find("svg").iter("g"):
                for g in curve.findall("g") if curve.get("data-model") else []:
                    metric = COST if "CPU time" in heading else "throughput_msgs_per_s"
                    if "memory" not in heading:
                        workload = heading.split()[1].rstrip(",")
                        row = summary[curve.get("data-model"), workload,
                                      g.get("data-connections"), metric]
                        self.assertEqual(g.get("data-value"), row["median"])
                        drawn.add((workload, g.get("data-connections")))
        self.assertIn(("pingpong", "3"), drawn)

    def lines_of(self, run, name, columns, lines):
        """Writes such a file; lines: of each row, the figures of each of its lines."""
        with open(os.path.join(run, name), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*KEY, *columns])
            for row, its_lines in lines:
                row = dict(row, connections_active=row["connections"])  # the sample has no such column
                for figures in its_lines:
                    writer.writerow([row.get(column, "") for column in KEY] +
                                    [figures.get(column, "") for column in columns])

    def test_draws_what_the_intervals_have(self):
        run = self.measured()
        lines = read_rows(os.path.join(run, "intervals.csv"))
        drawn = 0
        for heading, figure in self.page(run).figures("timeline").items():
            workload, connections = heading.split()[1], heading.split()[-1]
            for row in figure.find("svg").iter("g"):
                for line in row.iter("g") if row.get("data-model") else []:
                    if line.get("data-trial") is None:
                        continue
                    own = [interval for interval in lines if
                           (interval["model"], interval["workload"], interval["connections"],
                            interval["trial"]) == (row.get("data-model"), workload, connections,
                                                   line.get("data-trial"))]
                    least = min(float(i["messages"]) / float(i["length_s"]) for i in own)
                    self.assertAlmostEqual(float(line.get("data-least")), least, delta=1e-4 * least)
                    self.assertEqual(float(line.get("data-outstanding")),
                                     max(float(i["outstanding"]) for i in own))
                    # Where too few messages came for a percentile in any interval, there is nothing.
                    slowest = [max((float(i[column]) for i in own if i[column]), default=None)
                               for column in ("rtt_p99_us", "rtt_max_us")]
                    self.assertIn(line.get("data-slowest") and float(line.get("data-slowest")), slowest)
                    drawn += 1
        self.assertEqual(drawn, 6 * len({(line["model"], line["workload"], line["connections"])
                                         for line in lines}))

    def test_draws_what_the_connections_have(self):
        run = self.measured()
        rows = read_rows(os.path.join(run, "runs.csv"))
        lines = read_rows(os.path.join(run, "connections.csv"))
        figures = {heading: figure for heading, figure in self.page(run).figures("fairness").items()
                   if heading.endswith(" x 3")}
        self.assertEqual(len(figures), 2)
        for heading, figure in figures.items():
            for model, trial, connections, most in marks(figure, "model", "trial", "connections",
                                                         "most"):
                if trial is None:
                    continue
                jain = {row["trial"]: float(row["fairness_jain"]) for row in rows
                        if (row["model"], row["workload"], row["connections"]) ==
                        (model, heading.split()[1], "3")}
                self.assertEqual(jain[trial], min(jain.values()))
                own = [float(line["messages"]) for line in lines
                       if (line["model"], line["workload"], line["connections"], line["trial"]) ==
                       (model, heading.split()[1], "3", trial)]
                self.assertEqual((float(connections), float(most)), (3, max(own)))

    def test_stall_and_starved_are_seen(self):
        """Among more intervals and connections than have a place of their own."""
        sample = next(row for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                      if (row["status"], row["workload"], row["connections"]) ==
                      ("ok", "pingpong", "250"))
        rows = [dict(sample, trial=str(trial), fairness_jain="0.9%d" % trial,
                     connections_starved="1") for trial in range(1, 8)]
        run = self.run_of(rows)
        intervals, connections = [], []
        for row in rows:
            seventh = row["trial"] == "7"
            intervals.append((row, [
                dict(interval=1 + i, start_s=i / 100, length_s=0.01, messages=2000, outstanding=250,
                     rtt_p50_us=100, rtt_p99_us=120000 if seventh and i == 777 else 200 + i % 3,
                     rtt_max_us=130000 if seventh and i == 777 else 300, oldest_unanswered_us=9)
                for i in range(1000)]))
            connections.append((row, [
                dict(connection=1 + i, messages=0 if i == 555 else 800, bytes=51200,
                     rtt_mean_us="" if i == 555 else 100, oldest_unanswered_us=7)
                for i in range(1000)]))
        self.lines_of(run, "intervals.csv", INTERVAL, intervals)
        self.lines_of(run, "connections.csv", CONNECTION, connections)
        page = self.page(run)
        (figure,) = page.figures("timeline").values()
        said = "".join(figure.itertext())
        self.assertIn("from 7.75 s to 7.8 s of trial 7: its 99th percentile is 120 ms", said)
        self.assertIn("the 6 trials with the slowest messages are drawn", said)
        self.assertEqual(len(marks(figure, "trial")), 6)
        self.assertIn(("7", "120000"), marks(figure, "trial", "slowest"))
        (figure,) = page.figures("fairness").values()
        self.assertIn(("1", "1000", "1"), marks(figure, "trial", "connections", "dots-starved"))
        self.assertIn("200 of up to 1000 connections have a dot", "".join(figure.itertext()))
        for curve in re.findall(r'<path d="([^"]*)"', page.text):
            self.assertLessEqual(curve.count("M") + curve.count("L"), 200)

    def test_messages_without_an_answer(self):
        sample = read_rows(os.path.join(SAMPLE, "runs.csv"))[0]
        row = dict(sample, workload="rate", loop="open", target_rate_msgs_per_s="1000", trial="1")
        run = self.run_of([row])
        self.lines_of(run, "intervals.csv", INTERVAL, [(row, [
            dict(interval=1 + i, start_s=i / 10, length_s=0.1, messages=1000 - i,
                 messages_unanswered=i, rtt_p50_us=5000, rtt_p99_us="" if i else 9000,
                 rtt_max_us="" if i else 9900, outstanding=i, oldest_unanswered_us=0)
            for i in range(2)])])
        (figure,) = self.page(run).figures("timeline").values()
        self.assertIn("left messages without an answer that were meant to be sent from 100 ms to "
                      "200 ms of trial 1", "".join(figure.itertext()))

    def test_lines_that_are_no_numbers(self):
        row = dict(read_rows(os.path.join(SAMPLE, "runs.csv"))[0], trial="1")
        run = self.run_of([row])
        for value in "many", "-1", "1e300":
            self.lines_of(run, "connections.csv", CONNECTION,
                          [(row, [dict(connection=1, messages=value)])])
            result = tool.run("report", run, "--out", self.path("page.html"))
            self.assertNotEqual(result.status, 0)
            self.assertIn("connections.csv: line 2: messages: %s is not a number" % value, result.err)

    def test_many_parts_stay_small(self):
        """As many panels, models and trials as are drawn."""
        models = list(tool.models())[:8]
        sample = read_rows(os.path.join(SAMPLE, "runs.csv"))[0]
        rows = [dict(sample, model=model, connections=str(connections), trial=str(trial))
                for connections in range(2, 34) for model in models for trial in range(1, 8)]
        run = self.run_of(rows)
        self.lines_of(run, "intervals.csv", INTERVAL, ((row, [
            dict(interval=1 + i, start_s=i / 10, length_s=0.1, messages=1000 + 77 * i % 1000,
                 rtt_p50_us=100, rtt_p99_us=500 + 13 * i % 97, rtt_max_us=900, outstanding=1,
                 oldest_unanswered_us=0) for i in range(100)]) for row in rows))
        self.lines_of(run, "connections.csv", CONNECTION, ((row, [
            dict(connection=1 + i, messages=800 + i, bytes=51200, rtt_mean_us=100,
                 oldest_unanswered_us=7) for i in range(100)]) for row in rows))
        page = self.page(run)
        self.assertGreater(len(page.figures("timeline")), 20)
        self.assertLess(len(page.bytes), BYTES_MOST)

    def test_bench_makes_it(self):
        run = self.measured()
        path = [line for line in self.said.splitlines() if line.startswith("report: ")]
        self.assertEqual(len(path), 1, self.said)
        self.assertTrue(path[0].endswith("report.html"), path)
        self.assertEqual(Page(os.path.join(run, "report.html")).sections(),
                         self.page(run).sections())

    def test_verdicts_are_those_of_compare(self):
        page = self.page(SAMPLE)
        words = {"slower": "worse", "faster": "better", "~": "~", "": "too few trials"}
        compared = 0
        for heading, figure in page.figures("cost").items():
            rows = [["".join(cell.itertext()) for cell in row] for row in figure.iter("tr")][1:]
            values = [[cell.get("data-value") for cell in row] for row in figure.iter("tr")][1:]
            target = heading.split(":")[0]
            connections, workload = heading.split()[-1], heading.split()[1]
            result = tool.run("compare", SAMPLE, "--target", target, "--baseline", rows[0][0],
                              "--metric", COST, "--by", "model", "--format", "csv")
            told = {line["model"]: line for line in csv.DictReader(result.out.splitlines())
                    if line["connections"] == connections and line["workload"] == workload}
            for row, value in zip(rows[1:], values[1:]):
                line = told[row[0]]
                self.assertEqual((value[1], value[5], value[6], value[7], row[8]),
                                 (line["median"], line["ratio"], line["ratio_low"],
                                  line["ratio_high"], words[line["verdict"]]), (heading, row[0]))
                compared += 1
        self.assertGreater(compared, 30)

    def test_wine_is_marked_and_nothing_is_outside(self):
        page = self.page(SAMPLE)
        self.assertEqual(page.sections(), ["cost", "trials", "scaling", "fairness", "tradeoff", "conditions"])
        for name in page.sections()[:-1]:
            for heading, figure in page.figures(name).items():
                drawing = figure.find("svg")
                self.assertEqual(drawing.get("role"), "img")
                self.assertTrue(drawing.find("title").text and drawing.find("desc").text, heading)
                self.assertTrue(list(figure.iter("table")) and list(figure.iter("details")), heading)
                self.assertEqual(heading.startswith("wine"),
                                 "Wine's, not Windows'" in "".join(drawing.itertext()), heading)
        self.assertIsNone(OUTSIDE.search(page.text))
        self.assertTrue("default-src 'none'" in page.text)
        again = tool.run("report", SAMPLE, "--out", self.path("again.html"))
        self.assertEqual(again.status, 0, again.err)
        with open(self.path("again.html"), "rb") as file:
            self.assertEqual(file.read(), page.bytes)

    def test_targets_in_the_order_given(self):
        run = self.run_of([dict(row, target=target) for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                           if row["target"] == "native" for target in ("a", "c", "b")])
        write_rows(os.path.join(run, "environment.csv"), [{"name": "targets", "value": "b: x; c: y; a: z"}])
        headings = list(self.page(run).figures("cost"))
        self.assertEqual(list(dict.fromkeys(heading.split(":")[0] for heading in headings)), ["b", "c", "a"])

    def test_texts_beside_each_other_do_not_overlap(self):
        page = self.page(self.measured())
        compared = 0
        for section in "percentiles", "scaling", "calls":
            for heading, figure in page.figures(section).items():
                lines = {}
                for text in figure.find("svg").iter("text"):
                    if "dim" in text.get("class", "") and "end" not in text.get("class"):
                        width = 6.6 * len(text.text)
                        left = float(text.get("x")) - (width / 2 if "mid" in text.get("class") else 0)
                        lines.setdefault(text.get("y"), []).append((left, left + width, text.text))
                for texts in lines.values():
                    for one, other in zip(sorted(texts), sorted(texts)[1:]):
                        self.assertGreaterEqual(other[0], one[1] + 8, (heading, one, other))
                        compared += 1
        self.assertGreater(compared, 8)

    def test_axis_is_not_cut_off(self):
        """Whatever the highest figure is: also where a number stands at the end of the axis."""
        row = next(row for row in read_rows(os.path.join(SAMPLE, "runs.csv")) if row["status"] == "ok")
        at_edge = 0
        for cost in range(270, 300, 2):
            page = self.page(self.run_of([dict(row, server_cpu_us_per_msg=cost)]))
            for text in next(iter(page.figures("cost").values())).find("svg").iter("text"):
                if "mid" in text.get("class", ""):
                    self.assertLessEqual(float(text.get("x")) + 6.6 * len(text.text) / 2, 400, text.text)
                at_edge += text.get("class") == "end dim" and text.text.isdigit()
        self.assertGreater(at_edge, 0)

    def test_each_card_names_its_run(self):
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                if row["target"] == "native" and row["workload"] == "pingpong"]
        names = ["first", "second"]
        page = self.page(*(self.run_of([dict(row, run_id=name) for row in rows], name) for name in names))
        for section in page.sections():
            endings = [heading.split(", ")[-1] for heading in page.figures(section)]
            self.assertEqual(list(dict.fromkeys(endings)), names, section)
            self.assertEqual(len(endings), sum(1 for _ in page.section(section).iter("figure")), section)
        self.assertNotIn("first", " ".join(self.page(self.path("first")).figures("cost")))

    def test_drift_is_a_warning(self):
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                if row["target"] == "native" and row["workload"] == "pingpong"]
        for change, found in (0, False), (0.1, True):
            drifting = [dict(row, **{COST: "%g" % (20 * (1 + change * int(row["trial"])))}) for row in rows]
            for row in drifting:
                row["throughput_msgs_per_s"] = "1000"
            page = self.page(self.run_of(drifting))
            facts = {row[0].text: "".join(row[1].itertext()) for row in page.section("conditions").iter("tr")
                     if len(row) == 2}
            self.assertEqual(facts.get("drift", "").startswith(COST + " by "), found, facts.get("drift"))

    def test_external_servers_are_beside_the_models(self):
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv")) if row["target"] == "native"]
        rows += [dict(row, target="python", model="external") for row in rows if row["model"] == "poll"]
        run = self.run_of(rows)
        write_rows(os.path.join(run, "environment.csv"), [{"name": "targets", "value": "native: x; python: exec:y"}])
        page = self.page(run)
        for name in "cost", "trials", "scaling", "tradeoff":
            figures = page.figures(name)
            self.assertTrue(figures, name)
            for heading, figure in figures.items():
                self.assertTrue(heading.startswith("native"), heading)
                self.assertIn(("python",), marks(figure, "model"), (name, heading))
                self.assertNotIn(("external",), marks(figure, "model"))

    def test_external_servers_of_a_search(self):
        """Each by its target's name: beside the models of its system, else alone."""
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                if row["target"] == "native" and row["model"] == "poll"]
        rows += [dict(row, target=target, model="external", host_kind=kind) for row in rows[:4]
                 for target, kind in (("go", "native"), ("python", "native"), ("far", "remote"), ("near", "remote"))]
        run = self.run_of(rows)
        write_rows(os.path.join(run, "environment.csv"),
                   [{"name": "targets", "value": "native: x; go: exec:y; python: exec:z; far: tcp:a; near: tcp:b"}])
        write_rows(os.path.join(run, "rate_search.csv"),
                   [{"target": target, "model": model, "workload": "rate", "connections": "4", "message_bytes": "64",
                     "searched_bound": "p99<=1ms", "rate_met_msgs_per_s": str(rate), "rate_missed_msgs_per_s": "9000",
                     "missed_by": "latency", "ended": ""}
                    for target, model, rate in (("native", "poll", 5000), ("go", "external", 6000),
                                                ("python", "external", 4000), ("far", "external", 3000),
                                                ("near", "external", 2000))])
        figures = self.page(run).figures("rates")
        self.assertEqual({heading.split(":")[0]: marks(figure, "model") for heading, figure in figures.items()},
                         {"native": [("go",), ("poll",), ("python",)], "far": [("far",)], "near": [("near",)]})
        text = "".join(figures[next(iter(figures))].itertext())
        self.assertIn("go holds the highest rate", text)
        self.assertNotIn("external", text)

    def test_scales_with_threads(self):
        """What was measured with several numbers of threads is drawn over them."""
        rows = [dict(row, threads=threads, **{COST: str(float(row[COST]) / int(threads))})
                for row in read_rows(os.path.join(SAMPLE, "runs.csv"))
                if row["target"] == "native" and row["workload"] == "pingpong" and row["connections"] == "63" and
                row[COST] for threads in ("4", "1", "2")]
        page = self.page(self.run_of(rows))
        figure = page.figures("scaling")["native, pingpong 64 B x 63: CPU time for a message"]
        drawn = {(curve.get("data-model"), g.get("data-threads")): float(g.get("data-value"))
                 for curve in figure.find("svg").iter("g") if curve.get("data-model")
                 for g in curve.findall("g")}
        wanted = {(row["model"], row["threads"]): statistics.median(
            float(other[COST]) for other in rows
            if (other["model"], other["threads"]) == (row["model"], row["threads"])) for row in rows}
        self.assertEqual(set(drawn), set(wanted))
        for key, value in drawn.items():
            self.assertAlmostEqual(value, wanted[key], delta=wanted[key] / 1000)
        heads = [cell.text for cell in next(figure.iter("table")).iter("th")][:4]
        self.assertEqual(heads, ["model", "1", "2", "4"])
        self.assertIn("From 1 to 4 threads: ", "".join(figure.itertext()))
        self.assertEqual(len(page.figures("scaling")), 3)

    def test_trace(self):
        """Each call stands in the row of its step and the column of its model, in its order."""
        models = tool.available_models()[:2]
        result = tool.run("trace", "--model", ",".join(models), "--format", "csv")
        self.assertEqual(result.status, 0, result.err)
        lines = list(csv.DictReader(result.out.splitlines(keepends=True)))
        lines[0]["result"] = HOSTILE
        write_rows(self.path("trace.csv"), lines)
        result = tool.run("report", SAMPLE, "--trace", self.path("trace.csv"), "--out", self.path("page.html"))
        self.assertEqual((result.status, result.err), (0, ""))
        page = Page(self.path("page.html"))
        self.assertEqual(page.sections()[-2:], ["trace", "conditions"])
        head, *rows = page.section("trace").iter("tr")
        self.assertEqual([cell.text for cell in head], ["the client", *models])
        steps = list(dict.fromkeys(line["step"] for line in sorted(lines, key=lambda line: int(line["step_index"]))))
        self.assertEqual([row[0].text.replace("the server's ", "") for row in rows], steps)
        self.assertIn("send:6", steps)
        for step, row in zip(steps, rows):
            for model, cell in zip(models, row[1:]):
                wanted = [line for line in lines if (line["model"], line["step"]) == (model, step)]
                self.assertEqual(len(cell), len(wanted), (step, model))
                for call, line in zip(cell, wanted):
                    text = "".join(call.itertext())
                    self.assertIn("%s = %s" % (line["call"], line["result"]), text)
                    self.assertEqual("may wait" in text, line["time"] == "waited")
        for path, says in (self.path("none.csv"), "none.csv"), (os.path.join(SAMPLE, "runs.csv"), "no column step_index"):
            result = tool.run("report", SAMPLE, "--trace", path, "--out", self.path("none.html"))
            self.assertEqual(result.status, 2)
            self.assertIn(says, result.err)
            self.assertEqual(len(result.err.splitlines()), 1)
            self.assertFalse(os.path.exists(self.path("none.html")))

    def test_hostile_names(self):
        rows = read_rows(os.path.join(SAMPLE, "runs.csv"))
        for row in rows:
            row["target"] = HOSTILE if row["target"] == "wine" else row["target"]
            row["model"] = row["model"].replace("poll", "<b onload=\"x\">\u0001\ud55c")
            row["status_reason"] = row["status_reason"].replace("Windows", "</td><img src=x>")
        run = self.run_of(rows)
        page = self.page(run)
        text = "".join(page.root.itertext())
        self.assertIn(HOSTILE[:20], text)
        self.assertIn("</td><img src=x>", text)
        self.assertFalse("\u0001" in page.text)
        self.assertEqual(sum(1 for _ in page.root.iter("script")), 0)
        self.assertEqual(sum(1 for _ in page.root.iter("img")), 0)

    def test_few_rows(self):
        rows = read_rows(os.path.join(SAMPLE, "runs.csv"))
        none = self.page(self.run_of([], "none", names=list(rows[0])))
        self.assertEqual(none.sections(), ["conditions"])
        self.assertTrue("nothing to draw" in none.text)
        failed = [dict(row, status="failed", status_reason="the server broke") for row in rows[:9]]
        page = self.page(self.run_of(failed, "failed"))
        self.assertEqual(page.sections(), ["conditions"])
        self.assertTrue("the server broke" in page.text)
        one = next(row for row in rows if row["status"] == "ok")
        page = self.page(self.run_of([one], "one"))
        self.assertEqual(page.sections(), ["cost", "conditions"])
        self.assertTrue("Only %s has this figure" % one["model"] in page.text)
        ((_, value),) = marks(list(page.figures("cost").values())[0], "model", "value")
        self.assertEqual(value, one[COST])

    def test_few_trials_are_not_certain(self):
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv")) if int(row["trial"]) <= 3]
        page = self.page(self.run_of(rows))
        self.assertTrue("nothing is certain" in page.text)
        self.assertIsNone(re.search(r"(is|are) cheapest[^?]* \d", page.text))

    def test_cut_off_and_bad_files(self):
        with open(os.path.join(SAMPLE, "runs.csv"), "rb") as file:
            data = file.read()
        os.makedirs(self.path("cut"))
        with open(self.path("cut", "runs.csv"), "wb") as file:
            file.write(data[:len(data) * 2 // 3])
        self.assertTrue("cut off" in self.page(self.path("cut")).text)
        with open(self.path("cut", "runs.csv"), "wb") as file:
            file.write(b"a,b\n1,2\n")
        for words, says in (((self.path("cut"),), "no column status"),
                            ((self.path("nowhere"),), "name a run's folder"),
                            ((), "RUN is missing"),
                            ((SAMPLE, SAMPLE, "--baseline", SAMPLE), "--baseline is for one RUN")):
            result = tool.run("report", *words)
            self.assertEqual(result.status, 2, result.err)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertIn(says, result.err)
        result = tool.run("report", SAMPLE, "--out", self.path("no", "such", "page.html"))
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("--out", result.err)

    def test_only_a_page_is_replaced(self):
        run = self.run_of(read_rows(os.path.join(SAMPLE, "runs.csv"))[:40])
        with open(self.path("notes.html"), "w", encoding="utf-8") as file:
            file.write("<!DOCTYPE html>\n<html lang=\"en\"><head><title>notes</title></head></html>\n")
        for path in os.path.join(run, "runs.csv"), self.path("notes.html"):
            with open(path, "rb") as file:
                before = file.read()
            result = tool.run("report", run, "--out", path)
            self.assertEqual((result.status, result.out), (2, ""), result.err)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertIn("is not a page", result.err)
            with open(path, "rb") as file:
                self.assertTrue(file.read() == before, path)
        self.page(run)
        self.page(run)

    def test_old_run_as_baseline(self):
        """Schema 1 against itself, a fifth dearer."""
        rows = read_rows(os.path.join(SAMPLE, "runs.csv"))
        dearer = [dict(row) for row in rows]
        for row in dearer:
            if row[COST]:
                row[COST] = "%.6g" % (1.2 * float(row[COST]))
        page = self.page(self.run_of(dearer), "--baseline", SAMPLE)
        self.assertEqual(page.sections()[0], "changes")
        drawn = [float(value) for figure in page.figures("changes").values()
                 for _, value in marks(figure, "model", "value")]
        self.assertGreater(len(drawn), 30)
        for value in drawn:
            self.assertAlmostEqual(value, 1.2, 3)

    def test_large_run_stays_small(self):
        rows = [row for row in read_rows(os.path.join(SAMPLE, "runs.csv")) if row["status"] == "ok"]
        many = 100000
        os.makedirs(self.path("large"))
        with open(self.path("large", "runs.csv"), "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            # More and more connections, so that there are many configurations too.
            for i in range(many):
                row = rows[i % len(rows)]
                row["trial"] = str(1 + i // len(rows))
                row["connections"] = str(1 + i // len(rows) % 40)
                writer.writerow(row)
        page = self.page(self.path("large"))
        self.assertLess(len(page.bytes), BYTES_MOST)
        self.assertTrue("more are in summary.csv" in page.text)
        for curve in re.findall(r'<path d="([^"]*)"', page.text):
            self.assertLessEqual(curve.count("M") + curve.count("L"), 200)
        one = [dict(rows[0], trial=str(1 + i), **{COST: "%d" % (50 + i % 7)}) for i in range(1000)]
        page = self.page(self.run_of(one, "long"))
        self.assertTrue("at most 200 trials are drawn" in page.text)

    @unittest.skipIf(CHROMIUM is None or tool.ON_WINE, "no Chromium here")
    def test_chromium_has_nothing_to_say(self):
        self.page(self.measured())
        place = self.path("browser")
        result = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
             "--user-data-dir=" + place, "--window-size=400,1200", "--print-to-pdf=" + self.path("p.pdf"),
             "file://" + self.path("page.html")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=tool.HANG_S, check=False)
        told = [line for line in result.stderr.decode(errors="replace").splitlines()
                if "CONSOLE" in line]
        self.assertEqual(told, [])
        with open(self.path("p.pdf"), "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")


if __name__ == "__main__":
    tool.main()
