"""Several serving threads: --threads, a factor of a run."""
import collections
import os
import subprocess
import unittest

import tool


def shares(line, key):
    return [int(word) for word in tool.line_values(line)[key].split(",")]


class Factor(unittest.TestCase):
    def test_each_is_a_configuration(self):
        """Of its own, in every file."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--threads", "1,2")
            self.assertEqual(result.status, 0, result.err)
            folder = tool.run_folder(out)
            rows = tool.read_runs(out)
            self.assertEqual([(row["threads"], row["server_threads"]) for row in rows],
                             [("1", "1"), ("2", "2")])
            counted = collections.Counter()
            for line in tool.read_table(os.path.join(folder, "histogram.csv")):
                counted[line["threads"]] += int(line["count"])
            self.assertEqual(counted, {row["threads"]: int(row["messages"]) for row in rows})
            summary = tool.read_table(os.path.join(folder, "summary.csv"))
            self.assertEqual({line["threads"] for line in summary}, {"1", "2"})
            curves = [name for name in os.listdir(folder) if name.endswith("threads.hgrm")]
            self.assertEqual(len(curves), 2, curves)
            self.assertIn("2 threads", result.out)
            again = tool.run("bench", "--resume", folder, "--trials", "2")
            self.assertEqual(again.status, 0, again.err)
            self.assertEqual(len(tool.read_runs(out)), 4)

    def test_own_choice(self):
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select")
            self.assertEqual(result.status, 0, result.err)
            row, = tool.read_runs(out)
            self.assertEqual((row["threads"], row["threads_jain"], row["accepts_jain"]), ("", "", ""))

    def test_models_that_take_none(self):
        """They are asked for them as all the others are, and make none of them beforehand."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select,blocking,blocking_single", "--threads", "4",
                                "--connections", "1")
            self.assertEqual(result.status, 0, result.err)
            self.assertEqual({row["model"]: (row["threads"], row["server_threads"])
                              for row in tool.read_runs(out)},
                             {"select": ("4", "4"), "blocking": ("4", "1"), "blocking_single": ("4", "1")})

    def test_searched_rates(self):
        """A search has a row for each, and says which is which."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--threads", "1,2", "--rate-search", "p50:1s",
                                "--rate", "1000", "--trials", "1", "--duration", "50ms")
            self.assertIn(result.status, (0, 1), result.err)
            lines = tool.read_table(os.path.join(tool.run_folder(out), "rate_search.csv"))
            self.assertEqual([line["threads"] for line in lines], ["1", "2"])
            self.assertIn("2 threads", result.out)


class Shares(unittest.TestCase):
    """What each thread has done."""

    def test_lines_of_a_server(self):
        """One thread accepts, and hands each connection to the one that has the fewest."""
        server = tool.Server("--model", "select", "--threads", "2", "--control", stdin=subprocess.PIPE)
        clients = [server.connect() for _ in range(2)]
        for client, size in zip(clients, (100, 300)):
            self.assertEqual(len(tool.exchange(client, b"x" * size)), size)
        result = server.end(b"stats\n")
        for client in clients:
            client.close()
        line = result.out.splitlines()[1]
        if "recv_calls" in tool.line_values(line):  # not with -Dobserve=false
            self.assertEqual(sorted(shares(line, "threads_recv_bytes")), [100, 300])
            self.assertEqual(shares(line, "threads_accepts"), [2, 0])
            self.assertEqual(tool.line_values(line)["accepts"], "2")

    def test_one_thread_has_no_share(self):
        server = tool.Server("--model", "select", "--control", stdin=subprocess.PIPE)
        self.assertNotIn("threads_", server.end(b"stats\n").out.replace("threads_peak", ""))

    def test_index_of_a_row(self):
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--threads", "3", "--connections", "6")
            self.assertEqual(result.status, 0, result.err)
            row, = tool.read_runs(out)
            if row["threads_jain"]:
                self.assertAlmostEqual(float(row["accepts_jain"]), 1 / 3, 5)
                self.assertGreater(float(row["threads_jain"]), 0.5)
                self.assertLessEqual(float(row["threads_jain"]), 1)


if __name__ == "__main__":
    tool.main()
