"""The files of a run: what they hold, and that everybody can read them without special options."""
import collections
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import unittest

import tool

TRIALS = 2
CONNECTIONS = ("5",)
WORKLOADS = ("pingpong", "stream")
MISSING = 'no, "not" here'
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# What tells a run's lines of histogram.csv from another's.
KEY = ("run_id", "target", "model", "workload", "connections", "connections_active",
       "message_bytes", "target_rate_msgs_per_s", "work_cpu_us", "work_wait_us",
       "work_exponential", "threads", "trial", "latency_basis")
# Of a row that was not measured.
KNOWN_BEFOREHAND = {
    "schema_version", "run_id", "started_at_utc", "tool_version", "target", "cpu_model",
    "cpu_count", "model", "workload", "loop", "connections", "connections_active",
    "connections_misbehaving", "message_bytes", "pipeline_depth",
    "work_cpu_us", "work_wait_us", "work_exponential", "tcp_nodelay", "buffer_bytes", "placement", "trial", "order_index", "warmup_s", "duration_s",
    "status", "status_reason", "clock_source", "clock_resolution_ns"}


def key(row):
    return tuple(row[name] for name in KEY)


def counted(samples):
    """How many samples each key has."""
    sums = collections.Counter()
    for line in samples:
        sums[key(line)] += int(line["count"])
    return sums


