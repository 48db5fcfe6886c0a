"""`iomodels compare`: runs made up so that the answer is known."""
import csv
import os
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

    def compare(self, *arguments, status=0, errors=()):
        result = tool.run("compare", *arguments)
        self.assertEqual(result.status, status, result.err)
        lines = result.err.splitlines()
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
        (line,) = self.table(run, errors=["14 of 26 rows have warnings"])
        self.assertEqual((line["trials"], line["median"], line["verdict"]), ("20", "", "slower"))

    def test_starved(self):
        """What only some clients got says nothing of the others."""
        run = self.write([dict(row, rtt_p99_us=str(latency)) for row, latency in
                          zip(rows(SIX, model="select"), TWICE)],
                         [dict(row, rtt_p99_us=str(latency)) for row, latency in
                          zip(rows(TWICE, model="poll", warnings="starved"), SIX)],
                         columns=self.COLUMNS)
        found = {line["metric"]: line["verdict"]
                 for line in self.table(run, errors=["6 of 12 rows have warnings"])}
        self.assertEqual(found, {"server_cpu_us_per_msg": "slower", "rtt_p99_us": ""})

    def test_missing_connections(self):
        run = self.write(rows(SIX, model="select"), rows(TWICE, model="poll"),
                         rows([1, 1, 1], model="poll", warnings="connections_missing"),
                         columns=self.COLUMNS)
        (line,) = self.table(run, errors=["left out: 3 rows of which connections were missing"])
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
                         ("", "", "5", "1.92"))
        self.assertIn("too few trials: a verdict needs at least 6 on each side", self.compare(run))

    def test_no_ratio_to_zero(self):
        run = self.write(rows([0] * 6), rows(SIX, model="poll"))
        (line,) = self.table(run)
        self.assertEqual((line["ratio"], line["ratio_low"], line["verdict"]), ("", "", "slower"))
        self.compare(run, "--fail-if", "slower>1000%", "--format", "csv", status=1,
                     errors=["in 1 of 1"])

    def test_rows_left_out(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows([1] * 3, model="poll", status="failed"),
                         rows([1] * 2, model="poll", status="skipped"))
        (line,) = self.table(run, errors=["3 rows that failed, 2 that were skipped"])
        self.assertEqual(line["trials"], "6")
        self.assertIn("left out: 3 rows that failed, 2 that were skipped", self.compare(run))
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows([1], model="epoll", status="failed"), name="other")
        self.assertNotIn("left out", self.compare(run, "--model", "select,poll"))

    def test_client_bound(self):
        run = self.write(rows(SIX, metric="throughput_msgs_per_s", bound="client"),
                         rows(TWICE, metric="throughput_msgs_per_s", model="poll"))
        self.assertEqual([line["client_bound"] for line in self.table(run)], ["yes"])
        out = self.compare(run)
        self.assertIn("faster (c)", out)
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
            left_out = "left out: %d rows that failed, %d" % ((2, 0) if status == "failed" else
                                                              (0, 2))
            self.assertEqual([(line["host_kind"], line["baseline_host_kind"])
                              for line in self.table(run, errors=[left_out])], [("wine", "wine")])
            self.assertIn("iocp (Wine)", self.compare(run))


class Formats(Case):
    def test_text(self):
        run = self.write(rows(SIX), rows(TWICE, model="poll"),
                         rows(SIX, connections="250", connections_active="250"),
                         rows(SIX, connections="250", connections_active="250", model="poll"))
        out = self.compare(run, "--metric", "server_cpu_us_per_msg").splitlines()
        self.assertEqual([line.split() for line in out], [
            "native: pingpong 64 B x 16, placement split".split(),
            "server_cpu_us_per_msg median against its median ratio 95 % interval p trials "
            "verdict".split(),
            out[2].split(), [],
            "native: pingpong 64 B x 250, placement split".split(),
            out[1].split(), out[6].split()])
        self.assertEqual(out[2].split()[:5], ["poll", "25", "select", "12.5", "2.000"])
        self.assertEqual(out[2].split()[-4:], ["0.0022", "6,", "6", "slower"])
        self.assertEqual(out[6].split()[-4:], ["1", "6,", "6", "~"])

    def test_markdown(self):
        run = self.write(rows(SIX, target="a|b"), rows(TWICE, model="poll", target="a|b"))
        head, rule, line, *rest = self.compare(run, "--format", "markdown").splitlines()
        columns = head.count("|")
        self.assertEqual(rule.count("|"), columns)
        self.assertEqual(line.replace("\\|", "").count("|"), columns)
        self.assertIn("a\\|b", line)
        self.assertIn("| slower |", line)
        self.assertEqual(rest, [])

    def test_names_in_csv(self):
        run = self.write(rows(SIX, target='a,"b"'), rows(TWICE, model="poll", target='a,"b"'))
        self.assertEqual([line["target"] for line in self.table(run)], ['a,"b"'])


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

    def test_only_these(self):
        run = self.write(rows(SIX, target="a"), rows(SIX, target="b"), rows(SIX, target="c"))
        self.assertEqual([(line["target"], line["baseline"])
                          for line in self.table(run, "--target", "b,c")], [("c", "b")])


