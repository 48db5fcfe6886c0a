"""`iomodels compare`: runs made up so that the answer is known."""
import csv
import os
import unicodedata
import unittest

import saved
import tool

# What a row has where a test says nothing else.
ROW = {"schema_version": "2", "run_id": "made-up", "target": "native", "host_kind": "native",
       "model": "select", "workload": "pingpong", "loop": "closed", "connections": "16",
       "connections_active": "16", "connections_misbehaving": "0", "message_bytes": "64",
       "pipeline_depth": "1", "tcp_nodelay": "yes", "buffer_bytes": "65536", "placement": "split",
       "status": "ok", "bound": "server"}
METRICS = ("server_cpu_us_per_msg", "throughput_msgs_per_s", "rtt_p99_us")
SIX = [10, 11, 12, 13, 14, 15]  # median 12.5
TWICE = [2 * value for value in SIX]
# Of 6 against 6 wholly apart: 2 of 924 orders.
APART = 2 / 924


def rows(values, metric="server_cpu_us_per_msg", **fields):
    return [dict(ROW, trial=str(trial), **{metric: str(value)}, **fields)
            for trial, value in enumerate(values, 1)]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tool.folder()
        self.folder = folder.__enter__()
        self.addCleanup(folder.__exit__, None, None, None)

    def write(self, *groups, name="run", columns=None, end="", targets=None):
        """A run's folder with these rows."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        columns = columns or list(ROW) + ["trial", "connects_per_s", *METRICS]
        with open(os.path.join(folder, "runs.csv"), "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="",
                                    lineterminator="\n")
            writer.writeheader()
            for group in groups:
                writer.writerows(group)
            file.write(end)
        if targets:
            with open(os.path.join(folder, "environment.csv"), "w", encoding="utf-8",
                      newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(
                    [("name", "value"), ("seed", "1"), ("targets", targets)])
        return folder

    def compare(self, *arguments, status=0, errors=(), found=()):
        """found: of each finding of --fail-if, which are indented, words in their order."""
        result = tool.run("compare", *arguments)
        self.assertEqual(result.status, status, result.err)
        lines = [line for line in result.err.splitlines() if not line.startswith(" ")]
        findings = [line for line in result.err.splitlines() if line.startswith(" ")]
        self.assertEqual(len(findings), len(found), result.err)
        for line, words in zip(findings, found):
            self.assertIn(words, line)
        self.assertEqual(len(lines), len(errors), result.err)
        for line, words in zip(lines, errors):
            self.assertTrue(line.startswith("iomodels compare: "), line)
            for word in [words] if isinstance(words, str) else words:
                self.assertIn(word, line)
        return result.out

    def table(self, *arguments, **more):
        """Of the CSV, which must be readable strictly."""
        out = self.compare(*arguments, "--format", "csv", **more)
        self.assertTrue(out.endswith("\n"))
        header, *lines = csv.reader(out.splitlines(keepends=True), strict=True)
        for line in lines:
            self.assertEqual(len(line), len(header))
        return [dict(zip(header, line)) for line in lines]

    def verdicts(self, *arguments, **more):
        return {(line["target"], line["model"], line["connections"], line["metric"]):
                line["verdict"] for line in self.table(*arguments, **more)}


class Models(Case):
    def test_figures(self):
        run = self.write(rows(SIX, model="select"), rows(TWICE, model="wsapoll"))
        (line,) = self.table(run)
        self.assertEqual({name: line[name] for name in
                          ("compared_by", "target", "host_kind", "model", "baseline",
                           "baseline_host_kind", "workload", "connections", "placement", "metric",
                           "trials", "baseline_trials", "median", "baseline_median", "ratio",
                           "client_bound", "verdict")},
                         {"compared_by": "model", "target": "native", "host_kind": "native",
                          "model": "wsapoll", "baseline": "select",
                          "baseline_host_kind": "native", "workload": "pingpong",
                          "connections": "16", "placement": "split",
                          "metric": "server_cpu_us_per_msg", "trials": "6", "baseline_trials": "6",
                          "median": "25", "baseline_median": "12.5", "ratio": "2",
                          "client_bound": "no", "verdict": "slower"})
        self.assertAlmostEqual(float(line["p"]), APART, places=8)
        low, high = float(line["ratio_low"]), float(line["ratio_high"])
        self.assertTrue(20 / 15 <= low < 2 < high <= 3, (low, high))

    COLUMNS = list(ROW) + ["trial", "warnings", *METRICS]

    def test_unanswered_are_the_slowest(self):
        """Trials whose percentile lies among unanswered messages are not left out."""
        run = self.write(rows(SIX, "rtt_p99_us", model="select", loop="open"),
                         rows(SIX, "rtt_p99_us", model="poll", loop="open"),
                         rows([""] * 14, "rtt_p99_us", model="poll", loop="open",
                              warnings="overload;unanswered"), columns=self.COLUMNS)
        (line,) = self.table(run, errors=[["14 of 26 rows have warnings: overload 14, unanswered 14;"]])
        self.assertEqual((line["trials"], line["median"], line["verdict"]), ("20", "", "slower"))

    def test_warnings_are_named(self):
        """Each word once, with its rows."""
        first, second, *_ = groups = rows(SIX, model="select"), rows(SIX, model="poll")
        for row, words in zip(first + second, ("host_busy", "few_samples;host_busy", "host_busy")):
            row["warnings"] = words
        second[0]["warnings"] = "few_samples"
        run = self.write(*groups, columns=self.COLUMNS)
        says = "4 of 12 rows have warnings: host_busy 3, few_samples 2; see that column of runs.csv"
        self.table(run, errors=[says])
        self.assertIn(says, " ".join(self.compare(run).split()))
        self.table(run, "--model", "poll,select", errors=[says])

    def test_starved(self):
        """What only some clients got says nothing of the others."""
        run = self.write([dict(row, rtt_p99_us=str(latency)) for row, latency in
                          zip(rows(SIX, model="select"), TWICE)],
                         [dict(row, rtt_p99_us=str(latency)) for row, latency in
                          zip(rows(TWICE, model="poll", warnings="starved"), SIX)],
                         columns=self.COLUMNS)
        found = {line["metric"]: line["verdict"]
                 for line in self.table(run, errors=["6 of 12 rows have warnings: starved 6; "])}
        self.assertEqual(found, {"server_cpu_us_per_msg": "slower", "rtt_p99_us": ""})

    def test_missing_connections(self):
        run = self.write(rows(SIX, model="select"), rows(TWICE, model="poll"),
                         rows([1, 1, 1], model="poll", warnings="connections_missing"),
                         columns=self.COLUMNS)
        (line,) = self.table(run, errors=["left out: 3 rows in which connections were missing"])
        self.assertEqual((line["trials"], line["median"]), ("6", "25"))

    def test_part_of_a_run(self):
        """It is told in each file that has such rows, and of no other."""
        columns = list(ROW) + ["generator", "trial", *METRICS]
        part = self.write(rows(SIX, generator="1/2"), rows(TWICE, generator="1/2", model="iocp"),
                          columns=columns, name="part")
        whole = self.write(rows(SIX, generator=""), rows(TWICE, model="iocp"), columns=columns)
        words = [part, "part of a run", "iomodels merge"]
        self.compare(part, errors=[words])
        self.compare(whole)
        self.compare(whole, part, errors=[words, "two separate runs"])
        self.compare(part, whole, errors=[words, "two separate runs"])

    def test_direction_and_other_metrics(self):
        run = self.write(rows(SIX, metric="throughput_msgs_per_s", model="select"),
                         rows(TWICE, metric="throughput_msgs_per_s", model="iocp"))
        self.assertEqual(list(self.verdicts(run).values()), ["faster"])
        self.assertEqual(list(self.verdicts(run, "--baseline", "iocp").values()), ["slower"])
        self.assertEqual(self.verdicts(run, "--metric", "rtt_p99_us,throughput_msgs_per_s"),
                         {("native", "iocp", "16", "throughput_msgs_per_s"): "faster"})
        self.compare(run, "--metric", "rtt_p99_us", status=2, errors=["nothing to compare"])

    def test_holm_within_a_configuration(self):
        """Four tests in one configuration, one in the other; another target is another family."""
        models = ("select", "poll", "wsapoll", "iocp", "epoll")
        run = self.write(*[rows(TWICE if model != "select" else SIX, model=model)
                           for model in models],
                         rows(SIX, connections="17"), rows(TWICE, connections="17", model="poll"),
                         rows(SIX, target="other"), rows(TWICE, target="other", model="poll"))
        found = {(line["target"], line["model"], line["connections"]): float(line["p"])
                 for line in self.table(run)}
        self.assertEqual(len(found), 6)
        for key, p in found.items():
            tests = 4 if key[0] == "native" and key[2] == "16" else 1
            self.assertAlmostEqual(p, tests * APART, places=8, msg=key)

    def test_baseline_is_the_first_of_the_list(self):
        names = [name for name in tool.models()]
        run = self.write(*[rows(SIX, model=name) for name in reversed(names[:4])])
        self.assertEqual({line["baseline"] for line in self.table(run)}, {names[0]})
        self.assertEqual({line["baseline"] for line in
                          self.table(run, "--model", ",".join(names[1:3]))}, {names[1]})
        self.assertEqual([line["model"] for line in self.table(run, "--baseline", names[2])],
                         [names[0], names[1], names[3]])

    def test_lesson_is_compared_with_its_model(self):
        lessons = {name: row["lesson_of"] for name, row in tool.models().items()
                   if row["lesson_of"]}
        first = next(iter(tool.models()))
        lesson = next(name for name, model in lessons.items() if model != first)
        run = self.write(rows(SIX, model=lesson), rows(SIX, model=first),
                         rows(SIX, model=lessons[lesson]))
        self.assertEqual({line["model"]: line["baseline"] for line in self.table(run)},
                         {lesson: lessons[lesson], lessons[lesson]: first})

    def test_what_differs_in_a_factor_is_not_compared(self):
        for name, value in (("placement", "none"), ("connections", "17"), ("buffer_bytes", "4096"),
                            ("connections_active", "1"), ("message_bytes", "65"),
                            ("tcp_nodelay", "no"), ("workload", "stream")):
            run = self.write(rows(SIX), rows(SIX, model="poll", **{name: value}), name=name)
            self.compare(run, status=2, errors=["nothing to compare: no two models"])

    def test_numbers_are_numbers(self):
        """A spreadsheet may write them in another way."""
        run = self.write(rows(SIX), rows(TWICE, model="poll", connections="16.0",
                                         buffer_bytes="65536.00"))
        self.assertEqual(list(self.verdicts(run).values()), ["slower"])

    def test_too_few_trials(self):
        run = self.write(rows(SIX), rows(TWICE[:5], model="poll"))
        (line,) = self.table(run)
        self.assertEqual((line["verdict"], line["p"], line["trials"], line["ratio"]),
                         ("", "", "5", "1.93218"))
        self.assertIn("too few trials: a verdict needs at least 6 on each side", self.compare(run))

    def test_no_ratio_to_zero(self):
        run = self.write(rows([0] * 6), rows(SIX, model="poll"))
        (line,) = self.table(run)
        self.assertEqual((line["ratio"], line["ratio_low"], line["verdict"]), ("", "", "slower"))
        self.compare(run, "--fail-if", "slower>1000%", "--format", "csv", status=1,
                     errors=["it is so"], found=["poll", "server_cpu_us_per_msg: slower, without"])
        # Nothing there on both sides is not slower.
        run = self.write(rows([0] * 6), rows([0] * 6, model="poll"), name="zeros")
        self.compare(run, "--fail-if", "slower>10%")

    def test_rows_left_out(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows([1] * 3, model="poll", status="failed"),
                         rows([1] * 2, model="poll", status="skipped"))
        (line,) = self.table(run, errors=["3 rows that failed, 2 that were skipped"])
        self.assertEqual(line["trials"], "6")
        self.assertIn("left out: 3 rows that failed, 2 that were skipped\n", self.compare(run))
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows([1], model="poll", status="skipped"), name="one")
        self.assertIn("left out: 1 row that was skipped\n", self.compare(run))
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows([1], model="epoll", status="failed"), name="other")
        self.assertNotIn("left out", self.compare(run, "--model", "select,poll"))

    def test_client_bound(self):
        run = self.write(rows(SIX, metric="throughput_msgs_per_s", bound="client"),
                         rows(TWICE, metric="throughput_msgs_per_s", model="poll"))
        self.assertEqual([line["client_bound"] for line in self.table(run)], ["yes"])
        out = self.compare(run)
        self.assertIn("better (c)", out)
        self.assertIn("the client was the limit", out)
        run = self.write(rows(SIX, bound="client"), rows(TWICE, model="poll"), name="cpu")
        self.assertNotIn("(c)", self.compare(run))

    def test_wine_is_marked(self):
        run = self.write(rows(SIX, host_kind="wine", target="w"),
                         rows(TWICE, host_kind="wine", target="w", model="iocp"))
        self.assertEqual([line["host_kind"] for line in self.table(run)], ["wine"])
        for form in "text", "markdown":
            out = self.compare(run, "--format", form)
            self.assertIn("iocp (Wine)", out)
            self.assertIn("Wine's implementation of these models, not Windows'", out)

    def test_wine_is_marked_after_rows_without_a_server(self):
        """A row that failed or was skipped before its server spoke tells no host_kind."""
        for status in "failed", "skipped":
            first = dict(status=status, host_kind="", target="w")
            run = self.write(rows([1], **first), rows([1], model="iocp", **first),
                             rows(SIX, host_kind="wine", target="w"),
                             rows(TWICE, host_kind="wine", target="w", model="iocp"), name=status)
            left_out = "left out: 2 rows that " + ("failed" if status == "failed" else "were skipped")
            self.assertEqual([(line["host_kind"], line["baseline_host_kind"])
                              for line in self.table(run, errors=[left_out])], [("wine", "wine")])
            self.assertIn("iocp (Wine)", self.compare(run))


class Formats(Case):
    def test_text(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows(SIX, connections="250", connections_active="250"),
                         rows(SIX, connections="250", connections_active="250", model="poll"))
        out = self.compare(run, "--metric", "server_cpu_us_per_msg").splitlines()
        self.assertEqual([line.split() for line in out[:8]], [
            "native: pingpong 64 B x 16, placement split".split(),
            "server_cpu_us_per_msg median against its median ratio 95 % interval p trials "
            "verdict".split(),
            out[2].split(), [],
            "native: pingpong 64 B x 250, placement split".split(),
            out[1].split(), out[6].split(), []])
        self.assertEqual(out[2].split()[:7],
                         ["poll", "25", "us", "select", "12.5", "us", "2.000"])
        self.assertEqual(out[2].split()[-4:], ["0.0022", "6,", "6", "worse"])
        self.assertEqual(out[6].split()[-4:], ["1", "6,", "6", "~"])
        self.assertEqual([line.split(":")[0] for line in out[8:10]], ["~", "ratio"])

    def test_ends_of_the_interval(self):
        """An end that is not 1 does not look like it, and one that is infinite is told."""
        run = self.write(rows([1] * 6), rows([1.0001] * 6, model="poll"))
        out = self.compare(run)
        self.assertIn(" 1.000  1.0001 to 1.0001 ", out)
        self.assertIn("worse", out)
        run = self.write(rows([0, *SIX[1:]]), rows(TWICE, model="poll"), name="zero")
        self.assertIn(" from 1.600 on ", self.compare(run))
        (line,) = self.table(run)
        self.assertEqual((line["ratio_low"], line["ratio_high"]), ("1.6", ""))

    def test_medians_that_disagree(self):
        """Two peaks on each side: most pairs of trials say the contrary of the medians."""
        run = self.write(rows([*range(70, 81), *range(200, 210)]),
                         rows([*range(10, 20), *range(100, 111)], model="poll"))
        (line,) = self.table(run)
        self.assertGreater(float(line["median"]), float(line["baseline_median"]))
        self.assertLess(float(line["ratio_high"]), 1)
        self.assertEqual(line["verdict"], "faster")
        out = self.compare(run)
        self.assertIn("better (m)", out)
        self.assertIn("(m): the medians do not differ in that direction", out)

    def test_markdown(self):
        run = self.write(rows(SIX, target="a|b"), rows(TWICE, model="poll", target="a|b"))
        head, rule, line, *rest = self.compare(run, "--format", "markdown").splitlines()
        columns = head.count("|")
        self.assertEqual(rule.count("|"), columns)
        self.assertEqual(line.replace("\\|", "").count("|"), columns)
        self.assertIn("a\\|b", line)
        self.assertIn("| worse |", line)
        self.assertEqual([text.split(":")[0] for text in rest],
                         ["", "ratio", "", "pingpong 64 B x 16, placement split on a|b"])

    def test_names_in_csv(self):
        run = self.write(rows(SIX, target='a,"b"'), rows(TWICE, model="poll", target='a,"b"'))
        self.assertEqual([line["target"] for line in self.table(run)], ['a,"b"'])


def conclusion(out):
    """The last paragraph, without its line ends."""
    return " ".join(out.rstrip("\n").split("\n\n")[-1].split())


class Conclusion(Case):
    def test_models(self):
        """Who is best, who can't be told from it, and how much more the others take."""
        run = self.write(rows(SIX), rows([value + 0.5 for value in SIX], model="poll"),
                         rows(TWICE, model="epoll"))
        for form in "text", "markdown":
            self.assertEqual(
                conclusion(self.compare(run, "--format", form)),
                "pingpong 64 B x 16, placement split on native: select and poll are cheapest (no "
                "difference shown), 12.5 us; epoll 2.00x [1.60, 2.50]")
        # Whichever the table's baseline is.
        self.assertIn("epoll 2.00x", conclusion(self.compare(run, "--baseline", "epoll")))
        run = self.write(rows(SIX, "throughput_msgs_per_s"),
                         rows(TWICE, "throughput_msgs_per_s", model="poll"), name="rate")
        self.assertEqual(
            conclusion(self.compare(run, "--metric", "throughput_msgs_per_s")),
            "pingpong 64 B x 16, placement split on native: poll is highest, 25/s; select 0.50x "
            "[0.40, 0.62]")
        run = self.write(rows(SIX[:5]), rows(TWICE[:5], model="poll"), name="few")
        self.assertIn("nothing is certain", conclusion(self.compare(run)))
        run = self.write(rows(SIX, host_kind="wine"), rows(SIX, host_kind="wine", model="iocp"),
                         name="wine")
        self.assertIn("on native (Wine): select and iocp: no difference shown",
                      conclusion(self.compare(run)))

    def test_means(self):
        """Of 2 and 8 times as much it is 4."""
        run = self.write(rows(SIX), rows(TWICE, model="poll"), rows(SIX, connections="17"),
                         rows([value * 8 for value in SIX], model="poll", connections="17"))
        self.assertEqual(conclusion(self.compare(run)),
                         "geometric mean over 2 loads, server_cpu_us_per_msg against select on "
                         "native: poll 4.00x (worse in 2)")
        run = self.write(rows(SIX, target="old"), rows(TWICE, target="new"),
                         rows(TWICE, target="old", model="poll"),
                         rows(SIX, target="new", model="poll"), targets="old: x; new: y",
                         name="targets")
        self.assertEqual(conclusion(self.compare(run, "--by", "target")),
                         "geometric mean over 2 models and loads, server_cpu_us_per_msg against "
                         "old: new 1.00x (better in 1, worse in 1)")
        self.assertNotIn("geometric mean over", self.compare(run, "--by", "target", "--model", "poll"))

    def test_not_in_csv(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"))
        self.assertEqual(len(self.table(run)), 1)

    def test_starved_clients_rank_nothing(self):
        run = self.write(rows(SIX, "rtt_p99_us"),
                         rows(TWICE, "rtt_p99_us", model="poll", warnings="starved"),
                         columns=Models.COLUMNS)
        self.assertNotIn("lowest", self.compare(run, "--metric", "rtt_p99_us"))


class Metrics(Case):
    """Those that decide: throughput of who waits for answers, round trips of who keeps to a rate."""
    COLUMNS = [*ROW, "trial", "target_rate_msgs_per_s", "server_rss_peak_bytes", *METRICS]

    def run_of(self, name, **fields):
        more = dict({metric: "3" for metric in METRICS}, server_rss_peak_bytes="8388608", **fields)
        return self.write([dict(row, **more) for row in rows(SIX) + rows(TWICE, model="poll")],
                          name=name, columns=self.COLUMNS)

    def shown(self, *arguments):
        out = self.compare(*arguments)
        return [line.split()[0] for line in out.splitlines() if line.endswith(" verdict")]

    def test_by_workload(self):
        closed = self.run_of("closed")
        opened = self.run_of("opened", workload="rate", loop="open", target_rate_msgs_per_s="10000")
        self.assertEqual(self.shown(closed), list(METRICS[:2]))
        self.assertEqual(self.shown(opened), [METRICS[0], METRICS[2]])
        # For programs nothing changes.
        self.assertEqual({line["metric"] for line in self.table(closed)}, set(METRICS))

    def test_all(self):
        run = self.run_of("all")
        found = self.shown(run, "--metric", "all")
        self.assertEqual(found[0], METRICS[0])
        self.assertEqual(set(found), {*METRICS, "server_rss_peak_bytes"})
        self.assertIn(" 8 MiB ", self.compare(run, "--metric", "all"))

    def test_width(self):
        """As COLUMNS says, in a pipe too; what has no room is named."""
        run = self.run_of("width")
        for columns in 50, 60, 80, 120:
            result = tool.run("compare", run, env={"COLUMNS": str(columns)})
            self.assertLessEqual(max(map(len, result.out.splitlines())), columns)
            self.assertEqual("no room for: " in result.out, columns < 100, result.out)


def columns_of(text):
    """Columns of a terminal: a Korean letter takes two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


class WideNames(Case):
    def test_columns_are_straight(self):
        run = self.write(rows(SIX, target="\ud55c\uad6d"), rows(TWICE, target="new"),
                         rows(TWICE, target="\ub610 \ub2e4\ub978 \uac83"),
                         targets="\ud55c\uad6d: x; new: y")
        out = self.compare(run, "--by", "target").splitlines()
        head = out[1]
        self.assertIn("select on \ub610", out[3])
        self.assertEqual({columns_of(line[:line.index("\ud55c\uad6d")]) for line in out[2:4]},
                         {columns_of(head[:head.index("against")])})
        self.assertEqual({columns_of(line[:line.index("worse")]) for line in out[2:4]},
                         {columns_of(head[:head.index("verdict")])})


class Targets(Case):
    def test_two_builds(self):
        run = self.write(rows(SIX, target="new"), rows(TWICE, target="old"),
                         rows(SIX, target="new", model="poll"),
                         rows(TWICE, target="old", model="poll"),
                         targets="old: /bin/x; new: /bin/y")
        lines = self.table(run, "--by", "target")
        self.assertEqual([(line["compared_by"], line["target"], line["model"], line["baseline"],
                           line["ratio"], line["verdict"]) for line in lines],
                         [("target", "new", "select", "old", "0.5", "faster"),
                          ("target", "new", "poll", "old", "0.5", "faster")])
        # Both were tested in one configuration.
        self.assertAlmostEqual(float(lines[0]["p"]), 2 * APART, places=8)
        lines = self.table(os.path.join(run, "runs.csv"), "--by", "target", "--model", "poll")
        self.assertEqual([line["baseline"] for line in lines], ["old"])
        lines = self.table(run, "--by", "target", "--baseline", "new")
        self.assertEqual({line["target"] for line in lines}, {"old"})
        self.assertIn("poll on new", self.compare(run, "--by", "target"))

    def test_baseline_by_name_without_environment(self):
        run = self.write(rows(SIX, target="b"), rows(SIX, target="a"), rows(SIX, target="c"))
        # Of one model and several targets, the targets are meant.
        self.assertEqual([(line["compared_by"], line["target"], line["baseline"])
                          for line in self.table(run)],
                         [("target", "b", "a"), ("target", "c", "a")])

    def test_in_the_order_given(self):
        """Not by name, and not as the rows came."""
        run = self.write(*[rows(values, target=target, model=model) for target in ("a", "c", "b")
                           for model, values in (("poll", TWICE), ("select", SIX))],
                         targets="b: x; c: a; a: y")
        self.assertEqual([line["target"] for line in self.table(run)], ["b", "c", "a"])
        self.assertEqual([line["target"] for line in self.table(run, "--by", "target", "--model", "poll")],
                         ["c", "a"])
        self.assertEqual([line["baseline"] for line in self.table(run, "--by", "target", "--target", "a,c",
                                                                  "--model", "poll")], ["c"])
        other = self.write(rows(SIX, target="a"), rows(SIX, target="b"), name="other")
        self.assertEqual([line["target"] for line in
                          self.table(run, other, "--model", "select", errors=["not compared", "two separate runs"])], ["b", "a"])

    def test_only_these(self):
        run = self.write(rows(SIX, target="a"), rows(SIX, target="b"), rows(SIX, target="c"))
        self.assertEqual([(line["target"], line["baseline"])
                          for line in self.table(run, "--target", "b,c")], [("c", "b")])


class ExternalServers(Case):
    """Servers that are none of ours, beside the models of a target that ran in the same way."""

    def server(self, name, values=TWICE, **fields):
        return rows(values, target=name, model="external", server_threads="", **fields)

    def ours(self, target="native", **fields):
        return [*rows(SIX, target=target, server_threads="1", **fields),
                *rows(TWICE, target=target, model="poll", server_threads="2", **fields)]

    COLUMNS = list(ROW) + ["trial", "server_threads", *METRICS]

    def run_of(self, *groups, targets="native: iomodels; python: exec:x; aiohttp: exec:y", **more):
        return self.write(*groups, columns=self.COLUMNS, targets=targets, **more)

    def test_by_model(self):
        run = self.run_of(self.server("aiohttp"), self.server("python", [3 * value for value in SIX]), self.ours())
        lines = self.table(run)
        self.assertEqual([(line["target"], line["model"], line["baseline"], line["ratio"]) for line in lines],
                         [("native", "poll", "select", "2"), ("python", "external", "select", "3"),
                          ("aiohttp", "external", "select", "2")])
        # They were tested together.
        self.assertAlmostEqual(float(lines[0]["p"]), 3 * APART, places=8)
        out = self.compare(run)
        self.assertEqual([line.split()[0] for line in out.splitlines()[:5]],
                         ["native:", "server_cpu_us_per_msg", "poll", "python", "aiohttp"])
        self.assertIn("poll (2 threads)", out)
        self.assertNotIn("external", out)
        self.assertIn("on native: select is cheapest, 12.5 us; poll 2.00x [1.60, 2.50], aiohttp 2.00x [1.60, "
                      "2.50], python 3.00x", conclusion(out))
        self.assertIn("| python |", self.compare(run, "--format", "markdown"))
        self.assertEqual([(line["model"], line["baseline"]) for line in self.table(run, "--baseline", "python")],
                         [("select", "python"), ("poll", "python"), ("external", "python")])
        for wanted in "select,python,aiohttp", "select,external":
            self.assertEqual([line["target"] for line in self.table(run, "--model", wanted)], ["python", "aiohttp"])
        # One target of ours: --fail-if needs no --by.
        self.compare(run, "--fail-if", "slower:300", "--model", "select,python")

    def test_beside_whom(self):
        """The first one given, of one kind; a server elsewhere, or one in Wine, is beside none."""
        run = self.run_of(self.ours("a"), self.ours("b"), self.ours("w", host_kind="wine"), self.server("python"),
                          self.server("remote", host_kind="remote"), targets="python: exec:x; w: 1; b: 2; a: 3")
        self.assertEqual([(line["target"], line["model"], line["baseline_host_kind"]) for line in
                          self.table(run, errors=["not compared: 1 of 8"])],
                         [("w", "poll", "wine"), ("b", "poll", "native"), ("python", "external", "native"),
                          ("a", "poll", "native")])
        out = self.compare(run, "--target", "a,python")
        self.assertIn("a: pingpong", out)
        self.assertRegex(out, "python .* select")

    def test_like_a_model(self):
        run = self.run_of(self.ours(), self.server("select"), targets="native: x; select: exec:y")
        self.assertIn("select (external)", self.compare(run))

    def test_by_target(self):
        """As targets they are themselves."""
        run = self.run_of(self.ours(), self.server("python", SIX), self.server("aiohttp"))
        self.assertEqual([(line["target"], line["baseline"]) for line in
                          self.table(run, "--by", "target", "--baseline", "python", errors=["not compared"])],
                         [("aiohttp", "python")])

    def test_missed(self):
        """What a server failed under is missed, as of a model."""
        run = self.run_of(self.ours(), self.server("python"), self.ours(connections="17"),
                          self.server("python", status="failed", connections="17"))
        self.compare(run, "--fail-if", "slower:300", status=1, errors=["only failed rows"],
                     found=["python on native, pingpong 64 B x 16 of 17", "ok rows: 0 (6 failed)"])


class Runs(Case):
    WARNING = "warning: two separate runs"

    def test_old_and_new(self):
        old = self.write(rows(SIX), rows(SIX, model="poll"), rows(SIX, model="iocp"), name="old")
        new = self.write(rows(TWICE), rows(SIX, model="poll"), rows(SIX, connections="17"),
                         name="new")
        lines = self.table(old, new, errors=[self.WARNING, "not compared: 2 of 6 combinations"][::-1])
        self.assertEqual([(line["compared_by"], line["model"], line["baseline"], line["ratio"],
                           line["verdict"]) for line in lines],
                         [("run", "select", old, "2", "slower"), ("run", "poll", old, "1", "~")])
        out = self.compare(old, new, "--format", "markdown", errors=[self.WARNING])
        self.assertIn(self.WARNING, out)
        self.compare(old, new, errors=[self.WARNING])

    def test_nothing_in_common(self):
        old = self.write(rows(SIX), name="old")
        new = self.write(rows(SIX, model="poll"), name="new")
        self.compare(old, new, status=2, errors=["nothing to compare: no model, target"])

    def test_older_schema(self):
        """Has fewer columns, and what it doesn't tell is known."""
        columns = [name for name in (*ROW, "trial", *METRICS)
                   if name not in ("connections_active", "connections_misbehaving")]
        old = self.write(rows(SIX, schema_version="1"), columns=columns, name="old")
        new = self.write(rows(TWICE), name="new")
        (line,) = self.table(old, new, errors=[self.WARNING])
        self.assertEqual(line["verdict"], "slower")

    def test_sample(self):
        sample = os.path.join(tool.SOURCE, "results", "samples", "quick-debian12-wine8")
        verdicts = self.verdicts(sample, "--target", "native", errors=["144 rows that were skipped", "have warnings"])
        self.assertEqual(len(verdicts), 4 * 4 * 3)
        # Where the ratio may be 1 there is no difference to tell; Holm's correction finds fewer.
        for line in self.table(sample, errors=["216 rows that were skipped", "have warnings"]):
            if float(line["ratio_low"]) <= 1 <= float(line["ratio_high"]):
                self.assertEqual(line["verdict"], "~")
        self.assertEqual(verdicts["native", "select", "63", "server_cpu_us_per_msg"], "faster")


class Conditions(Case):
    """Two runs that differ by more than what was changed."""
    COLUMNS = [*ROW, "trial", "tool_version", "server_os", "cpu_model", "cpu_count", "warmup_s",
               "duration_s", "server_threads", *METRICS]
    SAME = {"tool_version": "0.1.0", "server_os": "linux", "cpu_model": "Some CPU",
            "cpu_count": "2", "warmup_s": "0.3", "duration_s": "2", "server_threads": "1"}

    def run_of(self, name, columns=None, **fields):
        fields = dict(self.SAME, **fields)
        return self.write(rows(SIX, **fields), rows(SIX, model="poll", **fields), name=name,
                          columns=columns or self.COLUMNS)

    def test_named(self):
        old = self.run_of("old")
        self.compare(old, self.run_of("same", duration_s="2.0"), errors=[Runs.WARNING])
        for column, value in (("tool_version", "0.2.0"), ("server_os", "windows"),
                              ("host_kind", "wine"), ("cpu_model", "Another CPU"),
                              ("cpu_count", "64"), ("warmup_s", "1"), ("duration_s", "0.5")):
            new = self.run_of(column, **{column: value})
            then = dict(ROW, **self.SAME)[column]
            says = "the runs differ in %s: %s in the first one and %s in the second, in 2 of 2" % (
                column, then, value)
            for form in "text", "csv":
                self.compare(old, new, "--format", form, errors=[says, Runs.WARNING])
            out = self.compare(old, new, "--format", "markdown", errors=[says, Runs.WARNING])
            self.assertIn(says, out)
        without = [name for name in self.COLUMNS if name not in self.SAME]
        self.compare(old, self.run_of("without", columns=without), errors=[Runs.WARNING])

    def test_server_threads_are_part_of_a_configuration(self):
        old, new = self.run_of("old"), self.run_of("new", server_threads="4")
        says = "differ in server_threads: 1 in the first one and 4 in the second, in 2 of 2 cells"
        for form in "text", "csv", "markdown":
            self.compare(old, new, "--format", form, status=2, errors=[says, "nothing to compare"])
        self.compare(old, new, "--fail-if", "slower", status=3, errors=[says, "inconclusive"],
                     found=["select", "with 4 server threads, the baseline with 1"] +
                     ["poll", "with 4 server threads, the baseline with 1"])
        # A file that has both is compared where they agree; rows that failed have no server's word.
        fields = dict(self.SAME, server_threads="4")
        both = self.write(rows(SIX, **self.SAME), rows(TWICE, **fields),
                          rows([1], **dict(fields, status="failed", server_threads="")),
                          name="both", columns=self.COLUMNS)
        lines = self.table(both, new, errors=[
            "left out: 1", "not compared: 1 of ",
            "differ in server_threads: 1 in the first one and 4 in the second, in 1 of 2 cells",
            Runs.WARNING])
        self.assertEqual([(line["server_threads"], line["baseline_server_threads"], line["ratio"])
                          for line in lines], [("4", "4", "0.5")])

    def test_threads_of_one_run(self):
        """All were given the same --threads: what a model or a build makes of it is its own."""
        run = self.write(rows(SIX, **self.SAME), rows(TWICE, **dict(
            self.SAME, model="wsapoll", server_threads="4")), columns=self.COLUMNS, name="models")
        self.assertEqual([(line["server_threads"], line["baseline_server_threads"],
                           line["verdict"]) for line in self.table(run)], [("4", "1", "slower")])
        out = self.compare(run)
        self.assertIn("wsapoll (4 threads)", out)
        self.assertIn("select (1 thread)", out)


class FailIf(Case):
    CPU = ("--metric", METRICS[0])

    def test_statuses(self):
        """The interval of 3 times as much is 2.4 to 3.75, that of a third 0.267 to 0.417."""
        run = self.write(rows(SIX), rows([value * 1.5 for value in TWICE], model="poll"),
                         rows(SIX, metric="throughput_msgs_per_s", connections="17"),
                         rows([value / 3 for value in SIX], metric="throughput_msgs_per_s",
                              connections="17", model="poll"))
        rate = ("--metric", METRICS[1])
        for arguments, status in (((*self.CPU, "--fail-if", "slower"), 1),
                                  ((*self.CPU, "--fail-if", "slower>100%"), 1),
                                  ((*self.CPU, "--fail-if", "slower>199%"), 3),
                                  ((*self.CPU, "--fail-if", "slower>201%"), 3),
                                  ((*self.CPU, "--fail-if=slower>350.5%"), 0),
                                  ((*self.CPU, "--fail-if", "slower:100"), 1),
                                  ((*self.CPU, "--fail-if", "slower:100%"), 1),
                                  ((*self.CPU, "--fail-if", "Slower:350"), 0),
                                  ((*self.CPU, "--fail-if", "slower>350"), 0),
                                  ((*rate, "--fail-if", "slower"), 1),
                                  ((*rate, "--fail-if", "slower>50%"), 1),
                                  ((*rate, "--fail-if", "slower>66%"), 3),
                                  ((*rate, "--fail-if", "slower>80%"), 0),
                                  (("--baseline", "poll", "--fail-if", "slower"), 0),
                                  (("--baseline", "poll", "--fail-if", "slower>1%"), 0)):
            with self.subTest(arguments):
                found = {0: [], 1: ["poll on native", "slower by"],
                         3: ["poll on native", "trials show changes from"]}[status]
                self.compare(run, *arguments, status=status, found=found,
                             errors=["--fail-if slower"] if status else [])
        # The worse one wins, and all that was found is said.
        self.compare(run, "--fail-if", "slower>60%", status=1,
                     errors=["it is so", "inconclusive"],
                     found=["x 16", "server_cpu_us_per_msg: slower by 200.0 % (",
                            "16 of 17", "throughput_msgs_per_s: slower by 66.7 % ("])

    def test_noise_is_not_green(self):
        """A slow-down of some 12 % in noisy trials is neither shown nor excluded."""
        old = [9.0, 9.4, 9.8, 10.2, 10.6, 11.0]
        run = self.write(rows(old), rows([9.4, 10, 11, 11.6, 12, 12.6], model="poll"))
        self.assertEqual(list(self.verdicts(run).values()), ["~"])
        self.compare(run, "--fail-if", "slower>10%", status=3, errors=["inconclusive"],
                     found=["poll on native, pingpong 64 B x 16", "slower by 11.7 % (-4.1 to 27.7 %)"])
        self.compare(run, "--fail-if", "slower>50%")
        # Without a threshold it is green, and says what it could have missed.
        self.compare(run, "--fail-if", "slower", errors=[
            ["not so in any of 1 verdicts, but a change below 1", " % could be missed",
             "server_cpu_us_per_msg of poll on native, pingpong 64 B x 16"]])

    def test_too_many_pairs_for_so_few_trials(self):
        names = [name for name in tool.models()]
        run = self.write(*[rows(SIX, model=name) for name in names[:2]],
                         *[rows(SIX, model="poll", target="t%02d" % i) for i in range(25)])
        self.compare(run, "--by", "target", "--model", "poll", "--fail-if", "slower", status=3,
                     errors=["inconclusive"], found=24 * [" on t", "24 pairs are judged together"])

    def test_too_few_trials(self):
        run = self.write(rows(SIX), rows(TWICE[:5], model="poll"), rows(SIX, model="epoll"),
                         rows([1], model="poll", status="failed"), name="five")
        self.compare(run, "--fail-if", "slower", status=3, errors=["inconclusive"], found=[
            "poll on native", "ok rows: 5 (1 failed), the baseline's: 6 (0 failed)"])
        run = self.write(rows(SIX[:5]), rows(TWICE, model="poll"), name="baseline")
        self.compare(run, "--fail-if", "slower>10%", status=3, errors=["inconclusive"],
                     found=["poll on native", "ok rows: 6 (0 failed), the baseline's: 5"])
        # Where only a metric is not told often enough.
        run = self.write([dict(row, rtt_p99_us="7") for row in rows(SIX)],
                         [dict(row, rtt_p99_us="7") for row in rows(SIX[:5], model="poll")],
                         rows([15], model="poll"), name="metric")
        self.compare(run, "--fail-if", "slower", status=3, errors=["inconclusive"], found=[
            "poll on native", "rtt_p99_us: 5 trials have it, and 6 of the baseline's"])

    def test_baseline_without_the_metric(self):
        run = self.write([dict(row, rtt_p99_us="") for row in rows(SIX)],
                         [dict(row, rtt_p99_us="7") for row in rows(SIX, model="poll")])
        self.compare(run, "--metric", "rtt_p99_us,server_cpu_us_per_msg", "--fail-if", "slower",
                     status=3, errors=["inconclusive"],
                     found=["poll on native", "rtt_p99_us: 6 trials have it, and 0 of the baseline's"])

    def test_ten_times_slower_with_a_failure(self):
        old = self.write(rows(SIX), rows(SIX, model="epoll"), name="old")
        new = self.write(rows(SIX), rows([10 * value for value in SIX[:5]], model="epoll"),
                         rows([1], model="epoll", status="failed"), name="new")
        self.compare(old, new, "--fail-if", "slower>50%", status=3,
                     errors=[Runs.WARNING, "inconclusive"],
                     found=["epoll on native, pingpong 64 B x 16", "ok rows: 5 (1 failed)"])

    def test_what_only_failed_fails(self):
        bad = dict(model="poll", status="failed")
        says = "only failed rows where the baseline was measured"
        found = ["poll on native, pingpong 64 B x 16", "ok rows: 0 (7 failed)"]
        left_out = "left out: 7 rows that failed"
        csv_format = ("--format", "csv")
        old = self.write(rows(SIX), rows(SIX, model="poll"), name="old")
        new = self.write(rows(SIX), rows([1] * 7, **bad), name="new")
        alone = "not compared: 1 of "
        self.compare(old, new, *csv_format, errors=[left_out, alone, Runs.WARNING])
        self.compare(old, new, *csv_format, "--fail-if", "slower>50%", status=1, found=found,
                     errors=[left_out, alone, Runs.WARNING, says])
        # The other way round it has been mended.
        self.compare(new, old, "--fail-if", "slower>10%", status=3, errors=[
            Runs.WARNING, "inconclusive"], found=["select", "server_cpu"])
        # With nothing else in the table.
        self.compare(old, new, "--model", "poll", "--fail-if", "slower", status=1, errors=[says],
                     found=found)
        # A model against the baseline of its run, and a build against another.
        run = self.write(rows(SIX), rows(SIX, model="epoll"), rows([1] * 7, **bad), name="models")
        self.compare(run)
        self.compare(run, "--fail-if", "slower>50%", status=1, errors=[says], found=found)
        self.compare(run, "--model", "select,epoll", "--fail-if", "slower>50%")
        run = self.write(rows(SIX, model="poll", target="a"), rows(SIX, model="poll", target="b"),
                         rows([1] * 7, target="native", **bad), name="targets")
        self.compare(run, "--by", "target", "--fail-if", "slower>50%", status=1, errors=[says],
                     found=found)

    def test_some_failed(self):
        """Who breaks more often than the baseline is not green, however the others compare."""
        failed = rows([1], model="poll", status="failed")
        clean = self.write(rows(SIX), rows(SIX, model="poll"), name="clean")
        some = self.write(rows(SIX), rows(SIX, model="poll"), failed, name="some")
        fail_if = ("--fail-if", "slower>50%")
        self.compare(clean, some, *fail_if, status=3, errors=[Runs.WARNING, "inconclusive"],
                     found=["poll on native", "more failed rows; ok rows: 6 (1 failed)"])
        self.compare(some, clean, *fail_if, errors=[Runs.WARNING])
        self.compare(some, some, *fail_if, errors=[Runs.WARNING])

    def test_what_is_not_measured_any_more(self):
        old = self.write(rows(SIX), rows(SIX, model="epoll"), name="old")
        for name, left, says in (
                ("gone", [], "it has no rows"),
                ("skipped", rows([1] * 6, model="epoll", status="skipped"),
                 "all of its rows (6) were skipped"),
                ("elsewhere", rows(SIX, model="epoll", connections="17"), "it has no rows"),
                ("incomplete", rows([1] * 6, model="epoll", warnings="connections_missing"),
                 "connections were missing in all of its rows (6)")):
            with self.subTest(name):
                new = self.write(rows(SIX), left, name=name, columns=Models.COLUMNS)
                for more in (), ("--model", "epoll"):
                    result = tool.run("compare", old, new, "--fail-if", "slower>50%", *more)
                    self.assertEqual(result.status, 3, result.err)
                    self.assertIn("  epoll on native, pingpong 64 B x 16, placement split\n    " +
                                  says, result.err)
                    self.assertNotIn("select", result.err)
        # Nobody asks for what the baseline did not measure.
        self.compare(new, old, "--fail-if", "slower>50%", errors=[Runs.WARNING])

    def test_builds_and_models_that_are_missed(self):
        run = self.write(rows(SIX, target="old"), rows(SIX, target="new"),
                         rows(SIX, target="old", model="poll"), targets="old: x; new: y")
        self.compare(run, "--by", "target", "--fail-if", "slower>50%", status=3,
                     errors=["inconclusive"], found=["poll on new", "it has no rows"])
        skipped = dict(model="iocp", status="skipped")
        run = self.write(rows(SIX), rows(SIX, model="epoll"), rows([1] * 6, **skipped),
                         rows([1] * 6, connections="17", **skipped),
                         rows(SIX, connections="17"), name="models")
        # One that can't run there is not asked for, if nobody names it.
        self.compare(run, "--fail-if", "slower>50%", status=3, errors=["inconclusive"],
                     found=["epoll on native, pingpong 64 B x 16 of 17", "it has no rows"])
        self.compare(run, "--model", "select,iocp", "--fail-if", "slower>50%", status=3,
                     errors=["inconclusive"],
                     found=2 * ["iocp on native", "all of its rows (6) were skipped"])

    def test_asks_what_is_compared(self):
        """Two models that differ are no reason to fail a build."""
        run = self.write(rows(SIX, target="old"), rows(SIX, target="new"),
                         rows(TWICE, target="old", model="poll"),
                         rows(TWICE, target="new", model="poll"), targets="old: x; new: y")
        self.compare(run, "--fail-if", "slower>50%", status=2, errors=[
            ["2 models on 2 targets", "--by target", "--by model"]])
        self.compare(run, "--by", "target", "--fail-if", "slower>50%")
        self.compare(run, "--by", "model", "--fail-if", "slower", status=1, errors=["it is so"],
                     found=2 * ["poll on ", "server_cpu_us_per_msg: slower by 100.0 %"])
        self.compare(run, "--model", "poll", "--fail-if", "slower>50%")


class Refused(Case):
    def refused(self, *arguments, says):
        self.assertEqual(self.compare(*arguments, status=2, errors=[says]), "")

    def test_usage(self):
        run = self.write(rows(SIX), rows(SIX, model="poll"))
        self.refused(says=["RUN is missing", "compare --help"])
        self.refused(run, run, run, says=["too many"])
        self.refused(run, "--by", "run", says=["--by run", "model, target"])
        self.refused(run, run, "--by", "model", says=["--by is for one run"])
        self.refused(run, run, "--baseline", "poll", says=["--baseline is for one run"])
        self.refused(run, "--format", "html", says=["html", "text, markdown, csv"])
        self.refused(run, "--metric", "speed", says=["unknown metric speed", *METRICS])
        self.refused(run, "--metric", "rtt_p99_us,", says=["unknown metric", *METRICS])
        self.refused(run, "--metric", "wait_calls", says=["no side is better in wait_calls"])
        self.refused(run, "--model", "poll,frob", says=["no row of model frob", "poll, select"])
        self.refused(run, "--target", "frob", says=["no row of target frob", "native"])
        self.refused(run, "--baseline", "frob", says=["no row of model frob"])
        self.refused(run, "--baseline", "native", says=["no row of model native"])
        for condition in ("slower>", "slower>%", "slower>x%", "slower>-1%", "slower:", "slower:-1",
                          "faster", "slower >10%", "slower>10%%", "slower::10", "slow"):
            self.refused(run, "--fail-if", condition, says=["--fail-if " + condition, "slower:10"])

    def test_files(self):
        missing = os.path.join(self.folder, "missing")
        self.refused(missing, says=[missing, "name a run's folder"])
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        self.refused(empty, says=["runs.csv", "name a run's folder"])
        for number, (text, says) in enumerate((
                ("", "line 1: no header"),
                ("a,b\n1,2\n", "line 1: no column status; is this a runs.csv?"),
                ("status,target,model,workload,connections\nok,a,b,c\n",
                 "line 2: 4 fields where the header has 5"),
                ("status,target,model,workload,connections\nok,a,b,c,many\n",
                 "line 2: connections: not a number"),
                ("status,target,model,workload,connections,rtt_p99_us\nok,a,b,c,1,1\n"
                 "ok,a,b,c,1,0x1\n", "line 3: rtt_p99_us: not a number"))):
            path = os.path.join(self.folder, "%d.csv" % number)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            self.refused(path, says=["%d.csv: %s" % (number, says)])

    def test_saved_by_other_programs(self):
        run = self.write(rows([0.000091, 100000, *SIX[2:]]),
                         rows(TWICE, model="poll", status_reason="gr\u00fc\u00df"),
                         columns=[*ROW, "status_reason", "target_rate_msgs_per_s", "trial",
                                  *METRICS])
        path = os.path.join(run, "runs.csv")
        expected = self.compare(run)
        for name, how in saved.READ.items():
            with self.subTest(name):
                before = saved.rewrite(path, how)
                self.assertEqual(self.compare(path), expected)
                with open(path, "wb") as file:
                    file.write(before)
        refused = dict(saved.REFUSED, **saved.NO_NUMBERS)
        refused["an older character set"] = (lambda rows: saved.text(rows).encode("latin-1"),
                                             ["line 8: ", "not UTF-8", "CSV UTF-8"])
        for name, (how, says) in refused.items():
            with self.subTest(name):
                before = saved.rewrite(path, how)
                self.refused(run, says=[run, *says])
                with open(path, "wb") as file:
                    file.write(before)

    def test_last_line_cut_off(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"), end="2,made-up,nat")
        (line,) = self.table(run, errors=[["line 14 is cut off and was left out", "run"]])
        self.assertEqual(line["trials"], "6")


if __name__ == "__main__":
    tool.main()
