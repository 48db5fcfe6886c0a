"""A server's work: --work-cpu and --work-wait, as factors of a run."""
import collections
import os
import unittest

import tool

WORK = ("work_cpu_us", "work_wait_us", "work_exponential")


class Work(unittest.TestCase):
    def test_each_is_a_configuration(self):
        """Of its own, in every file."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--work-cpu", "0,20us",
                                "--work-wait", "0,exp:1ms")
            self.assertEqual(result.status, 0, result.err)
            folder = tool.run_folder(out)
            rows = tool.read_runs(out)
            self.assertEqual(collections.Counter(tuple(row[name] for name in WORK) for row in rows),
                             {("", "", ""): 1, ("20", "", ""): 1, ("", "1000", "wait"): 1,
                              ("20", "1000", "wait"): 1})
            names, *lines = tool.read_csv(os.path.join(folder, "histogram.csv"))
            counted = collections.Counter()
            for line in lines:
                line = dict(zip(names, line))
                counted[tuple(line[name] for name in WORK)] += int(line["count"])
            self.assertEqual(counted, {tuple(row[name] for name in WORK): int(row["messages"])
                                       for row in rows})
            curves = [name for name in os.listdir(folder) if name.endswith(".hgrm")]
            self.assertEqual(len(curves), 4, curves)
            names, *lines = tool.read_csv(os.path.join(folder, "summary.csv"))
            of = [names.index(name) for name in WORK]
            self.assertEqual({tuple(line[place] for place in of) for line in lines},
                             {tuple(row[name] for name in WORK) for row in rows})
            self.assertIn("wait exp 1 ms", result.out)
            again = tool.run("bench", "--resume", folder, "--trials", "2")
            self.assertEqual(again.status, 0, again.err)
            self.assertEqual(len(tool.read_runs(out)), 8)

    def test_the_processor_is_used(self):
        """Each message costs what its work says, and more. (A bound from below, so no timing.)"""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "blocking,select", "--duration", "500ms",
                                "--work-cpu", "300us")
            self.assertEqual(result.status, 0, result.err)
            for row in tool.read_runs(out):
                if row["server_cpu_us_per_msg"]:
                    self.assertGreater(float(row["server_cpu_us_per_msg"]), 270, row["model"])

    def test_explain_says_what_a_thread_can_serve(self):
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--work-wait", "2ms", "--explain", counted=True)
        self.assertIn("With 2 ms of work for each message a thread serves at most 500 messages",
                      " ".join(result.out.split()))

    def test_trace(self):
        server = tool.Server("--model", "select", "--trace", "--work-wait", "1ms",
                             "--message-bytes", "5")
        with server.connect() as client:
            tool.exchange(client, b"hellohello")
        server.interrupt()
        result = server.end()
        self.assertEqual(result.err.count("0.0 us of the processor, 1000.0 us waited"), 2)

    def test_bad_times(self):
        for option in "--work-cpu", "--work-wait":
            for text in "20", "2s", "exp:", "fast":
                for words in (("bench", "--dry-run"), ("serve", "--model", "select")):
                    with self.subTest(option=option, text=text, command=words[0]):
                        result = tool.run(*words, option, text)
                        self.assertEqual(result.status, 2, result.err)
                        self.assertIn("%s %s: not a time such as 20us" % (option, text),
                                      result.err)

    def test_suite(self):
        result = tool.run("bench", "--suite", "work", "--model", "select", "--dry-run")
        self.assertIn("30 runs", result.out + result.err)

    def test_suite_has_the_pools(self):
        pools = {name for name in ("epoll_pool", "iocp_pool")
                 if tool.models()[name]["available"] == "yes"}
        self.assertTrue(pools)
        result = tool.run("bench", "--suite", "work", "--dry-run")
        self.assertIn("%d runs" % (30 * len({*tool.available_models(), *pools})),
                      result.out + result.err)


if __name__ == "__main__":
    tool.main()