class Runs(Case):
    WARNING = "warning: two separate runs"

    def test_old_and_new(self):
        old = self.write(rows(SIX), rows(SIX, model="poll"), rows(SIX, model="iocp"), name="old")
        new = self.write(rows(TWICE), rows(SIX, model="poll"), rows(SIX, connections="17"),
                         name="new")
        lines = self.table(old, new, errors=[self.WARNING, "2 of the measured cells"][::-1])
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
        verdicts = self.verdicts(sample, "--target", "native", errors=["rows that failed", "have warnings"])
        self.assertEqual(len(verdicts), 4 * 4 * 3)
        self.assertEqual(verdicts["native", "select", "63", "server_cpu_us_per_msg"], "faster")


class FailIf(Case):
    def test_statuses(self):
        run = self.write(rows(SIX), rows([value * 1.5 for value in TWICE], model="poll"),
                         rows(SIX, metric="throughput_msgs_per_s", connections="17"),
                         rows([value / 3 for value in SIX], metric="throughput_msgs_per_s",
                              connections="17", model="poll"))
        cpu, rate = ("--metric", METRICS[0]), ("--metric", METRICS[1])
        for arguments, status in (((*cpu, "--fail-if", "slower"), 1),
                                  ((*cpu, "--fail-if", "slower>199%"), 1),
                                  ((*cpu, "--fail-if", "slower>200%"), 0),
                                  ((*cpu, "--fail-if=slower>250.5%"), 0),
                                  ((*rate, "--fail-if", "slower>66%"), 1),
                                  ((*rate, "--fail-if", "slower>67%"), 0),
                                  (("--fail-if", "slower>100%"), 1),
                                  ((*cpu, "--fail-if", "slower:199"), 1),
                                  ((*cpu, "--fail-if", "slower:199%"), 1),
                                  ((*cpu, "--fail-if", "Slower:200"), 0),
                                  ((*cpu, "--fail-if", "slower>200"), 0),
                                  (("--baseline", "poll", "--fail-if", "slower"), 0)):
            with self.subTest(arguments):
                self.compare(run, *arguments, status=status,
                             errors=["--fail-if slower"] if status else [])

    def test_noise_and_few_trials_do_not_fail(self):
        run = self.write(rows(SIX), rows([9, 12, 13, 14, 20, 30], model="poll"))
        self.compare(run, "--fail-if", "slower")
        run = self.write(rows(SIX[:5]), rows(TWICE[:5], model="poll"), name="few")
        self.compare(run, "--fail-if", "slower", errors=["there is no verdict at all"])

    def test_what_only_failed_fails(self):
        bad = dict(model="poll", status="failed")
        says = "only failed rows in 1 cell, first poll on native, pingpong 64 B x 16"
        left_out = "left out: 7 rows that failed"
        csv_format = ("--format", "csv")
        old = self.write(rows(SIX), rows(SIX, model="poll"), name="old")
        new = self.write(rows(SIX), rows([1] * 7, **bad), name="new")
        alone = "1 of the measured cells"
        self.compare(old, new, *csv_format, errors=[left_out, alone, Runs.WARNING])
        self.compare(old, new, *csv_format, "--fail-if", "slower>10%", status=1,
                     errors=[left_out, alone, Runs.WARNING, says])
        # The other way round it has been mended.
        self.compare(new, old, "--fail-if", "slower", errors=[Runs.WARNING])
        # With nothing else in the table.
        self.compare(old, new, "--model", "poll", "--fail-if", "slower", status=1,
                     errors=["no verdict", says])
        # A model against the baseline of its run, and a build against another.
        run = self.write(rows(SIX), rows(SIX, model="epoll"), rows([1] * 7, **bad), name="models")
        self.compare(run)
        self.compare(run, "--fail-if", "slower", status=1, errors=[says])
        self.compare(run, "--model", "select,epoll", "--fail-if", "slower")
        run = self.write(rows(SIX, model="poll", target="a"), rows(SIX, model="poll", target="b"),
                         rows([1], target="native", **bad), name="targets")
        self.compare(run, "--by", "target", "--fail-if", "slower", status=1, errors=[says])
        # Some rows that failed, or such as can't run there, are no such thing.
        run = self.write(rows(SIX), rows(SIX, model="poll"), rows([1], **bad),
                         rows([1], model="epoll", status="skipped"), name="some")
        self.compare(run, "--fail-if", "slower")


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
