"""Every workload against every model: each row's accounts, and which columns it fills."""
import collections
import os
import unittest

import tool

CONNECTIONS = "4"
RATE = "500"
BURST_MS = 10
ACTIVE = "2"
OPEN = ("rate", "burst", "mixed")
# Columns that only some workloads have.
OWN = {
    "target_rate_msgs_per_s": ("rate", "mixed"),
    "achieved_rate_msgs_per_s": OPEN,
    "burst_interval_us": ("burst",),
    "bursts": ("burst",),
    "burst_last_max_us": ("burst",),
    "connects": ("churn",),
    "connects_per_s": ("churn",),
    "connect_max_us": ("churn",),
}
KEY = ("target", "model", "workload", "connections", "connections_active", "trial")


class Workloads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tool.folder() as out:
            cls.result = tool.bench(
                out, *[word for name in tool.workloads() for word in ("--workload", name)],
                "--connections", CONNECTIONS, "--rate", RATE, "--burst-every", "%dms" % BURST_MS,
                "--active", ACTIVE, "--steps", "1")
            folder = tool.run_folder(out)
            cls.runs = tool.read_table(os.path.join(folder, "runs.csv"))
            cls.samples = tool.read_table(os.path.join(folder, "histogram.csv"))
            cls.files = os.listdir(folder)

    def of(self, *workloads):
        return [row for row in self.runs if row["workload"] in workloads]

    def test_all_measured(self):
        self.assertEqual((self.result.status, self.result.errors()), (0, []))
        able = tool.available_models()
        cells = collections.Counter((row["model"], row["workload"]) for row in self.runs
                                    if row["status"] != "skipped")
        self.assertEqual(cells, collections.Counter(
            (model, workload) for model in able for workload in tool.workloads()))
        self.runs = [row for row in self.runs if row["status"] == "ok"]
        self.assertEqual(sum(cells.values()), len(self.runs))
        self.samples_equal_messages()
        self.columns_of_each()
        self.open_loops()
        self.idle()

    def samples_equal_messages(self):
        """Not one sample is lost: by what each histogram counts."""
        counts = collections.Counter()
        for line in self.samples:
            counts[tuple(line[name] for name in KEY) + (line["latency_basis"],)] += \
                int(line["count"])
        expected = {}
        for row in self.runs:
            cell = tuple(row[name] for name in KEY)
            expected[cell + (row["latency_basis"],)] = int(row["messages"])
            if row["loop"] == "open":
                expected[cell + ("sent",)] = int(row["messages"])
            if row["connects"] != "":
                expected[cell + ("connect",)] = int(row["connects"])
            self.assertGreater(int(row["messages"]), 0)
            self.assertEqual(row["messages"], row["rtt_samples"])
            for name in "errors", "verify_failures", "messages_unanswered":
                self.assertEqual(row[name], "0", (cell, name))
            for name in "connections_attempted", "connections_established":
                self.assertEqual(row[name], row["connections"])
        self.assertEqual(counts, expected)

    def columns_of_each(self):
        for row in self.runs:
            for name, workloads in OWN.items():
                self.assertEqual(row[name] != "", row["workload"] in workloads,
                                 (row["workload"], name))
            is_open = row["workload"] in OPEN
            self.assertEqual((row["loop"], row["latency_basis"]),
                             ("open", "intended") if is_open else ("closed", "sent"))
            self.assertEqual(row["connections_misbehaving"],
                             "6" if row["workload"] == "mixed" else "0")
            self.assertEqual(row["connections_active"],
                             ACTIVE if row["workload"] == "idle" else CONNECTIONS)
            for name in "rtt_min_us", "rtt_max_us", "throughput_msgs_per_s", "bound":
                self.assertNotEqual(row[name], "", (row["workload"], name))

    def open_loops(self):
        for row in self.of(*OPEN):
            self.assertEqual(row["throughput_msgs_per_s"], row["achieved_rate_msgs_per_s"])
        for row in self.of("rate"):
            self.assertEqual(row["target_rate_msgs_per_s"], RATE)
            self.assertIn("%s-%s-rate-64b-%s-1-%s.hgrm" % (row["target"], row["model"], CONNECTIONS,
                                                           RATE), self.files)
        for row in self.of("burst"):
            self.assertEqual(row["burst_interval_us"], str(BURST_MS * 1000))
            self.assertEqual(int(row["bursts"]) * int(CONNECTIONS), int(row["messages"]))
            self.assertEqual(row["burst_last_max_us"], row["rtt_max_us"])

    def idle(self):
        """Only the active ones are compared: the silent ones got nothing, and are no part of it."""
        for row in self.of("idle"):
            self.assertGreaterEqual(float(row["fairness_jain"]), 1 / int(ACTIVE))


