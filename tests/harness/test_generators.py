"""Several load generators: --generator, --start-at, and `iomodels merge`, which adds what they had."""
import collections
import csv
import datetime
import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

import saved
import tool

CONNECTIONS = 7  # of three generators: 3, 2 and 2


def moment(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Options(unittest.TestCase):
    def refused(self, says, *arguments, **more):
        with self.subTest(arguments), tool.folder() as out:
            result = tool.run("bench", "--out", out, "--model", "select", *arguments, **more)
            self.assertEqual((result.status, result.out, os.listdir(out)), (2, "", []), result.err)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertIn(says, result.err)

    def test_bad_ones(self):
        self.refused("not I/N", "--generator", "0/3")
        self.refused("not I/N", "--generator", "4/3")
        self.refused("--start-at is missing", "--generator", "1/3")
        self.refused("not a moment", "--generator", "1/3", "--start-at", "tomorrow")
        self.refused("see --generator", "--start-at", moment(60))
        start = "--generator", "1/3", "--start-at", moment(60)
        self.refused("--rate is too small for 3", *start, "--workload", "rate", "--rate", "2")
        # It is enough for each, but not for the connections of each: the fourth's one has no message.
        self.refused("--rate is too small for 8", "--generator", "4/8", "--start-at", moment(60),
                     "--workload", "rate", "--rate", "8", "--connections", "10")
        self.refused("--active is too small for 3", *start, "--workload", "idle", "--active", "2")

    def test_moment_that_has_passed(self):
        with tool.folder() as out:
            result = tool.run("bench", "--out", out, "--model", "select", "--generator", "1/2",
                              "--start-at", "2020-01-01T00:00:00Z")
            self.assertEqual((result.status, result.out, os.listdir(out)), (1, "", []))
        self.assertIn("--start-at has passed", result.err)

    def test_launchers(self):
        missing = "generator 2 of 3 (by %s): --start-at is missing"
        for rank, size in (("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
                           ("PMI_RANK", "PMI_SIZE"), ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS")):
            self.refused(missing % rank, env={rank: "1", size: "3"})
            # Who is alone after all learns the way out, and it is one.
            self.refused("to measure alone: --generator 1/1", env={rank: "0", size: "2"})
            result = tool.run("bench", "--model", "select", "--generator", "1/1", "--dry-run",
                              env={rank: "0", size: "2"})
            self.assertEqual(result.status, 0, result.err)
            # The option counts more.
            self.refused("generator 4 of 5 (by --generator)", "--generator", "4/5",
                         env={rank: "1", size: "3"})

    def test_no_more_than_can_be_merged(self):
        start = "--start-at", moment(60)
        self.refused("generator 65 of 65 (by --generator): at most 64", "--generator", "65/65",
                     *start)
        for size in "65", "100000":
            self.refused("generator 1 of %s (by PMI_RANK): at most 64" % size, *start,
                         env={"PMI_RANK": "0", "PMI_SIZE": size})
        result = tool.run("bench", "--model", "select", "--generator", "64/64", *start, "--dry-run",
                          "--connections", "64")
        self.assertEqual(result.status, 0, result.err)

    def test_not_several(self):
        for env in ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"},
                    # A batch script of Slurm's is not what srun starts.
                    {"SLURM_PROCID": "0", "SLURM_NTASKS": "3"},
                    {"PMI_RANK": "3", "PMI_SIZE": "3"}):
            result = tool.run("bench", "--model", "select", "--dry-run", env=env)
            self.assertEqual(result.status, 0, result.err)


class Together(unittest.TestCase):
    """Real ones. Their windows meet only where the machine lets them: so they try again, slower."""

    def run_all(self, start):
        """start(arguments): what they all wrote to standard error."""
        for allowance, ahead in (2, 5), (6, 10), (20, 30):
            with tool.folder() as out:
                errors = start((
                    "--allowance", "%ds" % allowance, "--start-at", moment(ahead),
                    "--server-port", str(tool.free_port()), "--model", "select", "--connections",
                    "1,%d" % CONNECTIONS, "--warmup", "50ms", "--duration", "1s", "--trials", "1",
                    "--interval", "300ms", "--per-connection", "--out", out))
                parts = sorted(glob.glob(os.path.join(out, "*", "generator-*")))
                tables = [tool.read_table(os.path.join(part, "runs.csv")) for part in parts]
                if len(parts) < 3 or any(row["status"] == "failed"
                                         for table in tables for row in table):
                    print("again, with more time:", errors)
                    continue
                whole = os.path.join(out, "whole")
                result = tool.run("merge", *reversed(parts), "--out", whole)
                self.assertEqual(result.status, 0, result.err)
                self.check(tables, whole)
                return
        self.fail("never at the same time: %s" % errors)

    def check(self, tables, whole):
        rows = tool.read_table(os.path.join(whole, "runs.csv"))
        self.assertEqual([len(table) for table in tables], [2, 2, 2])
        self.assertEqual(len(rows), 2)
        counted = collections.Counter()
        for line in tool.read_table(os.path.join(whole, "histogram.csv")):
            counted[line["connections"]] += int(line["count"])
        for row in rows:
            self.check_lines(row, whole)
            parts = [next(part for part in table if part["connections"] == row["connections"])
                     for table in tables]
            self.assertEqual((row["status"], row["generator"]), ("ok", ""))
            self.assertEqual([part["generator"] for part in parts], ["1 of 3", "2 of 3", "3 of 3"])
            self.assertEqual({part["started_at_utc"] for part in parts}, {row["started_at_utc"]})
            for column in "connections_attempted", "connections_established", "messages", "errors":
                self.assertEqual(int(row[column]),
                                 sum(int(part[column] or 0) for part in parts), column)
            self.assertEqual(row["connections_established"], row["connections"])
            self.assertEqual(counted[row["connections"]], int(row["messages"]))
            self.assertEqual(row["rtt_samples"], row["messages"])
            # Only the first asks the server, for all of them.
            for column in "server_threads_peak", "server_os":
                self.assertEqual([part[column] != "" for part in parts], [True, False, False])
                self.assertEqual(row[column], parts[0][column])
            self.assertEqual({part["bound"] for part in parts}, {""})
            self.assertNotEqual(row["bound"], "")
            if row["connections"] == "1":
                self.assertEqual([part["status"] for part in parts], ["ok", "skipped", "skipped"])
            else:
                self.assertEqual([part["connections_attempted"] for part in parts],
                                 ["3", "2", "2"])

    def check_lines(self, row, whole):
        """Those of all parts, one part after the other."""
        intervals, connections = (
            [line for line in tool.read_table(os.path.join(whole, name))
             if line["connections"] == row["connections"]]
            for name in ("intervals.csv", "connections.csv"))
        generators = 1 if row["connections"] == "1" else 3
        self.assertEqual([(line["generator"], line["interval"]) for line in intervals],
                         [("%d of 3" % i, str(interval)) for i in range(1, generators + 1)
                          for interval in range(1, 5)])
        self.assertEqual([line["generator"] for line in connections],
                         ["1 of 3"] if generators == 1 else
                         ["1 of 3"] * 3 + ["2 of 3"] * 2 + ["3 of 3"] * 2)
        for lines in intervals, connections:
            self.assertEqual(sum(int(line["messages"]) for line in lines), int(row["messages"]))
            self.assertEqual({line["run_id"] for line in lines}, {row["run_id"]})
        messages = [int(line["messages"]) for line in connections]
        self.assertAlmostEqual(sum(messages) ** 2 / len(messages) / sum(n * n for n in messages),
                               float(row["fairness_jain"]), 5)

    def test_by_hand(self):
        def start(arguments):
            processes = [tool.Process(("bench", "--generator", "%d/3" % i) + arguments)
                         for i in (1, 2, 3)]
            return [process.end().err for process in processes]
        self.run_all(start)

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "the launcher is Linux'")
    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun here")
    def test_mpirun(self):
        def start(arguments):
            return [tool.Process(("--allow-run-as-root", "--oversubscribe", "--bind-to", "none",
                                  "-n", "3", tool.PROGRAM, "bench") + arguments,
                                 program="mpirun").end().err]
        self.run_all(start)


@unittest.skipIf(tool.NATIVE != "native" or not tool.ON_LINUX, "what it does to Linux' processes")
class Second(unittest.TestCase):
    """The second of two, whose first never comes: all but its server is there."""

    def run_alone(self, *arguments, meanwhile=lambda process: None, **more):
        """Its row; meanwhile(process): before its slot."""
        for ahead in 3, 10, 60:
            with tool.folder() as out:
                process = tool.Process(("bench", "--out", out, "--model", "select", "--connections",
                                        "2", "--trials", "1", "--warmup", "10ms", "--duration",
                                        "20ms", "--server-port", str(tool.free_port()),
                                        "--allowance", "500ms", "--generator", "2/2", "--start-at",
                                        moment(ahead)) + arguments, **more)
                meanwhile(process)
                result = process.end()
                rows = [tool.read_table(path)[0] for path in
                        glob.glob(os.path.join(out, "*", "generator-2", "runs.csv"))]
                if rows and "can't be reached" in rows[0]["status_reason"]:
                    return rows[0]
                print("again, with more time:", result.err)
        self.fail("never in time: %s" % result.err)

    def test_client_that_is_not_where_it_was_told(self):
        if not os.sched_getaffinity(0) >= {0, 1}:
            self.skipTest("takes the processors 0 and 1")

        def move(process):
            tool.wait_until(lambda: os.sched_getaffinity(process.popen.pid) == {0})
            os.sched_setaffinity(process.popen.pid, {1})
        row = self.run_alone("--client-cpus", "0", meanwhile=move)
        self.assertEqual(row["client_cpus"], "1")
        self.assertIn("not_pinned", row["warnings"].split(";"))

    def test_wineserver_is_the_first_ones(self):
        """One that spins is left alone: the first may be starting its server on it."""
        with tool.folder() as folder:
            about = os.stat(folder)
            place = os.path.join(folder, "server-%x-%x" % (about.st_dev, about.st_ino))
            os.mkdir(place)
            # What it is told by: its name, and where it runs.
            program = shutil.copy(sys.executable, os.path.join(folder, "wineserver"))
            with subprocess.Popen((program, "-c", "while True: pass"), cwd=place,
                                  env={"PYTHONHOME": sys.base_prefix}) as wineserver:
                try:
                    row = self.run_alone(env={"WINEPREFIX": folder})
                    self.assertIsNone(wineserver.poll())
                finally:
                    wineserver.kill()
        self.assertNotIn("wineserver_restarted", row["warnings"].split(";"))


ROW = {"schema_version": "2", "run_id": "made-up", "started_at_utc": "2026-11-24T15:00:00Z",
       "target": "far", "server_os": "linux", "host_kind": "remote", "model": "select",
       "workload": "pingpong", "loop": "closed", "connections": "3", "connections_active": "3",
       "connections_misbehaving": "0", "message_bytes": "64", "pipeline_depth": "1",
       "tcp_nodelay": "yes", "buffer_bytes": "65536", "placement": "none", "trial": "1",
       "duration_s": "1", "status": "ok", "errors": "0", "verify_failures": "0",
       "messages_unanswered": "0", "latency_basis": "sent", "cpu_model": "A", "cpu_count": "2",
       "cpu_resolution_us": "1"}
FIRST = dict(ROW, generator="1/2", connections_attempted="2", connections_established="2",
             messages="1000", rtt_samples="1000", throughput_msgs_per_s="1000",
             throughput_bytes_per_s="64000", fairness_jain="1", connections_starved="1",
             oldest_unanswered_us="5", rtt_min_us="1", rtt_mean_us="1", rtt_max_us="1",
             rtt_p50_us="1", client_cpu_s="0.5", client_cpu_us_per_msg="500",
             client_cpu_load="0.5", server_cpu_us_per_msg="7", server_cpu_load="0.95",
             server_threads_peak="4", warnings="host_busy")
SECOND = dict(ROW, generator="2/2", server_os="", connections_attempted="1",
              connections_established="1", messages="1000", rtt_samples="1000",
              throughput_msgs_per_s="1001", throughput_bytes_per_s="64001", fairness_jain="1",
              connections_starved="0", oldest_unanswered_us="9", rtt_min_us="2", rtt_mean_us="2",
              rtt_max_us="2", rtt_p50_us="2", client_cpu_s="0.25", client_cpu_us_per_msg="250",
              client_cpu_load="0.25", warnings="window_late;host_busy;few_samples", cpu_model="B")
KEY = ("run_id", "target", "model", "workload", "connections", "connections_active",
       "message_bytes", "target_rate_msgs_per_s", "work_cpu_us", "work_wait_us",
       "work_exponential", "threads", "trial")
LINE = KEY + ("latency_basis", "low_ns", "high_ns", "count")


class Merge(unittest.TestCase):
    """Parts made up so that the whole is known."""

    def setUp(self):
        folder = tool.folder()
        self.folder = folder.__enter__()
        self.addCleanup(folder.__exit__, None, None, None)

    def write(self, name, *rows, targets=None):
        """A part's folder; each row: its fields, and its lines {(basis, ns): count}."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        columns = list(dict.fromkeys(column for row, _ in rows for column in row))
        with open(os.path.join(folder, "runs.csv"), "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row, _ in rows)
        with open(os.path.join(folder, "histogram.csv"), "w", encoding="utf-8",
                  newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(LINE)
            for row, lines in rows:
                for (basis, at), count in lines.items():
                    writer.writerow([row.get(column, "") for column in KEY] +
                                    [basis, at, at, count])
        with open(os.path.join(folder, "environment.csv"), "w", encoding="utf-8",
                  newline="") as file:
            file.write("name,value\nrun_id,made-up\ncpu_model,%s\n" % rows[0][0]["cpu_model"])
            file.write("targets,%s\n" % targets if targets else "")
        return folder

    def merge(self, *folders, status=0):
        out = os.path.join(self.folder, "out")
        result = tool.run("merge", *folders, "--out", out)
        self.assertEqual(result.status, status, result.err)
        if status == 2 or not os.path.exists(os.path.join(out, "runs.csv")):
            return result, []
        return result, tool.read_table(os.path.join(out, "runs.csv"))

    def test_targets_in_the_order_given(self):
        """Also where each generator was given another command."""
        for second in "z: 1; a: 2", "z: 2; a: 3":
            parts = [self.write(name + second[3], *[(dict(row, target=target), {("sent", at): 1000})
                                                    for target in ("a", "z")], targets=targets)
                     for name, row, at, targets in (("a", FIRST, 1000, "z: 1; a: 2"), ("b", SECOND, 2000, second))]
            result, _ = self.merge(*parts)
            self.assertEqual(re.findall(r"^(\w): linux", result.out, re.MULTILINE), ["z", "a"], result.out)
            shutil.rmtree(os.path.join(self.folder, "out"))

    def both(self, first=None, second=None, status=0, **changes):
        folders = [self.write("a", (dict(FIRST, **changes), first or {("sent", 1000): 1000})),
                   self.write("b", (dict(SECOND, **changes), second or {("sent", 2000): 1000}))]
        _, (row,) = self.merge(*folders, status=status)
        return row

    def fields(self, row, **fields):
        self.assertEqual({name: row[name] for name in fields}, fields)

    def test_sums(self):
        row = self.both()
        self.fields(row, status="ok", generator="", messages="2000", rtt_samples="2000",
                    connections="3", connections_attempted="3", connections_established="3",
                    throughput_msgs_per_s="2001", throughput_bytes_per_s="128001",
                    connections_starved="1", oldest_unanswered_us="9",
                    warnings="host_busy;window_late;starved")
        # Of 500, 500 and 1000 messages.
        self.fields(row, fairness_jain="0.888889")
        self.fields(row, client_cpu_s="0.75", client_cpu_us_per_msg="375",
                    client_cpu_load="0.375")
        # The server's are the first one's; a fact that differs is none.
        self.fields(row, server_os="linux", server_cpu_us_per_msg="7", server_threads_peak="4",
                    bound="server", cpu_model="", cpu_count="2")

    def test_round_trips(self):
        row = self.both()
        # 2 of 2000 samples lie beyond p99.9: too few.
        self.fields(row, rtt_min_us="1", rtt_mean_us="1.5", rtt_max_us="2", rtt_p50_us="1",
                    rtt_p90_us="2", rtt_p99_us="2", rtt_p99_9_us="")
        out = os.path.join(self.folder, "out")
        lines = tool.read_table(os.path.join(out, "histogram.csv"))
        self.assertEqual([(line["latency_basis"], line["low_ns"], line["count"])
                          for line in lines], [("sent", "1000", "1000"), ("sent", "2000", "1000")])
        facts = {fact["name"]: fact["value"]
                 for fact in tool.read_table(os.path.join(out, "environment.csv"))}
        self.assertEqual(facts, {"run_id": "made-up", "generators": "2",
                                 "cpu_model": "generator 1: A; generator 2: B"})
        self.assertIn("far-select-pingpong-64b-3-1.hgrm", os.listdir(out))

    def test_open_loop(self):
        """What got no answer counts as slower; both of a row's histograms are merged."""
        changes = {"workload": "rate", "loop": "open", "latency_basis": "intended",
                   "target_rate_msgs_per_s": "3000", "messages_unanswered": "500",
                   "rtt_mean_us": "", "rtt_max_us": "", "achieved_rate_msgs_per_s": "1000"}
        row = self.both({("intended", 1000): 1000, ("sent", 100): 1000},
                        {("intended", 2000): 1000, ("sent", 200): 1000}, **changes)
        self.fields(row, messages="2000", messages_unanswered="1000", rtt_p50_us="2",
                    rtt_p90_us="", rtt_uncorrected_p50_us="0.2", rtt_mean_us="", rtt_max_us="",
                    rtt_min_us="1", achieved_rate_msgs_per_s="2000")

    def test_connects(self):
        changes = {"workload": "churn", "connects": "1000", "connects_per_s": "1000.5",
                   "connect_max_us": "1.9"}
        row = self.both({("sent", 1000): 1000, ("connect", 500): 500, ("connect", 600): 500},
                        {("sent", 2000): 1000, ("connect", 700): 1000}, **changes)
        self.fields(row, connects="2000", connects_per_s="2001", connect_p50_us="0.6",
                    connect_p99_us="0.7", connect_max_us="1.9")

    def test_bound_holds_for_each_client(self):
        def bound(server, *clients):
            folders = [self.write(name, (dict(row, client_cpu_load=client, server_cpu_load=server),
                                         {("sent", at): 1000}))
                       for name, row, client, at in zip("ab", (FIRST, SECOND), clients,
                                                        (1000, 2000))]
            _, (row,) = self.merge(*folders)
            for name in "a", "b", "out":
                shutil.rmtree(os.path.join(self.folder, name))
            return row["bound"]
        self.assertEqual(bound("0.95", "0.5", "0.2"), "server")
        self.assertEqual(bound("0.95", "0.95", "0.2"), "undecided")
        self.assertEqual(bound("0.5", "0.95", "0.2"), "undecided")
        self.assertEqual(bound("0.5", "0.95", "0.97"), "client")
        self.assertEqual(bound("", "0.95", "0.97"), "undecided")

    def test_failed_part(self):
        a = self.write("a", (dict(FIRST), {("sent", 1000): 1000}),
                       (dict(FIRST, trial="2"), {("sent", 1000): 1000}),
                       (dict(FIRST, trial="3"), {("sent", 1000): 1000}),
                       (dict(FIRST, trial="5"), {("sent", 1000): 1000}),
                       (dict(FIRST, trial="6"), {("sent", 1000): 1000}))
        b = self.write("b", (dict(SECOND, status="failed", status_reason="a cable, cut"), {}),
                       (dict(SECOND, trial="3", started_at_utc="2026-11-24T15:00:09Z"),
                        {("sent", 2000): 1000}),
                       (dict(SECOND, trial="4"), {("sent", 2000): 1000}),
                       (dict(SECOND, trial="5"), {("sent", 2000): 1000}),
                       (dict(SECOND, trial="6"), {("sent", 2000): 1000}))
        result, rows = self.merge(a, b, status=1)
        reasons = {row["trial"]: (row["status"], row["status_reason"]) for row in rows}
        self.assertEqual(reasons["1"], ("failed", "generator 2/2: a cable, cut"))
        self.assertEqual(reasons["2"], ("failed", "generator 2/2: it has no such row"))
        self.assertIn("at another time", reasons["3"][1])
        self.assertEqual(reasons["4"], ("failed", "generator 1/2: it has no such row"))
        self.assertEqual(reasons["5"], ("ok", ""))
        self.assertEqual(reasons["6"], ("ok", ""))
        self.assertIn("results: ", result.out)
        trials = {line["trial"] for line in
                  tool.read_table(os.path.join(self.folder, "out", "histogram.csv"))}
        self.assertEqual(trials, {"5", "6"})

    def test_skipped(self):
        """Everywhere: it is no failure."""
        skip = {"status": "skipped", "status_reason": "runs on Windows only"}
        a = self.write("a", (dict(FIRST, started_at_utc="2026-11-24T15:00:01Z", **skip), {}))
        b = self.write("b", (dict(SECOND, **skip), {}))
        _, (row,) = self.merge(a, b)
        self.fields(row, status="skipped", status_reason="runs on Windows only")

    def test_cut_off(self):
        """A generator that was killed while it wrote."""
        a = self.write("a", (dict(FIRST), {("sent", 1000): 1000}))
        b = self.write("b", (dict(SECOND), {("sent", 2000): 1000}),
                       (dict(SECOND, trial="2"), {("sent", 2000): 1000}))
        path = os.path.join(b, "runs.csv")
        os.truncate(path, os.path.getsize(path) - 5)
        _, (row,) = self.merge(a, b)
        self.fields(row, status="ok", messages="2000")

    def refused(self, says, *folders, status=1):
        result, rows = self.merge(*folders, status=status)
        self.assertEqual(rows, [])
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        self.assertIn(says, result.err)

    def test_not_parts_of_one(self):
        def part(name, fields, **changes):
            return self.write(name, (dict(fields, **changes), {("sent", 1000): 1000}))
        first = part("first", FIRST)
        self.refused("iomodels compare", part("whole", FIRST, generator=""))
        self.refused("both generator 1's", first, part("again", FIRST))
        self.refused("is of 3 generators", first, part("three", SECOND, generator="2/3"))
        self.refused("is of the run another", first, part("other", SECOND, run_id="another"))
        self.refused("is not I of N", part("odd", FIRST, generator="3/2"))
        self.refused("at most", part("many", FIRST, generator="1/65"))
        self.refused("rows of several generators", self.write("mixed", (FIRST, {}), (SECOND, {})))
        self.refused("nowhere", os.path.join(self.folder, "nowhere"))
        self.refused("DIR is missing", status=2)

    def test_rows_without_a_trial(self):
        """Nothing tells such a row from the others of its cell, not even itself."""
        def parts(where, **changes):
            os.mkdir(os.path.join(self.folder, where))
            return [self.write("%s/%s" % (where, name), (fields, {("sent", 1000): 1000}))
                    for name, fields in (("a", dict(FIRST, **changes)), ("b", SECOND))]
        self.refused("row 1 has no trial", *parts("empty", trial=""))
        without = [{name: fields[name] for name in fields if name != "trial"}
                   for fields in (FIRST, SECOND)]
        self.refused("row 1 has no trial", *[self.write(name, (fields, {})) for name, fields
                                             in zip(("c", "d"), without)])

    def test_lost_lines(self):
        """One part has no intervals.csv, or not those of all messages."""
        a = self.write("a", (FIRST, {("sent", 1000): 1000}))
        b = self.write("b", (SECOND, {("sent", 2000): 1000}))
        own = ["generator", "interval", "start_s", "length_s", "messages", "messages_unanswered",
               "rtt_p50_us", "rtt_p99_us", "rtt_max_us", "outstanding", "oldest_unanswered_us"]
        for messages, says in (("1000", "b/intervals.csv: "),
                               ("999", "a/intervals.csv: it has 999 messages of a row that has 1000")):
            line = [FIRST.get(column, "") for column in KEY] + \
                ["1 of 2", "1", "0", "1", messages, "", "", "", "", "", ""]
            with open(os.path.join(a, "intervals.csv"), "w", encoding="utf-8") as file:
                file.write(saved.text([[*KEY, *own], line]))
            result, _ = self.merge(a, b, status=1)
            self.assertIn(says, result.err)
            shutil.rmtree(os.path.join(self.folder, "out"))

    def test_lost_samples(self):
        a = self.write("a", (FIRST, {("sent", 1000): 999}))
        b = self.write("b", (SECOND, {("sent", 2000): 1000}))
        result, _ = self.merge(a, b, status=1)
        self.assertIn("histogram.csv has 999 round trips of a row that has 1000", result.err)

    def test_bad_bucket(self):
        a = self.write("a", (FIRST, {("sent", 4097): 1000}))
        b = self.write("b", (SECOND, {("sent", 2000): 1000}))
        result, _ = self.merge(a, b, status=1)
        self.assertIn("line 2 is no bucket", result.err)

    def test_saved_by_other_programs(self):
        not_measured = {"target_rate_msgs_per_s": ""}
        folders = [self.write("a", (dict(FIRST, **not_measured), {("sent", 1000): 1000})),
                   self.write("b", (dict(SECOND, **not_measured), {("sent", 2000): 1000}))]

        def merged(status=0):
            result, table = self.merge(*folders, status=status)
            shutil.rmtree(os.path.join(self.folder, "out"), ignore_errors=True)
            return result if status else table
        expected = merged()
        for file in "runs.csv", "histogram.csv", "environment.csv":
            path = os.path.join(folders[1], file)
            for name, how in saved.READ.items():
                with self.subTest(name, file=file):
                    before = saved.rewrite(path, how)
                    self.assertEqual(merged(), expected)
                    with open(path, "wb") as whole:
                        whole.write(before)
            refused = dict(saved.REFUSED, **(saved.NO_NUMBERS if file == "runs.csv" else {}))
            for name, (how, says) in refused.items():
                with self.subTest(name, file=file):
                    before = saved.rewrite(path, how)
                    result = merged(status=1)
                    self.assertEqual(len(result.errors()), 1, result.err)
                    for word in ("iomodels merge: ", os.path.join("b/", file), *says):
                        self.assertIn(word, result.err)
                    with open(path, "wb") as whole:
                        whole.write(before)

    def test_older_spelling(self):
        """Of the generator, which spreadsheets take for a date."""
        row = self.both()
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)
        folders = [self.write("a", (dict(FIRST, generator="1 of 2"), {("sent", 1000): 1000})),
                   self.write("b", (dict(SECOND, generator="2 of 2"), {("sent", 2000): 1000}))]
        self.assertEqual(self.merge(*folders)[1], [row])
        date = self.write("date", (dict(FIRST, generator="2026-01-02"), {("sent", 1000): 1000}))
        self.assertIn("did a spreadsheet take it for a date?", self.merge(date, status=1)[0].err)

    def test_curves_that_can_not_be_written(self):
        """No reason to leave out the summary, or other curves."""
        folders = [self.write("a", (FIRST, {("sent", 1000): 1000}),
                              (dict(FIRST, model="poll"), {("sent", 1000): 1000})),
                   self.write("b", (SECOND, {("sent", 2000): 1000}),
                              (dict(SECOND, model="poll"), {("sent", 2000): 1000}))]
        out = os.path.join(self.folder, "out")
        self.merge(*folders)
        curves = sorted(name for name in os.listdir(out) if name.endswith(".hgrm"))
        self.assertEqual(len(curves), 2)
        for below in "", ".part":  # where it goes, and where it is written
            for blocked in curves:
                with self.subTest(blocked + below):
                    shutil.rmtree(out)
                    os.makedirs(os.path.join(out, blocked + below, "in the way"))
                    result, table = self.merge(*folders, status=1)
                    self.assertEqual(len(result.errors()), 1, result.err)
                    self.assertIn(blocked, result.err)
                    self.assertEqual(len(table), 2)
                    summary = tool.read_table(os.path.join(out, "summary.csv"))
                    self.assertEqual({row["model"] for row in summary}, {"select", "poll"})
                    (other,) = set(curves) - {blocked}
                    self.assertTrue(os.path.isfile(os.path.join(out, other)))
                    if not below:  # whole, beside its place
                        self.assertIn(blocked + ".part", result.err)
                        with open(os.path.join(out, blocked + ".part"), encoding="utf-8") as file:
                            self.assertIn("Total count", file.read())

    def test_does_not_overwrite(self):
        self.both()
        result = tool.run("merge", os.path.join(self.folder, "a"), os.path.join(self.folder, "b"),
                          "--out", os.path.join(self.folder, "out"))
        self.assertEqual(result.status, 1)
        self.assertIn("runs.csv: ", result.err)


if __name__ == "__main__":
    tool.main()
