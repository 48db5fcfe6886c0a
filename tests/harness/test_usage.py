"""Bad usage: exit status 2 and one line that names what is wrong and what would be right."""
import os
import re
import subprocess
import unittest

import tool


class Usage(unittest.TestCase):
    def refused(self, *arguments, says, status=2):
        with self.subTest(" ".join(arguments)):
            result = tool.run(*arguments)
            self.assertEqual(result.status, status, result.err)
            self.assertEqual(result.out, "")
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertTrue(result.err.startswith("iomodels"), result.err)
            for word in says:
                self.assertIn(word, result.err)

    def test_unknown_command(self):
        self.refused("frobnicate", says=["frobnicate", "list", "serve", "bench", "--help"])

    def test_trace(self):
        model = tool.available_models()[0]
        self.refused("trace", says=["--model is missing", "trace --help"])
        for script, word in (("send:6", "begin with connect"), ("connect,jump", "jump is no step"),
                             ("connect,send", "send:6"), ("connect,pause:5", "pause:300ms"),
                             ("connect,finish:1", "takes nothing"), ("connect,", "is no step"),
                             ("connect,connect", "connected already")):
            self.refused("trace", "--model", model, "--script", script, says=["--script", word])
        self.refused("trace", "--model", model, "--format", "xml", says=["--format xml", "csv"])
        self.refused("trace", "--model", "frob", says=["unknown model frob", model])
        self.refused("trace", "--model", model, "--clients", "17", says=["--clients 17", "1 to 16"])

    def test_unknown_option(self):
        for command in "list", "serve", "bench", "trace":
            self.refused(command, "--frobnicate", says=["unknown option --frobnicate",
                                                        command + " --help"])
        self.refused("bench", "--duration=", says=["--duration"])
        self.refused("bench", "5", says=["unexpected argument 5", "--help"])
        self.refused("serve", "-model", "select", says=["-model", "--help"])

    def test_option_without_value(self):
        for words in (("serve", "--model"), ("serve", "--model", "select", "--port"),
                      ("bench", "--duration"), ("bench", "--model"), ("bench", "--target")):
            self.refused(*words, says=[words[-1], "needs its value"])
        self.refused("serve", "--model=", says=["--model", "empty"])
        self.refused("serve", "--control=yes", says=["--control takes no value"])

    def test_unknown_model(self):
        known = tool.models()
        able = tool.available_models()
        self.assertTrue(able)
        self.refused("bench", "--model", "frob", says=["unknown model frob", *known])
        self.refused("bench", "--model", able[0] + ",", says=["unknown model", *known])
        self.refused("bench", "--model", able[0] + ",frob", says=["unknown model frob", *known])
        self.refused("serve", "--model", "frob", says=["unknown model frob", *able])
        self.refused("serve", says=["--model is missing", *able])

    def test_model_that_the_build_lacks(self):
        others = [row for row in tool.models().values() if row["available"] == "no"]
        if not others:
            self.skipTest("every model runs here")
        for row in others:
            self.refused("serve", "--model", row["model"],
                         says=[row["model"], row["reason"]])
            self.refused("bench", "--model", row["model"],
                         says=[row["model"], row["reason"]])

    def test_numbers(self):
        model = tool.available_models()[0]
        for option, value in (("--port", "70000"), ("--port", "-1"), ("--port", "http"),
                              ("--port", "80x"), ("--port", ""), ("--threads", "0"),
                              ("--threads", "1.5"), ("--backlog", "0"),
                              ("--max-connections", "0"), ("--max-connections", "1000001"),
                              ("--buffer-bytes", "0"), ("--buffer-bytes", "64kb"),
                              ("--buffer-bytes", "1GiB")):
            self.refused("serve", "--model", model, option, value, says=[option, value])
        self.refused("serve", "--model", model, "--port", "70000", says=["0 to 65535"])
        self.refused("serve", "--model", model, "--bind", "localhost",
                     says=["--bind localhost", "IPv4 or IPv6"])

    def test_bench_numbers(self):
        for option, value in (("--connections", "0"), ("--connections", "1,"),
                              ("--connections", "1,,2"), ("--connections", "ten"),
                              ("--connections", "1000001"), ("--message-bytes", "0"),
                              ("--message-bytes", "2GiB"), ("--message-bytes", "64 apples"),
                              ("--duration", "5"), ("--duration", "0s"), ("--duration", "5 parsec"),
                              ("--duration", "25000min"), ("--warmup", "0"), ("--warmup", "300"),
                              ("--idle-wait", "5"), ("--trials", "0"), ("--pipeline", "0"),
                              ("--seed", "-1"), ("--seed", "18446744073709551616"),
                              ("--threads", "1025"), ("--threads", "1,0"), ("--client-threads", "0"),
                              ("--client-threads", "257"), ("--client-threads", "1,2"), ("--pipeline", "1,2"), ("--rate", "0"), ("--rate", "10kk"),
                              ("--connections", "1-16"), ("--message-bytes", "64,"),
                              ("--message-bytes", "64k"),
                              ("--rate", "1000000001"), ("--burst-every", "5"),
                              ("--burst-every", "0s"), ("--active", "0"), ("--misbehaving", "0"), ("--steps", "0")):
            self.refused("bench", option, value, says=[option, value])
        self.refused("bench", "--duration", "5", says=["unit", "2s"])
        self.refused("bench", "--message-bytes", "0", says=["1 B", "64KiB"])
        self.refused("bench", "--connections", "1-16", says=["ranges", "1,16,1k"])
        self.refused("bench", "--connections", "1..16", says=["ranges", "1,16,1k"])
        self.refused("bench", "--pipeline", "1,2", says=["one value, not a list"])
        # An empty one, whatever stands behind it in memory.
        self.refused("bench", "--connections", "", "-x", says=["not numbers from 1"])

    def test_one_rule_for_lists_and_names(self):
        model = tool.available_models()[0]
        able = len(tool.available_models())
        for words, runs in ((("--workload", "PingPong,stream"), 2 * able),
                            (("--workload", "pingpong", "--workload", "STREAM,burst"), 3 * able),
                            (("--message-bytes", "64,1KiB"), 2 * able),
                            (("--message-bytes", "64", "--message-bytes", "1kib,2KiB"), 3 * able),
                            (("--connections", "1,1k,1.5K"), 3 * able),
                            (("--connections", "1", "--connections", "2,3"), 3 * able),
                            (("--workload", "rate", "--rate", "20k,1M"), 2 * able),
                            (("--model", model.upper(), "--connections", "1"), 1),
                            (("--suite", "SMOKE"), able),
                            (("--suite", "smoke", "--placement", "NONE"), able),
                            (("--suite", "smoke", "--until-ci", "5"), 50 * able)):
            trials = () if "--suite" in words else ("--trials", "1")
            result = tool.run("bench", "--dry-run", *trials, *words)
            with self.subTest(words):
                self.assertEqual((result.status, result.errors()), (0, []))
                self.assertIn("%d run%s, " % (runs, "" if runs == 1 else "s"), result.err)
        with tool.folder() as out:
            self.assertEqual(tool.bench(out, "--model", model.upper(), "--workload", "PINGPONG",
                                        "--placement", "NONE").status, 0)
            (row,) = tool.read_runs(out)
        self.assertEqual((row["model"], row["workload"], row["placement"]),
                         (model, "pingpong", "none"))
        server = tool.Server("--model", model.upper(), "--control", stdin=subprocess.PIPE)
        self.assertEqual(server.listening["model"], model)
        self.assertEqual(server.end(b"stop\n").status, 0)

    def test_unknown_names(self):
        self.refused("bench", "--workload", "frob", says=["frob", "pingpong", "stream", "rate"])
        self.refused("bench", "--suite", "frob", says=["frob", "quick", "smoke"])
        self.refused("bench", "--placement", "frob", says=["frob", "split", "none"])
        for side in "--server-cpus", "--client-cpus":
            self.refused("bench", side, "0,frob", says=[side, "0,frob", "can be used here"])
            self.refused("bench", side, "0", "--placement", "none", says=["exclude each other"])

    def test_targets(self):
        for value in ("native", "=iomodels", "native=", "x" * 64 + "=iomodels"):
            self.refused("bench", "--target", value, says=["--target", "NAME=COMMAND"])
        self.refused("bench", "--target-missing", "wine", says=["--target-missing", "NAME=REASON"])
        self.refused("bench", "--target-missing", "a=x", "--target-missing", "a=y",
                     says=["two targets are called a"])
        many = [word for i in range(17) for word in ("--target-missing", "t%d=x" % i)]
        self.refused("bench", "--target", tool.fake("none"), *many, says=["more than 16 targets"])
        only = ["--target", tool.fake("list-none-runs")]
        self.refused("bench", *only, says=["fake", "not on a Tuesday"])

    def test_help_and_version(self):
        for words in (["--help"], ["help"], ["-h"], ["list", "--help"], ["serve", "--help"],
                      ["bench", "-h"], ["bench", "--duration", "1s", "--help"]):
            result = tool.run(*words)
            self.assertEqual((result.status, result.err), (0, ""), words)
            self.assertIn("usage: iomodels", result.out)
        self.assertRegex(tool.run("--version").out, r"\Aiomodels \d+\.\d+\.\d+\n\Z")
        self.assertEqual(tool.run().status, 2)

    def test_help_of_a_command(self):
        for name in "list", "serve", "bench", "compare", "merge", "doctor":
            asked = tool.run("help", name)
            self.assertEqual((asked.status, asked.out), (0, tool.run(name, "--help").out))
        self.refused("help", "frob", says=["unknown command frob", "bench"])

    def test_shells_leave_alone_what_is_documented(self):
        """cmd.exe takes < > % ^ and knows no '...'; sh takes < > $ and `...`."""
        for name in "list", "serve", "bench", "compare", "merge", "doctor":
            for line in tool.run(name, "--help").out.splitlines():
                line = re.sub(r'"[^"]*"', "", line)  # in these all of them agree
                for word in re.findall(r"--[a-z-]+[= ]\S+", line):
                    self.assertNotRegex(word, r"[<>$^%]|=?'", line)
        for path in "README.md", os.path.join("results", "README.md"):
            with open(os.path.join(tool.SOURCE, path), encoding="utf-8") as file:
                for option in re.findall(r"--(?:rate-search|fail-if|until-ci|target)[= ]\S+",
                                         file.read()):
                    self.assertNotRegex(option, r"[<>^%']", path)

    def test_dry_run(self):
        able = tool.available_models()
        result = tool.run("bench", "--dry-run", "--trials", "3", "--connections", "1,2,3")
        self.assertEqual((result.status, result.out, result.errors()), (0, "", []))
        self.assertIn("%d runs, about" % (9 * len(able)), result.err)

    def test_lessons_are_apart(self):
        known = tool.models()
        lessons = {name for name, row in known.items() if row["lesson_of"]}
        able = {name for name in lessons if known[name]["available"] == "yes"}
        changed = {known[name]["lesson_of"] for name in lessons} & set(tool.available_models())
        self.assertTrue(able and changed)
        first_words = {line.split(" ")[0] for line in tool.run("list").out.splitlines()}
        self.assertEqual(first_words & set(known), set(known) - lessons)
        first_words = {line.split(" ")[0] for line in tool.run("list", "--lessons").out.splitlines()}
        self.assertEqual(first_words & set(known), lessons)
        words = ("bench", "--dry-run", "--trials", "1", "--connections", "1")
        result = tool.run(*words, "--suite", "lessons")
        self.assertIn("%d runs, about" % len(able | changed), result.err)
        result = tool.run(*words, "--model", ",".join(able))
        self.assertIn("%d runs, about" % len(able), result.err)
        # Of a target that is missing, as many rows as this program knows.
        with tool.folder() as out:
            self.assertEqual(tool.bench(out, "--suite", "lessons", "--model", min(able),
                                        "--target-missing", "gone=lost").status, 0)
            rows = tool.read_runs(out)
            self.assertEqual([row["model"] for row in rows if row["target"] == "gone"], [min(able)])


if __name__ == "__main__":
    tool.main()