class Choice(unittest.TestCase):
    def planned(self, *words):
        result = tool.run("bench", "--dry-run", "--trials", "1", "--model",
                          tool.available_models()[0], *words)
        self.assertEqual((result.status, result.out), (0, ""), result.err)
        return int(result.err.split()[0])

    def test_combinations(self):
        self.assertEqual(self.planned("--workload", "rate", "--rate", "10,20,30",
                                      "--connections", "1,2"), 6)
        self.assertEqual(self.planned("--workload", "rate", "--workload", "pingpong",
                                      "--rate", "10,20,10"), 3)
        self.assertEqual(self.planned("--workload", "ramp", "--connections", "10,20",
                                      "--steps", "4"), 6)  # 2, 5, 7, 10, 15, 20
        self.assertEqual(self.planned("--workload", "ramp", "--connections", "2",
                                      "--steps", "4"), 2)

    def test_undisturbed_beside_mixed(self):
        """The same rate without the clients that misbehave, once."""
        self.assertEqual(self.planned("--workload", "mixed"), 2)
        self.assertEqual(self.planned("--workload", "mixed,rate", "--rate", "10,20"), 4)
        with tool.folder() as out:
            result = tool.bench(out, "--workload", "mixed", "--rate", RATE, "--model",
                                tool.available_models()[0])
            rows = {row["workload"]: row for row in tool.read_runs(out)}
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual({name: row["connections_misbehaving"] for name, row in rows.items()},
                         {"rate": "0", "mixed": "6"})
        for name in "connections", "message_bytes", "pipeline_depth", "target_rate_msgs_per_s":
            self.assertEqual(rows["rate"][name], rows["mixed"][name])

    def test_what_cannot_be_measured_is_said_before(self):
        """And how it can: harness/bench has the other system's models too."""
        models = tool.models()
        here = tool.available_models()[0]
        other = next(name for name, row in models.items() if row["available"] != "yes")
        words = ("bench", "--dry-run", "--model", "%s,%s" % (here, other))
        result = tool.run(*words)
        said = "iomodels bench: %s will not be measured on %s: %s" % (other, tool.NATIVE,
                                                                      models[other]["reason"])
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.err.splitlines()[0], said)
        self.assertIn("harness/bench", result.err.splitlines()[1])
        # Who has more targets has chosen them.
        both = [word for name in "ab" for word in
                ("--target", "%s=%s" % (name, tool.quoted(tool.PROGRAM)))]
        self.assertNotIn("harness/bench", tool.run(*words, *both).err)
        self.assertEqual(len(tool.run("bench", "--dry-run").err.splitlines()), 1)

    def test_most_connections(self):
        """Where the server needs more room than connections, fewer of them go."""
        for workload, most, room in ("churn", 499992, 1000002), ("mixed", 999988, 1000001):
            words = ["bench", "--dry-run", "--workload", workload, "--connections"]
            result = tool.run(*words, str(most))
            self.assertEqual((result.status, result.out), (0, ""), result.err)
            result = tool.run(*words, "%d,16" % (most + 1))
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertEqual(len(result.err.splitlines()), 1)
            self.assertIn("--connections %d: %s can have %d at most" % (most + 1, workload, most),
                          result.err)
            self.assertIn("room for %d" % room, result.err)

    def test_options_that_nobody_takes(self):
        for words, says in (
                (("--rate", "5"), "--rate is for --workload rate or mixed"),
                (("--workload", "rate", "--active", "2"), "--active is for --workload idle"),
                (("--workload", "rate", "--misbehaving", "2"),
                 "--misbehaving is for --workload mixed"),
                (("--workload", "rate", "--steps", "2"), "--steps is for --workload ramp"),
                (("--workload", "rate", "--burst-every", "1s"), "--burst-every is for"),
                (("--workload", "idle", "--pipeline", "2"), "--pipeline is for"),
                (("--workload", "idle", "--connections", "3", "--active", "4"),
                 "--active 4: idle has 3 connections")):
            with self.subTest(words):
                result = tool.run("bench", *words)
                self.assertEqual((result.status, result.out), (2, ""))
                self.assertEqual(len(result.err.splitlines()), 1)
                self.assertIn(says, result.err)

    def test_too_much_is_told(self):
        """A rate that nobody can hold: marked, and no message of it goes uncounted."""
        # As many messages each time; on a busy machine no answer comes within a short window.
        for rate, duration in (5000000, "10ms"), (500000, "100ms"), (50000, "1s"):
            with tool.folder() as out:
                result = tool.run("bench", *tool.SHORT, "--out", out, "--target", tool.fake("none"),
                                  "--connections", "4", "--workload", "rate", "--rate", str(rate),
                                  "--warmup", "1ms", "--duration", duration)
                (row,) = tool.read_runs(out)
            if not tool.is_busy(result.err):
                break
        if tool.PAUSED in result.err:
            self.skipTest("others took the client's time: " + result.err)
        self.assertEqual((result.status, result.errors()), (0, []))
        self.assertIn("overload", row["warnings"].split(";"))
        self.assertNotEqual(row["bound"], "rate")
        self.assertGreaterEqual(int(row["messages"]) + int(row["messages_unanswered"]), 50000)
        self.assertLess(float(row["achieved_rate_msgs_per_s"]), rate)

    def test_ramp_tells_how_many(self):
        """A server that refuses some: the row is one of those that could be had."""
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("echo-refuses"), "--workload", "ramp",
                                "--connections", "12", "--steps", "2")
            rows = tool.read_runs(out)
        self.assertEqual((result.status, result.errors()), (0, []))
        for row, attempted in zip(rows, ("6", "12")):
            self.assertEqual((row["connections"], row["connections_attempted"]),
                             (attempted, attempted))
            self.assertEqual(row["status"], "ok")
            self.assertIn("connections_missing", row["warnings"].split(";"))
            established = int(row["connections_established"])
            self.assertTrue(0 < established < int(attempted), established)
            self.assertTrue(row["status_reason"].startswith(
                "%d of %s connections were established: " % (established, attempted)))
            self.assertGreater(int(row["messages"]), 0)

    def test_designs(self):
        """The suite's models, of which some let clients wait for their turn; all are served."""
        listed = tool.models()
        designs = [name for name in listed if listed[name]["available"] == "yes" and name in (
            "blocking", "iocp", "epoll", "blocking_single", "blocking_prethreaded",
            "blocking_fork", "blocking_prefork", "epoll_exclusive", "epoll_reuseport")]
        for duration in "100ms", "2s":  # the longer one where a busy machine has it
            with tool.folder() as out:
                result = tool.bench(out, "--suite", "designs", "--workload", "churn",
                                    "--connections", "20", "--duration", duration)
                rows = [row for row in tool.read_runs(out) if row["status"] != "skipped"]
            if all(row["connects"] not in ("", "0") for row in rows):
                break
        self.assertEqual((result.status, result.errors()), (0, []))
        self.assertEqual(sorted(row["model"] for row in rows), sorted(designs))
        for row in rows:
            self.assertEqual((row["status"], row["connections_established"]), ("ok", "20"),
                             row["model"])
            self.assertGreater(int(row["connects"]), 0, row["model"])

    def test_no_answer_is_no_round_trip(self):
        """A server that serves one of four: the percentiles don't tell of that one alone."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "blocking_single", "--workload", "rate",
                                "--rate", "4000", "--duration", "500ms")
            (row,) = tool.read_runs(out)
            samples = tool.read_table(os.path.join(tool.run_folder(out), "histogram.csv"))
        self.assertEqual((result.status, result.errors()), (0, []))
        answered, unanswered = int(row["messages"]), int(row["messages_unanswered"])
        self.assertGreaterEqual(answered + unanswered, 2000)
        self.assertGreater(unanswered, 2 * answered)
        self.assertEqual(sum(int(line["count"]) for line in samples), 2 * answered)
        self.assertIn("overload", row["warnings"].split(";"))
        self.assertEqual(row["connections_starved"], "3")
        self.assertNotEqual(row["rtt_min_us"], "")
        for name in ("rtt_p50_us", "rtt_p90_us", "rtt_p99_us", "rtt_mean_us", "rtt_max_us",
                     "rtt_uncorrected_p50_us"):
            self.assertEqual(row[name], "", name)


if __name__ == "__main__":
    tool.main()
