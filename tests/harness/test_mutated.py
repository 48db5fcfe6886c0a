"""Each cell of a run's files, with values that no run has: a line that says where, or a plain answer."""
import os
import re
import shutil
import unittest

import saved
import tool

COMMANDS = ("compare", "report", "merge", "resume")
WORKLOADS = ("pingpong", "rate", "burst", "churn")
MOST = str(2 ** 53)
# Numbers that become integers, factors and others; the least that each may be. test_row has all.
LEAST = {"message_bytes": "1"}
if not tool.ON_WINE and not tool.ON_WINDOWS:  # where a process takes long to start
    LEAST.update({"trial": "1", "messages_unanswered": "0", "connections": "1", "buffer_bytes": "1", "burst_interval_us": "0", "rtt_min_us": "0",
                  "rtt_max_us": "0", "rtt_samples": "0", "server_cpu_us_per_msg": "0",
                  "kernel_memory_bytes": "-" + MOST})


class Mutated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        context = tool.folder()
        cls.folder = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        out = os.path.join(cls.folder, "out")
        models = ",".join(tool.available_models()[:2])
        result = tool.bench(out, "--model", models, "--trials", "2", "--rate", "2k", "--burst-every", "5ms",
                            *[word for name in WORKLOADS for word in ("--workload", name)])
        if result.status != 0:
            raise AssertionError(result.err)
        cls.run_folder = tool.run_folder(out)
        cls.rows = tool.read_csv(os.path.join(cls.run_folder, "runs.csv"))
        cls.metrics = tool.run("compare", cls.run_folder, "--metric", "?").err
        cls.metrics = re.search(r"known are all, or (.*) \(see", cls.metrics).group(1).replace(", ", ",")
        # All that it reads of a row.
        cls.compared = {*cls.metrics.split(","), *tool.columns("FACTOR"), *tool.columns("CONDITION"),
                        "schema_version", "server_threads"}
        cls.answers = {command: cls.command(command, cls.rows) for command in COMMANDS}

    @classmethod
    def write(cls, place, rows, generator=None):
        """The run's folder with these rows, or what the Ith of two load generators would have of them."""
        if not os.path.exists(place):
            shutil.copytree(cls.run_folder, place)
        if generator:
            at = rows[0].index("generator")
            rows = [rows[0]] + [row[:at] + ["%d of 2" % generator] + row[at + 1:] for row in rows[1:]]
        with open(os.path.join(place, "runs.csv"), "wb") as file:
            file.write(saved.text(rows).encode())

    @classmethod
    def command(cls, command, rows):
        parts = [os.path.join(cls.folder, "part-%d" % i) for i in (1, 2)]
        place, merged = os.path.join(cls.folder, "run"), os.path.join(cls.folder, "merged")
        if command == "merge":
            shutil.rmtree(merged, ignore_errors=True)
            for i, part in enumerate(parts, 1):
                cls.write(part, rows, i)
            return tool.run("merge", *parts, "--out", merged)
        cls.write(place, rows)
        if command == "compare":
            return tool.run("compare", place, "--metric", cls.metrics)
        if command == "report":
            return tool.run("report", place, "--out", os.path.join(cls.folder, "page.html"))
        return tool.run("bench", "--resume", place)

    def mutated(self, column, value):
        at = self.rows[0].index(column)
        return [self.rows[0]] + [row[:at] + [value] + row[at + 1:] for row in self.rows[1:]]

    def test_sound(self):
        """Else nothing below would show anything."""
        self.assertEqual([self.answers[command].status for command in COMMANDS], [0, 0, 0, 0])
        self.assertIn("nothing was left to be measured", self.answers["resume"].out)

    def test_outside_of_its_range(self):
        for column, least in LEAST.items():
            below = {"-": "-1e16", "0": "-1", "1": "0"}[least[0]]
            for command in COMMANDS:
                if command == "compare" and column not in self.compared:
                    continue
                for value in "1e20", below:
                    with self.subTest(column, command=command, value=value):
                        result = self.command(command, self.mutated(column, value))
                        self.refused(result, command, column, value, least)

    def refused(self, result, command, column, value, least):
        self.assertEqual(result.status, 2 if command in ("compare", "report") else 1, result.err)
        self.assertEqual(result.out, "")
        (line,) = result.err.splitlines()
        self.assertRegex(line, r"(line 2|runs\.csv: row 1): ")
        self.assertIn("%s: %s is not within its range, %s to %s" % (column, value, least, MOST), line)

    def test_within_its_range(self):
        """What may be there, but is not known, or is more than any run has, is answered for."""
        for column in LEAST:
            for value in "", MOST:
                for command in COMMANDS:
                    with self.subTest(column, command=command, value=value):
                        result = self.command(command, self.mutated(column, value))
                        self.assertIn(result.status, (0, 1, 2), result.err)
                        self.assertNotIn("runtime error", result.err)
                        self.assertIsNone(re.search(r"(?i)(?<!\w)-?(nan|inf)(?!\w)",
                                                    result.out + result.err), result.out + result.err)


if __name__ == "__main__":
    tool.main()
