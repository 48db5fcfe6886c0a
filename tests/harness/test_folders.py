"""Where results are kept: folders that can't be written, full disks, names in any script."""
import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import unittest

import tool

KOREAN = "\uc18c\ucf13 \uacb0\uacfc"
# One run has fewer different round trips than fit here, and many runs have more.
FILLING = ("--target", tool.fake("none"), "--connections", "1", "--trials", "1000")
DISK_BYTES = (100 if tool.ON_WINE else 400) << 10
NOT_UNDER_WINE = unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE,
                                 "a limit on files hits Wine's own files too")


@contextlib.contextmanager
def small_disk(size):
    """A file system of so many bytes; None where only root could make it."""
    with tool.folder() as path:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % size, "none", path],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
        try:
            yield path if made else None
        finally:
            if made:
                subprocess.run(["umount", "-l", path], check=True)


def limit_files(size):
    """No file may grow past that; without the signal it is an error, as a full disk is."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def become_nobody():
    """Root may write everywhere."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


class Folders(unittest.TestCase):
    def refused(self, out, says, **more):
        result = tool.bench(out, "--target", tool.fake("none"), **more)
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(len(result.errors()), 1, result.err)
        for word in ("iomodels bench: ", "choose another folder with --out", *says):
            self.assertIn(word, result.errors()[0])

    def test_file_in_its_place(self):
        with tool.folder() as path:
            out = os.path.join(path, "file")
            with open(out, "wb"):
                pass
            self.refused(out, [out])
            self.refused(os.path.join(out, "below"), [out])
            self.assertEqual(os.path.getsize(out), 0)

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "POSIX; a Wine prefix has one user")
    def test_read_only(self):
        with tool.folder() as out:
            os.chmod(out, stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
            try:
                self.refused(out, [out, "Permission denied"],
                             preexec_fn=become_nobody if os.geteuid() == 0 else None)
            except PermissionError:
                self.skipTest("the build's folder is root's alone")

    @NOT_UNDER_WINE
    def test_read_only_disk(self):
        if not os.path.isdir("/proc/sys/kernel"):
            self.skipTest("no /proc")
        self.refused("/proc/sys/kernel/iomodels", ["/proc/sys/kernel/iomodels"])

    def test_made_where_missing(self):
        with tool.folder() as path:
            out = os.path.join(path, "a", "b", "c")
            result = tool.bench(out, "--target", tool.fake("none"))
            self.assertEqual(result.status, 0, result.err)
            self.assertIn("results: ", result.out)
            self.assertEqual(len(tool.read_runs(out)), 1)
            # Within a second of each other, and still a folder for each.
            for _ in range(2):
                tool.bench(out, "--target", tool.fake("none"))
            self.assertEqual(len(os.listdir(out)), 3)


    def test_long_path(self):
        """Longer than Windows' 260 characters, there with both separators."""
        with tool.folder() as path:
            out = os.path.join(path, *(["x" * 60] * 7))
            result = tool.bench(out + "/", "--target", tool.fake("none"))
            self.assertEqual((result.status, result.errors()), (0, []))
            folder = tool.run_folder(out)
            self.assertEqual(len([name for name in os.listdir(folder) if ".hgrm" in name]), 1)
            result = tool.run("bench", "--resume", folder, "--trials", "2")
            self.assertEqual((result.status, result.errors()), (0, []))
            self.assertEqual(len(tool.read_runs(out)), 2)
            self.assertEqual(tool.run("compare", folder, folder).status, 0)


class FullDisk(unittest.TestCase):
    """What was whole stays whole and readable; the benchmark ends, since it can keep nothing."""

    def check(self, out, result, least):
        self.assertEqual(result.status, 1, result.err)
        self.assertEqual(len(result.errors()), 1, result.err)
        self.assertRegex(result.errors()[0], r"\Aiomodels bench: .*\.(csv|hgrm): ")
        self.assertIn("once that is mended, the run goes on with --resume", result.errors()[0])
        self.assertRegex(result.out, r"(?m)^go on with: .*iomodels.* bench --resume ")
        rows = tool.read_runs(out)
        # What is shown are these rows.
        for count in re.findall(r"(?m)^warning: \w+ in \d+ of (\d+) rows: ", result.out):
            self.assertEqual(int(count), len(rows))
        counts = tool.read_table(os.path.join(tool.run_folder(out), "histogram.csv"))
        self.assertGreaterEqual(len(rows), least)
        for row in rows:
            self.assertEqual(row["status"], "ok")
            self.assertEqual(int(row["messages"]),
                             sum(int(line["count"]) for line in counts
                                 if line["trial"] == row["trial"]))
        return rows

    @NOT_UNDER_WINE
    def test_limit(self):
        # The histogram is larger than the rows, and so the first that does not fit.
        for size, least in (3000, 0), (DISK_BYTES, 1):
            with self.subTest(size), tool.folder() as out:
                result = tool.bench(out, *FILLING, preexec_fn=limit_files(size))
                rows = self.check(out, result, least)
                self.assertIn("histogram.csv: File too large", result.err)
                self.assertLess(len(rows), 1000)
                # There is a summary of what is kept, and of nothing else.
                summary = os.path.join(tool.run_folder(out), "summary.csv")
                trials = {line["trials"] for line in tool.read_table(summary)
                          if line["metric"] == "throughput_msgs_per_s"}
                self.assertEqual(trials, {str(len(rows))} if rows else set())

    @NOT_UNDER_WINE
    def test_rows_do_not_fit(self):
        # Rows alone: what is skipped has no histogram.
        with tool.folder() as out:
            missing = [word for i in range(8) for word in
                       ("--target-missing", "t%d=%s" % (i, "x" * 200))]
            result = tool.bench(out, "--target", tool.fake("none"), *missing, "--trials", "1000",
                                "--message-bytes", "1MiB", preexec_fn=limit_files(20000))
            self.assertEqual(result.status, 1)
            self.assertIn("runs.csv: File too large", result.err)
            self.assertGreater(len(tool.read_runs(out)), 8)

    @NOT_UNDER_WINE
    def test_head_does_not_fit(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), preexec_fn=limit_files(1000))
            self.assertEqual((result.status, result.out), (1, ""))
            self.assertEqual(len(result.errors()), 1, result.err)
            self.assertIn("File too large", result.err)

    @unittest.skipUnless(tool.ON_LINUX, "needs a file system of its own")
    def test_small_disk(self):
        with small_disk(DISK_BYTES) as out:
            if out is None:
                self.skipTest("only root can make a small file system")
            result = tool.bench(out, *FILLING)
            self.check(out, result, 1)
            if not tool.ON_WINE:  # whose C library calls it an invalid argument
                self.assertIn("No space left on device", result.err)


    @unittest.skipUnless(tool.ON_LINUX, "needs a file system of its own")
    def test_goes_on_with_more_room(self):
        with small_disk(4 << 20) as out:
            if out is None:
                self.skipTest("only root can make a small file system")
            process = tool.Process(("bench", *tool.SHORT, "--connections", "1", "--trials", "30",
                                    "--out", out, "--target", tool.fake("none")))
            self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 2))
            folder = tool.run_folder(out)
            filling = os.path.join(out, "filling")
            with open(filling, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            result = process.end()
            os.remove(filling)
            rows = self.check(out, result, 2)
            self.assertLess(len(rows), 30)
            result = tool.run("bench", "--resume", folder)
            self.assertIn(result.status, (0, 1) if tool.is_busy(result.err) else (0,), result.err)
            self.assertEqual(len(tool.read_runs(out)), 30)


class Gone(unittest.TestCase):
    def end(self, out, name, change):
        """A run without an end, whose folder is changed after some rows."""
        process = tool.Process(("bench", *tool.SHORT, "--connections", "1", "--trials", "100000",
                                "--out", out, "--target", tool.fake("none")))
        self.assertTrue(tool.wait_until(lambda: tool.finished_rows(out) >= 2))
        folder = tool.run_folder(out)
        change(folder)
        result = process.end()
        self.assertEqual(result.status, 1, result.err)
        errors = [line for line in result.errors() if not tool.is_busy(line)]
        self.assertEqual(len(errors), 1, result.err)
        self.assertRegex(errors[0], r"\Aiomodels bench: .*%s was deleted or moved while the run went "
                                    r"on; " % name)
        self.assertNotIn("go on with: ", result.out)
        self.assertNotIn("results: ", result.out)
        return folder

    @unittest.skipIf(tool.ON_WINDOWS, "which lets nobody delete what is open")
    def test_deleted(self):
        for name, change in (("histogram.csv", shutil.rmtree),
                             ("runs.csv", lambda path: os.remove(os.path.join(path, "runs.csv")))):
            with self.subTest(name), tool.folder() as out:
                self.end(out, name, change)

    @unittest.skipIf(tool.ON_WINDOWS, "which lets nobody move what is open")
    def test_moved(self):
        with tool.folder() as out:
            place = os.path.join(out, "elsewhere")
            self.end(out, "histogram.csv", lambda path: os.rename(path, place))
            self.assertGreaterEqual(len(tool.read_runs(out)), 2)
            dry = tool.run("bench", "--resume", place, "--dry-run")
            self.assertEqual(dry.status, 0, dry.err)


@unittest.skipIf(tool.ON_WINDOWS, "POSIX' kinds of files")
class NotRegular(unittest.TestCase):
    """A pipe blocks for good, a device has no end: neither is read, nor written."""

    KINDS = {"fifo": os.mkfifo if hasattr(os, "mkfifo") else None,
             "device": lambda path: os.symlink("/dev/zero", path),
             "null": lambda path: os.symlink("/dev/null", path),
             "folder": os.mkdir}

    def refused(self, path, *words, status=1):
        result = tool.run(*words)
        self.assertEqual((result.status, result.out), (status, ""), result.err)
        self.assertEqual(len(result.errors()), 1, result.err)
        self.assertIn(path, result.errors()[0])
        self.assertRegex(result.errors()[0], "a pipe or a device, not a regular file|Is a directory")

    def test_input(self):
        with tool.folder() as out:
            tool.bench(out, "--target", tool.fake("none"))
            folder = tool.run_folder(out)
            merged = os.path.join(out, "merged")
            for name in "runs.csv", "histogram.csv", "environment.csv":
                path, kept = os.path.join(folder, name), os.path.join(out, name)
                os.rename(path, kept)
                for kind, make in self.KINDS.items():
                    make(path)
                    with self.subTest(name, kind=kind):
                        self.refused(name, "bench", "--resume", folder, "--trials", "2")
                        if name != "environment.csv":
                            self.refused(name, "merge", folder, "--out", merged)
                        if name == "runs.csv":
                            self.refused(name, "compare", folder, status=2)
                        if name == "runs.csv" and kind != "folder":
                            self.refused(name, "compare", path, status=2)
                        if name == "environment.csv":
                            result = tool.run("compare", folder, "--by", "target")
                            self.assertEqual(result.status, 2)
                            self.assertIn("nothing to compare", result.err)
                    (os.rmdir if kind == "folder" else os.remove)(path)
                os.rename(kept, path)
            self.assertEqual(tool.run("bench", "--resume", folder).status, 0)

    @unittest.skipUnless(tool.ON_LINUX, "sparse files")
    def test_too_long(self):
        """What is read as a whole has a bound."""
        with tool.folder() as out:
            tool.bench(out, "--target", tool.fake("none"))
            folder = tool.run_folder(out)
            for name in "runs.csv", "environment.csv":
                with self.subTest(name):
                    path = os.path.join(folder, name)
                    size = os.path.getsize(path)
                    os.truncate(path, 1 << 40)
                    result = tool.run("bench", "--resume", folder)
                    self.assertEqual((result.status, result.out), (1, ""), result.err)
                    self.assertIn(name + ": it is longer than 256 MiB, the most that is read",
                                  result.err)
                    os.truncate(path, size)


class Names(unittest.TestCase):
    """A program, a target and a folder may be called anything, in any script."""

    def test_korean(self):
        with tool.folder() as path:
            home = os.path.join(path, KOREAN)
            out = os.path.join(path, KOREAN + " out")
            os.mkdir(home)
            program = os.path.join(home, os.path.basename(tool.PROGRAM))
            shutil.copy2(tool.PROGRAM, program)
            self.assertIn("select", tool.run("list", program=program).out)
            # Itself, and by name.
            for target in (), ("--target", KOREAN + "=" + tool.command(program)):
                result = tool.bench(out, *target, "--model", "select", program=program)
                self.assertEqual((result.status, result.errors()), (0, []))
                (row,) = tool.read_runs(out)
                self.assertEqual((row["status"], row["target"]),
                                 ("ok", KOREAN if target else tool.NATIVE))
                files = os.listdir(tool.run_folder(out))
                self.assertTrue(any(name.startswith(row["target"] + "-select-") for name in files))
                facts = tool.read_table(os.path.join(tool.run_folder(out), "environment.csv"))
                self.assertIn(KOREAN, {fact["name"]: fact["value"] for fact in facts}["targets"])
                shutil.rmtree(out)

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "not a name on Windows")
    def test_any_bytes(self):
        with tool.folder() as path:
            home = os.path.join(path, 'a "b" \\c')
            os.mkdir(home)
            program = os.path.join(home, "iomodels")
            shutil.copy2(tool.PROGRAM, program)
            out = os.path.join(path, "out\udcff")
            result = tool.bench(out, "--model", "select", "--target-missing", "x\n=y",
                                program=program)
            self.assertEqual((result.status, result.errors()), (0, []))
            rows = tool.read_runs(out)
            self.assertEqual({row["target"] for row in rows}, {"native", "x\n"})
            self.assertEqual({row["status_reason"] for row in rows}, {"", "y"})
            result = tool.run("bench", "--resume", tool.run_folder(out), "--trials", "2",
                              program=program)
            self.assertEqual((result.status, result.errors()), (0, []))

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "not a name on Windows")
    def test_target_that_is_not_utf8(self):
        """The files of a run could not keep it: --resume would look for another."""
        with tool.folder() as path:
            program = os.path.join(path, "na\udcefve")
            shutil.copy2(tool.PROGRAM, program)
            out = os.path.join(path, "out")
            for words in (("--target", "a=" + tool.command(program)),
                          ("--target", "b\udcff=" + tool.command(tool.PROGRAM)),
                          ("--target-missing", "c=\udcff")):
                with self.subTest(words):
                    result = tool.bench(out, "--model", "select", *words)
                    self.assertEqual((result.status, result.out), (2, ""), result.err)
                    self.assertEqual(len(result.errors()), 1, result.err)
                    for word in words[0], "not in UTF-8", "--resume", "rename it":
                        self.assertIn(word, result.errors()[0])
                    self.assertFalse(os.path.exists(out))
            # By a link it does, and the program's own path matters to nobody.
            link = os.path.join(path, "naive")
            os.symlink(program, link)
            result = tool.bench(out, "--model", "select", "--target", "a=" + tool.command(link))
            self.assertEqual((result.status, result.errors()), (0, []))
            shutil.rmtree(out)
            result = tool.bench(out, "--model", "select", program=program)
            self.assertEqual((result.status, result.errors()), (0, []))
            result = tool.run("bench", "--resume", tool.run_folder(out), "--trials", "2",
                              program=program)
            self.assertEqual((result.status, result.errors()), (0, []))

    def test_names_that_no_file_can_have(self):
        with tool.folder() as out:
            words = tool.command(tool.FAKE, "none")
            result = tool.bench(out, "--target", "a/b=" + words, "--target", "a:b=" + words)
            self.assertEqual((result.status, result.errors()), (0, []))
            self.assertEqual([row["status"] for row in tool.read_runs(out)], ["ok", "ok"])
            files = [name for name in os.listdir(tool.run_folder(out)) if name.endswith(".hgrm")]
            self.assertEqual(sorted(files), ["a_b-fake-pingpong-64b-4-1-2.hgrm",
                                             "a_b-fake-pingpong-64b-4-1.hgrm"])


if __name__ == "__main__":
    tool.main()
