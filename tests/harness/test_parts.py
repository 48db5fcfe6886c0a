"""intervals.csv and connections.csv: together the parts are the row, whatever happened to the run."""
import collections
import math
import os
import shutil
import unittest

import tool

FILES = ("intervals.csv", "connections.csv")
ASKED = ("--interval", "30ms", "--per-connection")
KEY = ("run_id", "target", "model", "workload", "connections", "message_bytes",
       "target_rate_msgs_per_s", "trial")


def jain(values):
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def numbers(lines, column):
    return [float(line[column]) for line in lines if line[column] != ""]


def by_row(folder, name):
    """The lines of each row, by what names it."""
    found = collections.defaultdict(list)
    for line in tool.read_table(os.path.join(folder, name)):
        found[tuple(line[column] for column in KEY)].append(line)
    return found


class Whole(unittest.TestCase):
    def near(self, value, other, column, tolerance=2e-5):
        self.assertTrue(math.isclose(float(value), float(other), rel_tol=tolerance, abs_tol=1e-9),
                        "%s: %s, not %s" % (column, value, other))

    def check_intervals(self, row, lines):
        self.assertEqual([line["interval"] for line in lines],
                         [str(number) for number in range(1, len(lines) + 1)])
        end = 0
        for line in lines:
            self.near(line["start_s"], end, "start_s")
            end = float(line["start_s"]) + float(line["length_s"])
        self.near(end, row["window_s"], "window_s")
        for column in ("messages", "messages_unanswered"):
            if row["loop"] == "open" or column == "messages":
                self.assertEqual(sum(numbers(lines, column)), float(row[column]), column)
            else:
                self.assertEqual(numbers(lines, column), [])
        if row["rtt_max_us"]:  # else a busy machine left messages without an answer
            self.near(max(numbers(lines, "rtt_max_us")), row["rtt_max_us"], "rtt_max_us")
        self.assertEqual(lines[-1]["oldest_unanswered_us"], row["oldest_unanswered_us"])
        for line in lines:
            known = numbers([line], "rtt_p50_us") + numbers([line], "rtt_p99_us") + \
                numbers([line], "rtt_max_us")
            self.assertEqual(known, sorted(known))
            self.assertEqual(line["rtt_p50_us"] != "", float(line["messages"]) >= 20)

    def check_connections(self, row, lines):
        self.assertEqual(len(lines), int(row["connections_active"]))
        self.assertEqual(len({line["connection"] for line in lines}), len(lines))
        messages = numbers(lines, "messages")
        self.assertEqual(sum(messages), float(row["messages"]))
        compared = {"stream": "bytes", "burst": "rtt_mean_us"}.get(row["workload"], "messages")
        self.near(jain(numbers(lines, compared)), row["fairness_jain"], "fairness_jain")
        if row["rtt_mean_us"]:  # the same
            means = [float(line["rtt_mean_us"] or 0) for line in lines]
            self.near(sum(map(lambda n, mean: n * mean, messages, means)) / sum(messages),
                      row["rtt_mean_us"], "rtt_mean_us")
            self.near(max(numbers(lines, "rtt_max_us")), row["rtt_max_us"], "rtt_max_us")
        self.near(max(numbers(lines, "oldest_unanswered_us")), row["oldest_unanswered_us"],
                  "oldest_unanswered_us")

    def check(self, folder):
        """All lines are of a row, and all rows that are ok have theirs. The rows."""
        rows = tool.read_table(os.path.join(folder, "runs.csv"))
        intervals, connections = (by_row(folder, name) for name in FILES)
        for row in rows:
            if row["status"] != "ok":
                continue
            key = tuple(row[column] for column in KEY)
            with self.subTest(key):
                self.check_intervals(row, intervals.pop(key))
                self.check_connections(row, connections.pop(key))
        self.assertEqual((intervals, connections), ({}, {}))
        return rows


