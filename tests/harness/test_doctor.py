"""`iomodels doctor`: a problem is found, with its remedy, and makes exit status 1."""
import re
import sys
import unittest

import tool

if sys.platform == "linux":
    import resource


def findings(result):
    """(level, about, finding, remedy) of each line; the remedy of an ok one is empty."""
    found = []
    for line in result.out.split("\n\n")[0].splitlines():
        if line.startswith(" "):
            found[-1][3] = line.strip()
        else:
            found.append([line[:9].strip(), line[9:25].strip(), line[25:], ""])
    return found


class Doctor(unittest.TestCase):
    def examine(self, *arguments, **more):
        """The findings, once form and exit status were looked at."""
        result = tool.run("doctor", *arguments, **more)
        found = findings(result)
        for level, about, finding, remedy in found:
            self.assertIn(level, ("ok", "note", "problem"))
            self.assertTrue(about and finding, result.out)
            self.assertEqual(remedy != "", level != "ok", result.out)
        count = {level: sum(line[0] == level for line in found) for level in ("problem", "note")}
        last = re.search(r"\n\n(\d+) problems?, (\d+) notes?\n\Z", result.out)
        self.assertEqual([int(n) for n in last.groups()], [count["problem"], count["note"]])
        self.assertEqual(result.status, 1 if count["problem"] else 0, result.out)
        self.assertEqual(result.err, "")
        return found

    def about(self, found, about):
        return [line for line in found if line[1] == about]

    def test_machine(self):
        found = self.examine("--connections", "4")
        for about in "clock", "processors", "idle", "memory", "models":
            self.assertTrue(self.about(found, about), about)
        self.assertIn("IPv4: connects, and carries bytes",
                      [line[2] for line in self.about(found, "loopback")])
        wine = [line for line in self.about(found, "Wine") if line[0] == "note"]
        self.assertEqual(len(wine), tool.ON_WINE)
        for line in wine:
            self.assertRegex(line[2], r"\AWine \d")
            self.assertIn("not Windows'", line[3])

    @unittest.skipUnless(tool.NATIVE == "native" and tool.ON_LINUX, "Linux' limits")
    def test_few_descriptors(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 48))
        (line,) = self.about(self.examine("--connections", "16", preexec_fn=few), "descriptors")
        self.assertEqual(line[0], "ok")
        self.assertRegex(line[2], "40, raised to 48 by iomodels itself; 16 connections take 48")
        (line,) = self.about(self.examine("--connections", "17", preexec_fn=few), "descriptors")
        self.assertEqual(line[0], "problem")
        self.assertIn("17 connections take 49", line[2])
        self.assertIn("`ulimit -n 49`", line[3])

    @unittest.skipUnless(tool.NATIVE == "native" and tool.ON_LINUX, "Linux' limits")
    def test_few_ports(self):
        (line,) = self.about(self.examine("--connections", "70000"), "ports")
        self.assertEqual(line[0], "note")
        self.assertIn("ip_local_port_range", line[3])

    def test_targets(self):
        found = self.examine("--target", tool.fake("none"))
        (line,) = self.about(found, "target")
        self.assertEqual(line[0], "ok")
        self.assertIn("fake answers: 1 of the 1 models", line[2])
        for fault, words in (("list-dies", "no licence"), ("list-none-runs", "0 of the 1"),
                             ("list-nonsense", "no list of models")):
            with self.subTest(fault):
                (line,) = self.about(self.examine("--target", tool.fake(fault)), "target")
                self.assertEqual(line[0], "problem")
                self.assertIn(words, line[2])

    def test_bad_usage(self):
        for words, says in ((("--connections", "0"), "--connections 0"),
                            (("--target", "nothing"), "NAME=COMMAND"), (("5",), "argument 5")):
            result = tool.run("doctor", *words)
            self.assertEqual((result.status, result.out), (2, ""), words)
            self.assertIn(says, result.err)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)

    def test_help(self):
        self.assertRegex(tool.run("--help").out, r"(?m)^  doctor ")


if __name__ == "__main__":
    tool.main()