class Files(unittest.TestCase):
    """One run of every model, and of a target that is missing."""

    @classmethod
    def setUpClass(cls):
        context = tool.folder()
        out = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        workloads = [word for name in WORKLOADS for word in ("--workload", name)]
        cls.result = tool.bench(out, "--trials", str(TRIALS), "--seed", "7",
                                "--target", "here=" + tool.command(tool.PROGRAM),
                                "--target-missing", "there=" + MISSING, *workloads,
                                "--connections", ",".join(CONNECTIONS), "--message-bytes", "100")
        cls.folder = tool.run_folder(out)
        cls.runs = tool.read_table(cls.path("runs.csv"))
        cls.samples = tool.read_table(cls.path("histogram.csv"))
        cls.duration = cls.runs[0]["duration_s"]
        cls.ok = [row for row in cls.runs if row["status"] == "ok"]

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def test_told(self):
        self.assertEqual((self.result.status, self.result.errors()), (0, []))
        cells = len(tool.available_models()) * TRIALS * len(WORKLOADS) * len(CONNECTIONS)
        self.assertTrue(self.result.err.startswith("%d runs, about " % cells), self.result.err)
        self.assertIn("results: " + self.folder, self.result.out.replace("\\", "/"))
        for name in tool.available_models():
            self.assertRegex(self.result.out, r"(?m)^  .*\b%s\b" % name)
        self.assertRegex(self.result.out, r"(?m)^skipped: [\w, ]+ on there \(\d+ rows\): "
                         + re.escape(MISSING) + "$")

    def test_columns(self):
        self.assertEqual(tool.read_csv(self.path("runs.csv"))[0], list(tool.columns()))
        self.assertEqual(tool.read_csv(self.path("histogram.csv"))[0],
                         [*KEY, "low_ns", "high_ns", "count"])

    def test_row_for_each_cell(self):
        """Never a missing one: what can't run is a row that says why."""
        known = {name: row for name, row in tool.models().items() if not row["lesson_of"]}
        expected = {("here", name, row["reason"]) for name, row in known.items()}
        expected |= {("there", name, MISSING) for name in known}
        cells = collections.Counter((row["target"], row["model"], row["workload"],
                                     row["connections"], row["trial"]) for row in self.runs)
        self.assertEqual(cells, collections.Counter(
            (target, model, workload, connections, str(trial + 1))
            for target, model, _ in expected for workload in WORKLOADS
            for connections in CONNECTIONS for trial in range(TRIALS)))
        for row in self.runs:
            self.assertIn((row["target"], row["model"], row["status_reason"]), expected)
            self.assertEqual(row["status"], "skipped" if row["status_reason"] else "ok")

    def test_numbers(self):
        kinds = tool.columns()
        for row in self.runs:
            for name, value in row.items():
                if kinds[name] == "NUMBER" and value != "":
                    self.assertRegex(value, "^(%s)$" % NUMBER.pattern, name)
            if row["status"] == "skipped":
                self.assertEqual({name for name in row if row[name] != ""} - KNOWN_BEFOREHAND,
                                 set())

    def test_identity(self):
        version = tool.run("--version").out.split()[-1]
        for row in self.runs:
            self.assertEqual(row["run_id"], os.path.basename(self.folder))
            self.assertEqual((row["schema_version"], row["tool_version"]), ("3", version))
            self.assertRegex(row["started_at_utc"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(row["message_bytes"], "100")
            self.assertEqual(row["pipeline_depth"], "4" if row["workload"] == "stream" else "1")
            self.assertIn(row["duration_s"], ("0.1", "0.5", "2"))
            self.assertEqual((row["loop"], row["warmup_s"], row["duration_s"]),
                             ("closed", "0.01", self.duration))
        for row in self.ok:
            self.assertEqual(row["host_kind"], "wine" if tool.ON_WINE else "native")

    def test_accounts(self):
        sums = counted(self.samples)
        self.assertEqual(set(sums), {key(row) for row in self.ok})
        for row in self.ok:
            self.assertGreater(int(row["messages"]), 0)
            self.assertEqual(row["messages"], row["rtt_samples"])
            self.assertEqual(sums[key(row)], int(row["messages"]))
            for name in "connections_attempted", "connections_established":
                self.assertEqual(row[name], row["connections"])
            for name in "errors", "verify_failures", "messages_unanswered":
                self.assertEqual(row[name], "0")

    def test_round_trips(self):
        lines = collections.defaultdict(list)
        for line in self.samples:
            lines[key(line)].append((int(line["low_ns"]), int(line["high_ns"])))
        for row in self.ok:
            buckets = lines[key(row)]
            self.assertEqual(buckets, sorted(set(buckets)))
            for (_, high), (low, _) in zip(buckets, buckets[1:]):
                self.assertLess(high, low)
            for name, (low, high) in ("rtt_min_us", buckets[0]), ("rtt_max_us", buckets[-1]):
                # Six digits in the file.
                self.assertLessEqual(low * (1 - 1e-5), float(row[name]) * 1e3)
                self.assertLessEqual(float(row[name]) * 1e3, high * (1 + 1e-5))
            told = [float(row[name]) for name in
                    ("rtt_min_us", "rtt_p50_us", "rtt_p90_us", "rtt_p99_us", "rtt_p99_9_us",
                     "rtt_max_us") if row[name] != ""]
            self.assertEqual(told, sorted(told))
            # A percentile needs 10 samples beyond it.
            count = int(row["messages"])
            for name, percentile in (("rtt_p50_us", 500), ("rtt_p90_us", 900),
                                     ("rtt_p99_us", 990), ("rtt_p99_9_us", 999)):
                beyond = count - -(-count * percentile // 1000)
                self.assertEqual(row[name] != "", beyond >= 10, (name, count))

    def test_summary(self):
        """Each figure again from the rows and the histograms."""
        factors = ("target", "model", "workload", "connections", "message_bytes")
        rows, buckets = collections.defaultdict(list), collections.defaultdict(collections.Counter)
        for row in self.ok:
            rows[tuple(row[name] for name in factors)].append(row)
        for line in self.samples:
            buckets[tuple(line[name] for name in factors)][
                int(line["low_ns"]), int(line["high_ns"])] += int(line["count"])
        summary = tool.read_table(self.path("summary.csv"))
        self.assertEqual({tuple(line[name] for name in factors) for line in summary}, set(rows))
        measured = {(cell, name) for cell, group in rows.items() for name in tool.columns()
                    if any(row[name] for row in group)}
        found = {(tuple(line[name] for name in factors), line["metric"]) for line in summary}
        self.assertEqual(len(found), len(summary))
        self.assertLessEqual(found, measured)
        for name in "messages", "throughput_msgs_per_s", "rtt_max_us":
            self.assertEqual({cell for cell, metric in found if metric == name}, set(rows))
        for line in summary:
            cell = tuple(line[name] for name in factors)
            values = [float(row[line["metric"]]) for row in rows[cell] if row[line["metric"]]]
            self.assertEqual(line["trials"], str(len(values)))
            self.assertEqual({line["server_threads"]},
                             {row["server_threads"] for row in rows[cell]})
            median = statistics.median(values)
            # The loads have four digits, and a spread has those of a difference.
            self.assertAlmostEqual(float(line["median"]), median, delta=1e-3 * abs(median))
            # Two trials have no interval.
            self.assertEqual((line["ci95_low"], line["ci95_high"]), ("", ""))
            if len(values) == TRIALS and median > 0:
                self.assertAlmostEqual(float(line["spread"]),
                                       (max(values) - min(values)) / 2 / median, delta=1e-3)
            percentile = re.fullmatch(r"rtt_p(\d+)_us", line["metric"])
            if percentile and line["merged"]:
                rank = -(-int(percentile[1]) * sum(buckets[cell].values()) // 100)
                for (low, high), count in sorted(buckets[cell].items()):
                    rank -= count
                    if rank <= 0:
                        break
                self.assertLessEqual(low * (1 - 1e-5), float(line["merged"]) * 1e3)
                self.assertLessEqual(float(line["merged"]) * 1e3, high * (1 + 1e-5))
            elif not line["metric"].startswith("rtt_"):
                self.assertEqual(line["merged"], "")
            elif line["metric"] in ("rtt_min_us", "rtt_max_us"):  # exact
                extreme = min if line["metric"] == "rtt_min_us" else max
                self.assertAlmostEqual(float(line["merged"]), extreme(values),
                                       delta=1e-5 * extreme(values))

    def test_environment(self):
        facts = tool.read_table(self.path("environment.csv"))
        values = {fact["name"]: fact["value"] for fact in facts}
        self.assertEqual(len(values), len(facts))
        self.assertEqual(list(facts[0]), ["name", "value"])
        self.assertEqual(values["run_id"], os.path.basename(self.folder))
        self.assertEqual(values["seed"], "7")
        self.assertEqual(values["suite"], "quick")
        self.assertIn("there: " + MISSING, values["targets"])
        for name in "tool_version", "placement", "client_system", "cpu_count", "clock_source":
            self.assertNotEqual(values[name], "")

    def test_hgrm(self):
        """The form that the HdrHistogram plotter reads: the trials of one cell together."""
        sums = collections.Counter()
        for row in self.ok:
            name = "%(target)s-%(model)s-%(workload)s-%(message_bytes)sb-%(connections)s-" \
                "%(pipeline_depth)s.hgrm" % row
            sums[name] += int(row["messages"])
        self.assertEqual({name for name in os.listdir(self.folder) if name.endswith(".hgrm")},
                         set(sums))
        for name, count in sums.items():
            with open(self.path(name), encoding="ascii", newline="") as file:
                head, blank, *lines = file.read().split("\n")
            self.assertEqual(head.split(), ["Value", "Percentile", "TotalCount",
                                            "1/(1-Percentile)"])
            self.assertEqual((blank, lines.pop()), ("", ""))
            rows = [[float(word) for word in line.split()] for line in lines
                    if not line.startswith("#")]
            self.assertEqual({len(row) for row in rows[:-1]}, {4})
            self.assertEqual(rows[-1][1:], [1.0, count])
            for place in range(3):
                self.assertEqual([row[place] for row in rows], sorted(row[place] for row in rows))
            notes = "\n".join(line for line in lines if line.startswith("#"))
            self.assertRegex(notes, r"\A#\[Mean +=[^\n]*StdDeviation +=[^\n]*\]\n"
                             r"#\[Max +=[^\n]*Total count +=[^\n]*\]\n"
                             r"#\[Buckets +=[^\n]*SubBuckets +=[^\n]*\]\Z")
            self.assertEqual(int(re.search(r"Total count += +(\d+)", notes)[1]), count)

    def expected_sums(self):
        return [(row["model"], row["messages"]) for row in self.ok]

    def test_sqlite(self):
        header, *rows = tool.read_csv(self.path("runs.csv"))
        with sqlite3.connect(":memory:") as base:
            base.execute("CREATE TABLE runs (%s)" % ", ".join('"%s"' % name for name in header))
            base.executemany("INSERT INTO runs VALUES (%s)" % ", ".join("?" * len(header)), rows)
            found = base.execute("SELECT model, messages FROM runs WHERE status = 'ok'").fetchall()
        self.assertEqual(found, self.expected_sums())

    def test_sqlite_import(self):
        shell = shutil.which("sqlite3")
        if shell is None:
            self.skipTest("no sqlite3 here")
        done = subprocess.run(
            [shell, ":memory:", "-cmd", ".import --csv runs.csv runs",
             "SELECT model, messages FROM runs WHERE status = 'ok'"],
            cwd=self.folder, capture_output=True, text=True, timeout=tool.HANG_S, check=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual([tuple(line.split("|")) for line in done.stdout.splitlines()],
                         self.expected_sums())

    def test_gnuplot(self):
        program = shutil.which("gnuplot")
        if program is None:
            self.skipTest("no gnuplot here")
        script = "set datafile separator comma; set datafile columnheaders; " \
            "stats 'runs.csv' using 'messages' name 'M' nooutput; print M_records, M_sum; " \
            "set terminal dumb; plot 'runs.csv' using 'trial':'throughput_msgs_per_s'"
        done = subprocess.run([program, "-e", script], cwd=self.folder, capture_output=True,
                              text=True, timeout=tool.HANG_S, check=True)
        # It prints what it was asked to print on standard error.
        self.assertEqual([float(word) for word in done.stderr.split()],
                         [len(self.ok), sum(int(row["messages"]) for row in self.ok)])
        self.assertIn("A", done.stdout)


class Order(unittest.TestCase):
    def orders(self, seed):
        """Of each round; what is skipped takes part in the shuffle, and no time."""
        with tool.folder() as out:
            tool.bench(out, "--seed", seed, "--trials", "4", "--connections", "1",
                       "--target", tool.fake("none"),
                       "--target-missing", "a=no", "--target-missing", "b=no")
            rows = tool.read_runs(out)
        rounds = collections.defaultdict(list)
        for row in rows:
            rounds[row["trial"]].append(row)
        self.assertEqual(list(rounds), ["1", "2", "3", "4"])  # one after the other
        self.assertEqual([row["trial"] for row in rows], sorted(row["trial"] for row in rows))
        for rows in rounds.values():
            self.assertEqual([row["order_index"] for row in rows],
                             [str(place) for place in range(len(rows))])
        return [[(row["target"], row["model"]) for row in rows] for rows in rounds.values()]

    def test_shuffled_by_the_seed(self):
        first, again, other = self.orders("1"), self.orders("1"), self.orders("2")
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(len({tuple(order) for order in first}), 4)
        self.assertEqual(len({tuple(sorted(order)) for order in first}), 1)


class Plans(unittest.TestCase):
    def test_given_twice_is_measured_once(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), "--connections", "2,2",
                                "--workload", "pingpong", "--workload", "pingpong",
                                "--message-bytes", "64", "--message-bytes", "64B")
            self.assertEqual((result.status, result.errors()), (0, []))
            self.assertEqual(len(tool.read_runs(out)), 1)

    def test_more_than_its_threads_can_hold(self):
        limits = {name: int(row["connections_per_thread"]) for name, row in tool.models().items()
                  if row["threads_apply"] == "yes" and 0 < int(row["connections_per_thread"]) < 1000}
        if not limits:
            self.skipTest("no model here has such a limit")
        for name, limit in limits.items():
            with self.subTest(name), tool.folder() as out:
                result = tool.bench(out, "--model", name, "--threads", "1",
                                    "--connections", "%d,%d" % (limit, limit + 1))
                self.assertEqual((result.status, result.errors()), (0, []))
                rows = {int(row["connections"]): row for row in tool.read_runs(out)}
                self.assertEqual(rows[limit]["status"], "ok")
                self.assertEqual(rows[limit + 1]["status"], "skipped")
                self.assertEqual(rows[limit + 1]["status_reason"],
                                 "holds %d connections with --threads 1" % limit)


class Pinned(unittest.TestCase):
    def test_processors_given(self):
        """They are what both sides read back, and each trial is a row of that placement."""
        fake = tool.fake("none")
        with tool.folder() as out:
            tool.bench(out, "--target", fake, "--server-cpus", "0", "--client-cpus", "0",
                       "--duration", "20ms")
            (row,) = tool.read_table(os.path.join(tool.run_folder(out), "runs.csv"))
        self.assertEqual(row["placement"], "0/0")
        self.assertEqual(row["client_cpus"], "0")
        self.assertIn(row["server_cpus"], ("0", ""))
        self.assertNotIn("not_pinned", row["warnings"].split(";"))

    def test_one_placement_has_one_text(self):
        server = tool.Server("--model", "select", "--control", stdin=subprocess.PIPE)
        server.end(b"stop\n")
        if int(server.listening["cpus"]) < 2 or \
                tool.ON_LINUX and not os.sched_getaffinity(0) >= {0, 1}:
            self.skipTest("takes the processors 0 and 1")
        texts = set()
        for cpus in "0,1", "0-1", "1,0,1":
            with tool.folder() as out:
                tool.bench(out, "--target", tool.fake("none"), "--server-cpus", cpus,
                           "--duration", "20ms")
                (row,) = tool.read_runs(out)
            texts.add(row["placement"])
            self.assertNotIn("not_pinned", row["warnings"].split(";"))
        self.assertEqual(texts, {"0-1/any"})

    def test_wrapper_that_pins_elsewhere(self):
        taskset = shutil.which("taskset")
        if taskset is None or tool.NATIVE != "native" or not os.sched_getaffinity(0) >= {0, 1}:
            self.skipTest("takes Linux, taskset and the processors 0 and 1")
        with tool.folder() as out:
            tool.bench(out, "--target", "fake=" + tool.command(taskset, "-c", "1", tool.FAKE, "none"),
                       "--server-cpus", "0", "--duration", "20ms")
            (row,) = tool.read_runs(out)
        self.assertEqual(row["server_cpus"], "1")
        self.assertIn("not_pinned", row["warnings"].split(";"))


if __name__ == "__main__":
    tool.main()