class Parts(Whole):
    def test_are_the_whole(self):
        with tool.folder() as out:
            tool.bench(out, *ASKED, "--model", "select", "--workload",
                       "pingpong,stream,rate,burst,idle,churn,ramp", "--active", "2",
                       "--rate", "2k")
            rows = self.check(tool.run_folder(out))
            self.assertEqual({row["workload"] for row in rows},
                             {"pingpong", "stream", "rate", "burst", "idle", "churn", "ramp"})

    def test_only_where_asked_for(self):
        with tool.folder() as out:
            tool.bench(out, "--model", "select")
            self.assertEqual(set(FILES) & set(os.listdir(tool.run_folder(out))), set())
        with tool.folder() as out:
            tool.bench(out, "--model", "select", "--per-connection")
            self.assertEqual(set(FILES) & set(os.listdir(tool.run_folder(out))),
                             {"connections.csv"})

    def test_rows_that_failed_have_none(self):
        with tool.folder() as out:
            tool.bench(out, *ASKED, "--target", tool.fake("echo-ends"), "--model", "fake")
            folder = tool.run_folder(out)
            self.assertEqual({row["status"] for row in tool.read_runs(out)}, {"failed"})
            for name in FILES:
                self.assertEqual(len(tool.read_csv(os.path.join(folder, name))), 1)

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "POSIX")
    def test_line_on_a_terminal(self):
        """And nowhere else, nor where it was not asked for."""
        line = r"fake  pingpong .*  at \d+ ms: [\d.]+[kM]?/s, longest [\d.]+ \S+"
        words = (*tool.SHORT, "--target", tool.fake("none"), "--connections", "2")
        with tool.folder() as out:
            self.assertRegex(self.seen("bench", *words, *ASKED, "--out", out), line)
            self.assertNotRegex(self.seen("bench", *words, "--out", out), "longest")
            self.assertNotIn("longest", tool.run("bench", *words, *ASKED, "--out", out).err)

    @staticmethod
    def seen(*arguments):
        """What standard error shows on a terminal that is wide enough."""
        import fcntl
        import pty
        import struct
        import termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        process = tool.Process(arguments, stderr=slave)
        os.close(slave)
        told = b""
        try:
            while block := os.read(master, 4096):
                told += block
        except OSError:  # nobody has the other end any more
            pass
        os.close(master)
        process.end()
        return told.decode("utf-8", "replace")

    def test_refused(self):
        for arguments, says in (
                (("--interval", "1ms", "--duration", "30s"),
                 "--interval 1 ms: a window of 30 s has more than 10000 of them"),
                (("--interval", "1us"), "--interval 1us"),
                (("--interval", "2h"), "--interval 2h")):
            with self.subTest(arguments), tool.folder() as out:
                result = tool.run("bench", *arguments, "--out", out)
                self.assertEqual(result.status, 2)
                self.assertIn(says, result.err)
                self.assertEqual(result.err.count("\n"), 1)
                self.assertEqual(os.listdir(out), [])


class Resume(Whole):
    PLAN = (*tool.SHORT, *ASKED, "--target", tool.fake("none"), "--model", "fake",
            "--connections", "1,3", "--seed", "7")

    def resume(self, folder, status=0):
        result = tool.run("bench", "--resume", folder)
        self.assertEqual(result.status, status, result.err)
        return result

    def finished(self, out):
        tool.bench(out, *self.PLAN, "--trials", "2")
        return tool.run_folder(out)

    def test_after_a_kill(self):
        with tool.folder() as out:
            process = tool.Process(("bench", *self.PLAN, "--trials", "4", "--out", out))
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 3 or
                                            process.popen.poll() is not None))
            process.popen.kill()
            process.end()
            folder = tool.run_folder(out)
            tool.run("bench", "--resume", folder)
            self.assertEqual(len(self.check(folder)), 8)

    def test_lines_of_a_row_that_never_came(self):
        """As where it is killed after the lines, before the row; and within a line."""
        with tool.folder() as out:
            folder = self.finished(out)
            runs = os.path.join(folder, "runs.csv")
            with open(runs, "rb") as file:
                lines = file.read().splitlines(keepends=True)
            for cut in (0, 7):
                with open(runs, "wb") as file:
                    file.writelines(lines[:-1])
                for name in FILES:
                    path = os.path.join(folder, name)
                    os.truncate(path, os.path.getsize(path) - cut)
                tool.run("bench", "--resume", folder)
                self.assertEqual(len(self.check(folder)), 4)

    def test_more_trials(self):
        with tool.folder() as out:
            folder = self.finished(out)
            tool.run("bench", "--resume", folder, "--trials", "3")
            self.assertEqual(len(self.check(folder)), 6)

    def test_refused(self):
        with tool.folder() as out:
            folder = self.finished(out)
            for name in FILES:
                path = os.path.join(folder, name)
                shutil.copy(path, path + ".kept")
                with self.subTest(name):
                    os.remove(path)
                    self.assertIn("%s: " % os.path.basename(path), self.resume(folder, 1).err)
                    # One line less.
                    with open(path + ".kept", "rb") as file:
                        lines = file.read().splitlines(keepends=True)
                    with open(path, "wb") as file:
                        file.writelines(lines[:1] + lines[2:])
                    self.assertRegex(self.resume(folder, 1).err,
                                     name + r": it has \d+ messages of a row that has \d+")
                    with open(path, "wb") as file:
                        file.write(b"".join(lines).replace(b",messages,", b",meldungen,", 1))
                    self.assertIn(name + ": it has no column messages", self.resume(folder, 1).err)
                os.replace(path + ".kept", path)
            self.assertEqual(len(self.check(folder)), 4)


if __name__ == "__main__":
    tool.main()
