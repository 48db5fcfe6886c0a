"""A target that can't be had, or whose server does not start: one line that says which and why."""
import os
import re
import shutil
import unittest

import tool


class Lists(unittest.TestCase):
    """No list of models: nothing can be measured, nothing is written."""

    def refused(self, target, says, status=1):
        with self.subTest(target), tool.folder() as out:
            result = tool.bench(out, "--target", target)
            self.assertEqual(result.status, status, result.err)
            self.assertEqual(result.out, "")
            self.assertEqual(os.listdir(out), [])
            lines = result.err.splitlines()
            self.assertEqual(len(lines), 1, result.err)
            for word in says:
                self.assertIn(word, lines[0])
            return lines[0]

    def test_no_such_command(self):
        line = self.refused("there=/nowhere/iomodels x", ["target there", "/nowhere/iomodels"])
        self.assertIn("tried: /nowhere/iomodels x list --csv", line)
        self.refused("open='iomodels", ["target open", "quote"], status=2)
        self.refused("blanks=/no where/iomodels", ["a path with blanks takes quotes",
                                                   "--target \"blanks='PATH' ...\""])

    def test_bad_form(self):
        for target in "=iomodels", "a=", "a", "", "=":
            self.refused(target, ["--target"], status=2)

    def test_no_shell(self):
        for command, word in (("~/bin/iomodels", "replaces ~/bin/iomodels"),
                              ("X=1 iomodels", "X=1 sets nothing"),
                              (tool.command(tool.FAKE, "list-dies") + " | more", "so | means nothing")):
            self.refused("a=" + command, ["no shell reads this command", word])
        variable = "%HOME%/x" if tool.ON_WINE or tool.ON_WINDOWS else "$HOME/x"
        self.refused("a=" + variable, ["so nothing replaces " + variable])

    def test_path_with_blanks(self):
        """What is a file as it stands is the program."""
        with tool.folder(prefix="io models' -") as place, tool.folder() as out:
            path = os.path.join(place, os.path.basename(tool.PROGRAM))
            shutil.copy(tool.PROGRAM, path)
            for command in path, '"%s"' % path:
                result = tool.bench(out, "--target", "x=" + command, "--model",
                                    tool.available_models()[0], "--dry-run")
                self.assertEqual(result.status, 0, result.err)
        self.refused("blank=  ", ["target blank", "empty"], status=2)

    def test_dies(self):
        self.refused(tool.fake("list-dies"), ["target fake", "no licence", "tried: "])
        self.refused(tool.fake("list-silent"), ["target fake", "exit status 3", "tried: "])

    def test_nonsense(self):
        self.refused(tool.fake("list-nonsense"), ["target fake", "no list of models",
                                                  "Hello, world", "line 2"])
        self.refused(tool.fake("list-columns"), ["target fake", "no columns model and available"])
        self.refused(tool.fake("list-nameless"), ["target fake", "a model without a name"])
        self.refused(tool.fake("list-twice"), ["target fake", "two models are called fake"])
        self.refused(tool.fake("list-line"), ["target fake", "can't be read"])
        self.refused(tool.fake("list-endless"), ["target fake", "list is too long"])

    def test_nothing_to_run(self):
        self.refused(tool.fake("list-empty"), ["list no model"], status=2)
        self.refused(tool.fake("list-none-runs"), ["fake can't run", "not on a Tuesday"], status=2)

    def test_two_of_one_name(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), "--target", tool.fake("none"))
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        self.assertIn("two targets are called fake", result.err)

    def test_second_target_is_checked_too(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", "good=" + tool.command(tool.FAKE, "none"),
                                "--target", tool.fake("list-dies"))
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        self.assertIn("target fake: ", result.err)


class OwnName(unittest.TestCase):
    """The bare word iomodels."""

    def measure(self, out, **more):
        return tool.bench(out, "--target", "own=iomodels", "--model", tool.available_models()[0], **more)

    def test_is_this_program_where_path_has_none(self):
        with tool.folder() as empty, tool.folder() as out:
            # Wine itself is found by PATH.
            result = self.measure(out, env=None if tool.ON_WINE or tool.ON_WINDOWS else {"PATH": empty})
            self.assertEqual(result.status, 0, result.err)
            row, = tool.read_runs(out)
            self.assertEqual((row["target"], row["status"]), ("own", "ok"))

    @unittest.skipUnless(tool.ON_LINUX and not tool.ON_WINE, "Windows looks in this program's folder first")
    def test_is_that_of_path(self):
        with tool.folder() as place, tool.folder() as out:
            path = os.path.join(place, "iomodels")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho Another\n")
            os.chmod(path, 0o755)
            result = self.measure(out, env={"PATH": place})
            self.assertEqual(result.status, 1, result.err)
            self.assertIn("it printed no list of models (Another)", result.err)


class Starts(unittest.TestCase):
    """The server does not start: a failed row with the reason, and on with the next run."""

    def failed(self, fault, says):
        with self.subTest(fault), tool.folder() as out:
            result = tool.bench(out, "--trials", "2", "--target", tool.fake(fault))
            rows = tool.read_runs(out)
            self.assertEqual(result.status, 1, result.err)
            self.assertEqual([row["status"] for row in rows], ["failed", "failed"])
            self.assertEqual(len(result.errors()), 2, result.err)
            for row, line in zip(rows, result.errors()):
                self.assertTrue(line.startswith("iomodels bench: fake on fake: "), line)
                self.assertRegex(row["status_reason"], says)
                self.assertRegex(line, says)
                self.assertEqual(row["messages"], "")
            self.assertRegex(result.out, r"failed: fake on fake \(2 rows\): ")
            return rows[0]["status_reason"]

    def test_dies(self):
        self.failed("start-dies", "the licence has run out")
        self.failed("start-silent", "exit status 3 and said nothing")

    def test_bytes_of_no_encoding(self):
        reason = self.failed("start-bytes", "broken")
        self.assertIn("fake: \ufffd\ufffd broken, \"bytes\"", reason)

    def test_nonsense(self):
        self.failed("start-nonsense", "printed nonsense: ready")
        self.failed("start-addressless", "no address and port .* port=7")

    def test_nobody_listens(self):
        self.failed("start-nobody", re.compile("refused", re.IGNORECASE))


if __name__ == "__main__":
    tool.main()
