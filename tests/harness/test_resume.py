"""A run that stopped goes on: as if it had not stopped, each trial of each cell once."""
import collections
import contextlib
import csv
import math
import os
import re
import shutil
import signal
import subprocess
import unittest

import saved
import tool

NATIVE_ONLY = unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "POSIX")
SEED = ("--seed", "7")
MANY_ROWS = 800
# Two contestants and a missing target; two workloads.
PLAN = (*tool.SHORT, "--duration", "50ms", "--connections", "1,2", *SEED,
        "--target", tool.fake("none"), "--target", "again=" + tool.command(tool.FAKE, "none"),
        "--target-missing", "no=not \"here\", 'Bob' \\", "--model", "fake,select")


def killed_at(size):
    """The system ends it where a file of its would get longer."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def open_read(path):
    with open(path, "rb") as file:
        return file.read()


def restore(paths, contents):
    for path, content in zip(paths, contents):
        with open(path, "wb") as file:
            file.write(content)


def places(rows):
    """What does not depend on what was measured."""
    return [tuple(row[name] for name in ("target", "model", "connections", "trial", "order_index"))
            for row in rows]


def alike(text, other):
    """Rows keep few digits of what is summed up."""
    try:
        return math.isclose(float(text), float(other), rel_tol=1e-3)
    except ValueError:
        return text == other


class Resume(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """The plan as it is without an interruption, with so many trials."""
        cls.plans = {}

    def plan(self, trials):
        if trials not in self.plans:
            with tool.folder() as out:
                tool.bench(out, *PLAN, "--trials", str(trials))
                self.plans[trials] = places(tool.read_runs(out))
        return self.plans[trials]

    def resume(self, out, *arguments):
        result = tool.run("bench", "--resume", tool.run_folder(out), *arguments)
        self.assertEqual([line for line in result.errors() if not tool.is_busy(line)], [])
        # A row of a machine too busy stays, and fails the whole.
        failed = {row["status_reason"] for row in tool.read_runs(out) if row["status"] == "failed"}
        self.assertEqual({reason for reason in failed if not tool.is_busy(reason)}, set())
        self.assertIn(result.status, (0, 1) if failed else (0,))
        return result

    def check(self, out, trials):
        """That it is whole."""
        folder = tool.run_folder(out)
        rows = tool.read_runs(out)
        self.assertEqual(places(rows), self.plan(trials))
        self.assertEqual({row["run_id"] for row in rows}, {os.path.basename(folder)})
        counts = collections.Counter()
        for line in tool.read_table(os.path.join(folder, "histogram.csv")):
            counts[line["target"], line["connections"], line["trial"]] += int(line["count"])
        cells, measured = collections.Counter(), collections.Counter()
        for row in rows:
            if row["status"] != "ok":
                continue
            key = row["target"], row["connections"], row["trial"]
            self.assertEqual(counts.pop(key), int(row["messages"]))
            cells[row["target"], row["connections"]] += int(row["messages"])
            measured[row["target"], row["connections"]] += 1
        self.assertEqual(counts, {})
        for (target, connections), messages in cells.items():
            path = os.path.join(folder, "%s-fake-pingpong-64b-%s-1.hgrm" % (target, connections))
            with open(path, encoding="utf-8") as file:
                self.assertEqual(int(re.search(r"Total count += +(\d+)", file.read())[1]), messages)
        for row in tool.read_table(os.path.join(folder, "summary.csv")):
            if row["metric"] == "throughput_msgs_per_s":
                self.assertEqual(int(row["trials"]), measured[row["target"], row["connections"]])
        return rows

    def stop(self, out, how, rows, trials, *arguments):
        """Stops it after so many rows at least."""
        process = tool.Process(("bench", *PLAN, "--trials", str(trials), "--out", out, *arguments))
        self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= rows or
                                        process.popen.poll() is not None))
        how(process)
        return process.end()

    def test_after_ctrl_c(self):
        with tool.folder(prefix="io models-") as out:
            result = self.stop(out, tool.Process.interrupt, 8, 4)
            folder = tool.run_folder(out)
            self.assertEqual(result.status, 130)
            # As it was started, and quoted for the shell of its system.
            (line,) = re.findall(r"(?m)^go on with: (.*)$", result.out)
            quote = '"' if tool.ON_WINE or tool.ON_WINDOWS else "'"
            self.assertRegex(line, r"iomodels(\.exe\S*)? bench --resume %s.*io models-.*%s\Z" % (quote, quote))
            if quote == "'":
                pasted = subprocess.run(line + " --dry-run", shell=True, capture_output=True, text=True,
                                        check=False)
                self.assertEqual((pasted.returncode, pasted.stdout), (0, ""), pasted.stderr)
            before = len(tool.read_runs(out))
            self.assertLess(before, 24)
            dry = self.resume(out, "--dry-run")
            self.assertRegex(dry.err, r"\A\d+ runs?, about .*; \d+ are there\n\Z")
            self.assertEqual(len(tool.read_runs(out)), before)
            with open(os.path.join(folder, "runs.csv"), "rb") as file:
                first = file.read()
            self.assertNotIn("nothing was left", self.resume(out).out)
            self.check(out, 4)
            with open(os.path.join(folder, "runs.csv"), "rb") as file:
                self.assertTrue(file.read().startswith(first))
            facts = tool.read_table(os.path.join(folder, "environment.csv"))
            facts = {fact["name"]: fact["value"] for fact in facts}
            self.assertRegex(facts["resumed_at_utc"], r"\A\d{4}-[^;]*Z\Z")

    def test_after_kills(self):
        """More than once, also while it goes on."""
        with tool.folder() as out:
            self.stop(out, lambda process: process.popen.kill(), 2, 3)
            words = ("bench", "--resume", tool.run_folder(out))
            for _ in range(2):
                rows = tool.finished_rows(out)
                process = tool.Process(words)
                self.assertTrue(tool.wait_until(lambda r=rows: tool.finished_rows(out) > r or
                                                process.popen.poll() is not None))
                process.popen.kill()
                process.end()
            self.resume(out)
            self.check(out, 3)

    @NATIVE_ONLY
    def test_after_a_cut_line(self):
        """And after lines of a row that never came."""
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "3")
            folder = tool.run_folder(out)
            sizes = {name: os.path.getsize(os.path.join(folder, name))
                     for name in ("runs.csv", "histogram.csv")}
        cuts = 0
        for size in (sizes["runs.csv"] * 2 // 3, sizes["histogram.csv"] * 2 // 3,
                     sizes["histogram.csv"] * 2 // 5):
            with self.subTest(size), contextlib.ExitStack() as folders:
                status = 0
                while status == 0:  # how long a curve gets depends on what is measured
                    out = folders.enter_context(tool.folder())
                    status = tool.run("bench", *PLAN, "--trials", "3", "--out", out,
                                      preexec_fn=killed_at(size)).status
                    size = size * 3 // 4
                self.assertEqual(status, -signal.SIGXFSZ)
                for name in sizes:
                    with open(os.path.join(tool.run_folder(out), name), "rb") as file:
                        cuts += not file.read().endswith(b"\n")
                self.resume(out)
                self.check(out, 3)
        self.assertGreater(cuts, 0)

    def test_finished(self):
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "1")
            folder = tool.run_folder(out)
            before = {}
            summary = tool.read_csv(os.path.join(folder, "summary.csv"))
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    before[name] = file.read()
            self.assertIn("nothing was left to be measured", self.resume(out).out)
            for name, content in before.items():
                with open(os.path.join(folder, name), "rb") as file:
                    if name in ("runs.csv", "histogram.csv", "environment.csv"):
                        self.assertEqual(file.read(), content, name)
            for row, old in zip(tool.read_csv(os.path.join(folder, "summary.csv")), summary):
                self.assertTrue(all(map(alike, row, old)), (row, old))
            self.check(out, 1)
            # More trials of it, twice.
            self.resume(out, "--trials", "2")
            self.check(out, 2)
            self.resume(out, "--trials=3")
            self.check(out, 3)
            self.assertIn("nothing was left", self.resume(out).out)
            result = tool.run("bench", "--resume", folder, "--trials", "2")
            self.assertEqual(result.status, 1)
            self.assertIn("--trials can only be raised", result.err)
            self.check(out, 3)

    def test_columns_of_an_older_version(self):
        """A row that is added has the file's columns, whatever a newer version knows."""
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "1")
            path = os.path.join(tool.run_folder(out), "runs.csv")
            rows = tool.read_csv(path)
            place = rows[0].index("window_s")
            with open(path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(
                    row[:place] + row[place + 1:] for row in rows)
            self.resume(out, "--trials", "2")
            self.check(out, 2)
            after = tool.read_csv(path)
            self.assertEqual(after[0], rows[0][:place] + rows[0][place + 1:])
            self.assertEqual({row[after[0].index("workload")] for row in after[1:]}, {"pingpong"})

    def test_interrupted_while_rows_are_taken_over(self):
        """Of so many that this takes a while: then nothing of the run is changed."""
        with tool.folder() as out:
            tool.bench(out, "--target", tool.fake("none"))
            folder = tool.run_folder(out)
            for name in "runs.csv", "histogram.csv":
                header, *rows = tool.read_csv(os.path.join(folder, name))
                place = header.index("trial")
                with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(header)
                    for trial in range(1, MANY_ROWS + 1):
                        writer.writerows([*row[:place], trial, *row[place + 1:]] for row in rows)
            files = [os.path.join(folder, name) for name in os.listdir(folder)]
            before = [open_read(path) for path in files]
            process = tool.Process(("bench", "--resume", folder, "--trials", str(MANY_ROWS + 1)))
            self.assertTrue(tool.wait_until(lambda: " are there" in process.written("err") or
                                            process.popen.poll() is not None))
            process.interrupt()
            result = process.end()
            self.assertEqual((result.status, result.errors()), (130, []), result.err)
            self.assertRegex(result.out, r"(?m)^go on with: ")
            self.assertTrue([open_read(path) for path in files] == before, "it was changed")

    def test_failed_rows_stay(self):
        with tool.folder() as out:
            words = ("bench", *tool.SHORT, "--connections", "1", "--out", out, "--target",
                     "broken=" + tool.command(tool.FAKE, "start-dies"))
            self.assertEqual(tool.run(*words).status, 1)
            result = tool.run("bench", "--resume", tool.run_folder(out), "--trials", "2")
            self.assertEqual(result.status, 1)
            self.assertEqual([(row["status"], row["trial"]) for row in tool.read_runs(out)],
                             [("failed", "1"), ("failed", "2")])

    def refused(self, folder, *arguments, status=1, says, **more):
        result = tool.run("bench", "--resume", folder, *arguments, **more)
        self.assertEqual((result.status, result.out), (status, ""), result.err)
        self.assertEqual(len(result.errors()), 1, result.err)
        for word in says:
            self.assertIn(word, result.errors()[0])

    def test_refused(self):
        with tool.folder() as out:
            self.refused(out, says=[out, "environment.csv"])
            tool.bench(out, *PLAN)
            folder = tool.run_folder(out)
            for option in ("--seed", "1"), ("--model=select",), ("--no-nodelay",):
                self.refused(folder, *option, status=2, says=[option[0], "--trials"])
            path = os.path.join(folder, "environment.csv")
            with open(path, encoding="utf-8", newline="") as file:
                facts = file.read()
            for name, told in (("tool_version", "0.0.0"), ("cpu_count", "4096"),
                               ("contestants", "fake:other"), ("seed", "8"), ("seed", ""),
                               ("arguments", "--help"), ("arguments", "-h"),
                               ("arguments", "--resume %s" % folder)):
                with self.subTest(name):
                    with open(path, "w", encoding="utf-8", newline="") as file:
                        file.write(re.sub(r"(?m)^%s,.*$" % name, "%s,%s" % (name, told), facts))
                    rows = tool.read_runs(out)
                    self.refused(folder, says=["begin a new"])
                    self.assertEqual(tool.read_runs(out), rows)

    def test_file_in_the_folder(self):
        """As compare and report take it."""
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "1")
            folder = tool.run_folder(out)
            for path, more in (os.path.join(folder, "runs.csv"), {}), ("runs.csv", {"cwd": folder}):
                result = tool.run("bench", "--resume", path, **more)
                self.assertEqual(result.status, 0, result.err)
                self.assertIn("nothing was left to be measured", result.out)
            self.refused(os.path.join(folder, "histogram.csv"), says=["histogram.csv"])
            os.remove(os.path.join(folder, "runs.csv"))
            os.mkdir(os.path.join(folder, "runs.csv"))
            self.refused(os.path.join(folder, "runs.csv"), says=["environment.csv"])

    def test_from_another_folder(self):
        """Where a target's command names a file that is in the first folder only."""
        name = os.path.basename(tool.PROGRAM)
        model = tool.available_models()[0]
        serve = " serve --model %s --port {port}" % model
        for command, *more in (("exec:./%s%s" % (name, serve),), ("./" + name, "--model", model),
                               ("exec:%s%s notes.txt" % (tool.command(tool.PROGRAM), serve),)):
            with self.subTest(command), tool.folder() as here, tool.folder() as elsewhere:
                shutil.copy(tool.PROGRAM, os.path.join(here, name))
                with open(os.path.join(here, "notes.txt"), "w", encoding="utf-8"):
                    pass
                tool.run("bench", *tool.SHORT, "--connections", "1", "--target", "x=" + command, *more,
                         cwd=here)
                out = os.path.join(here, "results")
                folder = tool.run_folder(out)
                rows = tool.read_runs(out)
                self.refused(folder, "--trials", "2", status=2, cwd=elsewhere,
                             says=["target x", "run it from that folder", here])
                self.refused(os.path.relpath(folder, elsewhere), "--trials", "2", status=2,
                             cwd=elsewhere, says=["target x", os.path.relpath(here, elsewhere)])
                self.assertEqual(tool.read_runs(out), rows)
                for path in folder, os.path.join("results", os.path.basename(folder)):
                    tool.run("bench", "--resume", path, "--trials", "2", cwd=here)
                self.assertEqual(len(tool.read_runs(out)), 2)

    def test_saved_by_other_programs(self):
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "1")
            folder = tool.run_folder(out)
            files = [os.path.join(folder, name)
                     for name in ("runs.csv", "histogram.csv", "environment.csv")]

            def contents():
                return [open_read(path) for path in files]

            original = contents()
            # A column more, as R writes its row names, and another order.
            others = {"row names": (lambda rows: saved.text([str(number), *row] for number, row
                                                            in enumerate(rows)).encode(),
                                    ["has not the columns that bench writes"]),
                      "order": (lambda rows: saved.text(row[::-1] for row in rows).encode(),
                                ["has not the columns that bench writes"])}
            for path in files:
                refused = dict(saved.REFUSED)
                if not path.endswith("environment.csv"):
                    refused.update(others)
                for name, (how, says) in refused.items():
                    with self.subTest(name, path=path):
                        saved.rewrite(path, how)
                        before = contents()
                        self.refused(folder, "--trials", "2", says=[os.path.basename(path), *says])
                        self.assertEqual(contents(), before)
                        restore(files, original)
            for name, how in saved.READ.items():
                for path in files:
                    if path != files[2] or name not in saved.READ_NUMBERS:
                        saved.rewrite(path, how)
                with self.subTest(name):
                    self.assertIn("there", self.resume_any(folder, "--dry-run").err)
                    self.resume_any(folder, "--trials", "2")
                    rows = open_read(files[0]).decode("utf-8-sig").splitlines()
                    table = [dict(zip(next(csv.reader(rows[:1])), row))
                             for row in csv.reader(rows[1:])]
                    for row in table:
                        row.update({key: str(int(float(row[key])))
                                    for key in ("connections", "trial", "order_index")})
                    self.assertEqual(places(table), self.plan(2))
                restore(files, original)

    def resume_any(self, folder, *arguments):
        result = tool.run("bench", "--resume", folder, *arguments)
        self.assertEqual([line for line in result.errors() if not tool.is_busy(line)], [])
        return result

    def test_curve_that_can_not_be_written(self):
        with tool.folder() as out:
            tool.bench(out, *PLAN, "--trials", "1")
            folder = tool.run_folder(out)
            summary = os.path.join(folder, "summary.csv")
            curve = next(name for name in os.listdir(folder) if name.endswith(".hgrm"))
            os.remove(summary)
            os.mkdir(os.path.join(folder, curve + ".part"))
            result = tool.run("bench", "--resume", folder)
            self.assertEqual(result.status, 1)
            self.assertEqual(len(result.errors()), 1, result.err)
            self.assertIn(curve, result.errors()[0])
            self.assertGreater(len(tool.read_table(summary)), 0)

    def test_rate_search(self):
        """The rates that it tries depend on the rows."""
        words = (*tool.SHORT, "--duration", "20ms", "--rate-search", "p50<=1us",
                 "--connections", "2", *SEED, "--target", tool.fake("none"), "--target",
                 "again=" + tool.command(tool.FAKE, "none"))
        with tool.folder() as out:
            process = tool.Process(("bench", *words, "--out", out))
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 3))
            process.popen.kill()
            process.end()
            folder = tool.run_folder(out)
            self.assertNotIn("rate_search.csv", os.listdir(folder))
            self.resume(out)
            found = tool.read_csv(os.path.join(folder, "rate_search.csv"))
            self.assertEqual(len(found), 3)
            rows = tool.read_runs(out)
            # All of it is again what the same rows lead to.
            self.assertIn("nothing was left to be measured", self.resume(out).out)
            self.assertEqual(tool.read_runs(out), rows)
            self.assertEqual(tool.read_csv(os.path.join(folder, "rate_search.csv")), found)
            self.refused(folder, "--trials", "5", status=2, says=["--rate-search"])

    def test_until_ci(self):
        """How many trials it takes depends on the rows."""
        words = (*PLAN, "--until-ci", "100000%", "--trials", "9")
        with tool.folder() as out:
            process = tool.Process(("bench", *words, "--out", out))
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 10))
            process.popen.kill()
            process.end()
            self.resume(out)
            rows = tool.read_runs(out)
            self.check(out, max(int(row["trial"]) for row in rows))
            if {row["status"] for row in rows} == {"ok", "skipped"}:
                self.assertEqual(max(int(row["trial"]) for row in rows), 6)
                self.assertIn("nothing was left", self.resume(out, "--trials", "20").out)
        words = (*PLAN, "--until-ci", "0.000001%", "--trials", "6")
        with tool.folder() as out:
            tool.run("bench", *words, "--out", out)
            self.resume(out, "--trials", "7")
            self.check(out, 7)

    def test_unanswered_messages(self):
        """Their row has no maximum and no mean, the curve has those of the others."""
        def ends(folder):
            (name,) = [name for name in os.listdir(folder) if name.endswith(".hgrm")]
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            return [re.search(word + r" += +([^],]+)", text)[1] for word in ("Mean", "Max")]
        with tool.folder() as out:
            tool.bench(out, "--trials", "1", "--model", "fake",
                       "--workload", "rate", "--rate", "2000", "--connections", "2",
                       "--target", tool.fake("none"))
            folder = tool.run_folder(out)
            before = ends(folder)
            path = os.path.join(folder, "runs.csv")
            header, row = tool.read_csv(path)
            row = dict(zip(header, row), rtt_mean_us="", rtt_max_us="", messages_unanswered="1")
            with open(path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([header, row.values()])
            self.assertIn("nothing was left", self.resume(out).out)
            self.assertTrue(all(map(alike, ends(folder), before)), (ends(folder), before))
            merged = {line["metric"]: line["merged"]
                      for line in tool.read_table(os.path.join(folder, "summary.csv"))}
            self.assertNotEqual(merged["rtt_p50_us"], "")

    def test_missing_round_trips(self):
        with tool.folder() as out:
            tool.bench(out, *PLAN)
            folder = tool.run_folder(out)
            path = os.path.join(folder, "histogram.csv")
            with open(path, "rb") as file:
                lines = file.readlines()
            with open(path, "wb") as file:
                file.writelines(lines[:2] + lines[3:])
            self.refused(folder, says=["histogram.csv", "round trips"])

    def test_while_it_is_written(self):
        with tool.folder() as out:
            process = tool.Process(("bench", *PLAN, "--trials", "100000", "--out", out))
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 2))
            self.refused(tool.run_folder(out), says=["another process is writing it"])
            process.interrupt()
            self.assertEqual(process.end().status, 130)


if __name__ == "__main__":
    tool.main()
