"""Several client threads: --client-threads, a factor of a run."""
import os
import unittest

import tool

# Of so many connections no two threads have as many.
CONNECTIONS = 7
WORKLOADS = {"pingpong": (), "stream": (), "rate": ("--rate", "2000"), "burst": (), "churn": (),
             "idle": ("--active", "3"), "mixed": ("--rate", "2000", "--misbehaving", "3"),
             "ramp": ("--steps", "2")}


def lines_of(table, row):
    """The lines of another file that are the row's."""
    keys = [name for name in ("workload", "connections", "trial") if name in table[0]]
    return [line for line in table if all(line[name] == row[name] for name in keys)]


class Counts(unittest.TestCase):
    """What the threads have seen together is one run."""

    def check_row(self, row, folder):
        self.assertEqual(row["status"], "ok", row["status_reason"])
        self.assertEqual(row["client_threads"], "2")
        self.assertEqual(row["connections_attempted"], row["connections"])
        self.assertEqual(row["connections_established"], row["connections"])
        self.assertEqual((row["errors"], row["verify_failures"], row["messages_unanswered"]),
                         ("0", "0", "0"))
        messages = int(row["messages"])
        self.assertGreater(messages, 0)
        self.assertEqual(int(row["rtt_samples"]), messages)
        table = {name: lines_of(tool.read_table(os.path.join(folder, name + ".csv")), row)
                 for name in ("histogram", "intervals", "connections")}
        shares = table["connections"]
        numbers = [int(line["connection"]) for line in shares]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(len(numbers), int(row["connections_active"]))
        self.assertEqual(sum(int(line["messages"]) for line in shares), messages)
        self.assertEqual(sum(int(line["messages"]) for line in table["intervals"]), messages)
        self.assertEqual(sum(int(line["count"]) for line in table["histogram"]
                             if line["latency_basis"] == row["latency_basis"]), messages)
        if row["bursts"]:
            self.assertEqual(int(row["bursts"]) * CONNECTIONS, messages)

    def test_each_workload(self):
        for workload, options in WORKLOADS.items():
            with self.subTest(workload), tool.folder() as out:
                result = tool.bench(out, "--model", "select", "--workload", workload, *options,
                                    "--connections", str(CONNECTIONS), "--client-threads", "2",
                                    "--per-connection", "--interval", "50ms")
                self.assertEqual(result.status, 0, result.err)
                if workload != "ramp":  # its table has no such heading
                    self.assertIn("2 client threads", result.out)
                for row in tool.read_runs(out):
                    self.check_row(row, tool.run_folder(out))

    def test_clients_that_have_to_wait(self):
        """The server serves the first connection, which another thread's must not come before."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "blocking_single", "--connections", "4",
                                "--client-threads", "4")
            self.assertEqual(result.status, 0, result.err)
            row, = tool.read_runs(out)
            self.assertEqual((row["connections_established"], row["connections_starved"]), ("4", "3"))


class Factor(unittest.TestCase):
    def test_one_for_each_connection(self):
        """More are not made; one is the same as without the option."""
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", "--connections", "1,2,5",
                                "--client-threads", "3")
            self.assertEqual(result.status, 0, result.err)
            self.assertEqual({row["connections"]: row["client_threads"] for row in tool.read_runs(out)},
                             {"1": "", "2": "2", "5": "3"})
            summary = tool.read_table(os.path.join(tool.run_folder(out), "summary.csv"))
            self.assertEqual({line["client_threads"] for line in summary}, {"", "2", "3"})
            again = tool.run("bench", "--resume", tool.run_folder(out), "--trials", "2")
            self.assertEqual(again.status, 0, again.err)
            self.assertEqual(sorted(row["client_threads"] for row in tool.read_runs(out)),
                             ["", "", "2", "2", "3", "3"])

    def test_not_compared(self):
        """Rows of another number of client threads are of another configuration."""
        with tool.folder() as one, tool.folder() as two:
            for out, threads in (one, "1"), (two, "2"):
                result = tool.bench(out, "--model", "select", "--client-threads", threads)
                self.assertEqual(result.status, 0, result.err)
            result = tool.run("compare", tool.run_folder(one), tool.run_folder(two))
            self.assertEqual(result.status, 2, result.err)
            self.assertIn("they differ in client_threads: empty in the first one, 2 in the second", result.err)


if __name__ == "__main__":
    tool.main()
