"""What is installed, and what it says of the program: the manual page and completion in bash know each
option that the help knows.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

import tool

BUILD = os.path.dirname(os.path.dirname(tool.PROGRAM))
COMPLETION = os.path.join(tool.SOURCE, "harness", "completion.bash")
FENCED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)")
# Links to what only a checkout has.
FOR_DEVELOPERS = (".github", "harness", "tests")


def commands():
    lines = tool.run("--help").out.split("\n\n")[2].splitlines()
    return [line.split()[0] for line in lines]


def options(command):
    """Those of its help, each with what it calls the value, or ""."""
    found = re.findall(r"^  (--[\w-]+)(?: (\S+))?(?= |$)", tool.run(command, "--help").out, re.MULTILINE)
    if not found:
        raise AssertionError("no options in the help of " + command)
    return dict(found)


def complete(*words, cwd=None):
    """What a bash offers for the last of these words, as the command line is split by it."""
    script = "\n".join([
        "source " + shlex.quote(COMPLETION),
        "COMP_WORDS=(%s)" % " ".join(shlex.quote(word) for word in (tool.PROGRAM, *words)),
        "COMP_CWORD=%d" % len(words),
        '_iomodels "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"',
        'printf "%s\\n" "${COMPREPLY[@]}"'])
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=cwd,
                          check=True, timeout=tool.HANG_S)
    if done.stderr:
        raise AssertionError(done.stderr)
    return done.stdout.split("\n")[:-1] if done.stdout != "\n" else []


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        result = tool.run("--help=man")
        if (result.status, result.err) != (0, ""):
            raise AssertionError(result.err)
        cls.page = result.out

    def section(self, title):
        parts = re.split(r'^\.SH "(.*)"$', self.page, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))[title]

    def test_has_every_option_of_every_command(self):
        self.assertGreater(len(commands()), 5)
        for command in commands():
            section = self.section(command.upper()).replace("\\-", "-")
            for option, argument in options(command).items():
                item = ".TP\n\\fB%s\\fR" % option + (" \\fI%s\\fR" % argument if argument else "") + "\n"
                self.assertTrue(item in section, (command, option, argument))

    def test_has_every_word_of_the_help(self):
        plain = re.sub(r"^\.\w\w.*$|\\f[BIR]", "", self.page, flags=re.MULTILINE)
        for sign, written in {"-": "-", "'": "(aq", "`": "(ga", '"': "(dq", "~": "(ti", "^": "(ha", "\\": "e"}.items():
            plain = plain.replace("\\" + written, sign)
        plain = set(plain.replace("\\&", "").split())
        for command in commands():
            words = set(tool.run(command, "--help").out.split()) - {"usage:", "iomodels", command}
            headings = {word for heading in re.findall(r"^\w.*:$", tool.run(command, "--help").out, re.MULTILINE)
                        for word in heading.split()}
            self.assertEqual(words - headings - plain, set(), command)

    def check_by(self, *words, but=r"\A\Z"):
        if not shutil.which(words[0]):
            self.skipTest("no %s here" % words[0])
        done = subprocess.run(words, input=self.page, capture_output=True, text=True, check=False)
        said = [line for line in (done.stdout + done.stderr).splitlines() if not re.search(but, line)]
        self.assertEqual(said, [])

    def test_groff_understands_it(self):
        self.check_by("groff", "-ww", "-man", "-z")

    def test_mandoc_understands_it(self):
        # It has no date, as nobody would remember to change it.
        self.check_by("mandoc", "-T", "lint", but=r": STYLE: input text line longer|WARNING: missing date")


@unittest.skipUnless(shutil.which("bash"), "no bash here")
@unittest.skipIf(tool.ON_WINE or tool.ON_WINDOWS, "bash's completion is tried with the native program")
class Completion(unittest.TestCase):
    def test_commands(self):
        self.assertEqual(complete(""), commands() + ["help", "--help", "--version"])
        self.assertEqual(complete("re"), ["report"])
        self.assertEqual(complete("help", "ser"), ["serve"])

    def test_every_option_of_every_command(self):
        for command in commands():
            self.assertEqual(complete(command, "-"), [*options(command), "--help"], command)
            for option in options(command):
                self.assertTrue(option in complete(command, option[:-1]), option)

    def test_names_that_the_program_knows(self):
        models = list(tool.models())
        self.assertEqual(complete("bench", "--model", ""), models)
        self.assertEqual(complete("serve", "--model", "selec"), [m for m in models if m.startswith("selec")])
        self.assertEqual(complete("bench", "--workload", ""), tool.workloads())
        suites = tool.run("bench", "--help").out.split("\nsuites:\n")[1].split("\n\n")[0]
        self.assertEqual(complete("bench", "--suite", ""), re.findall(r"^  (\w+)", suites, re.MULTILINE))
        refusal = tool.run("compare", "--metric", "nothing", ".").err
        taken = re.search(r"known are all, or (.*) \(see: ", refusal).group(1).split(", ")
        self.assertTrue("rtt_p99_us" in taken and set(taken) < set(tool.columns()), taken)
        self.assertEqual(complete("compare", "--metric", ""), ["all", *taken])

    def test_words_that_an_option_takes(self):
        for command in commands():
            for option, argument in options(command).items():
                if argument[:1].islower():
                    self.assertEqual(complete(command, option, ""), argument.split("|"), option)
        self.assertEqual(complete("list", "--format", ""), ["text", "csv", "json"])
        self.assertEqual(complete("list", "--format", "=", ""), ["text", "csv", "json"])
        self.assertEqual(complete("list", "--format", "="), ["text", "csv", "json"])
        self.assertEqual(complete("list", "--format", "=", "j"), ["json"])

    def test_lists(self):
        self.assertEqual(complete("bench", "--model", "select,wsap"), ["select,wsapoll"])
        self.assertEqual(complete("bench", "--workload", "=", "idle,ramp,chu"), ["idle,ramp,churn"])

    def test_nothing_where_nothing_is_known(self):
        self.assertEqual(complete("serve", "--port", ""), [])
        self.assertEqual(complete("no-such", ""), [])

    def test_files(self):
        with tool.folder() as place:
            os.mkdir(os.path.join(place, "a run"))
            self.assertEqual(complete("report", "a", cwd=place), ["a run"])
            self.assertEqual(complete("report", "--baseline", "", cwd=place), ["a run"])
            self.assertEqual(complete("bench", "--resume", "a", cwd=place), ["a run"])

    def test_bash_has_it_for_the_name(self):
        done = subprocess.run(["bash", "--norc", "-c", 'source "$1"; complete -p iomodels', "-", COMPLETION],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "complete -F _iomodels iomodels\n")


@unittest.skipUnless(shutil.which("meson"), "no meson here")
@unittest.skipIf(tool.ON_WINE or tool.ON_WINDOWS, "its places are those of Linux")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = tool.folder()
        place = cls.context.__enter__()
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", place],
                       stdout=subprocess.DEVNULL, check=True)
        told = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", BUILD],
                                         stdout=subprocess.PIPE, check=True).stdout)
        cls.settings = {option["name"]: option["value"] for option in told}
        cls.place = place + cls.settings["prefix"]
        cls.files = sorted(os.path.relpath(os.path.join(folder, name), cls.place)
                           for folder, _, names in os.walk(place) for name in names)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def test_is_what_is_meant_to_be(self):
        documents = os.path.join(self.settings["datadir"], "doc", "iomodels") + os.sep
        others = [path for path in self.files if not path.startswith(documents)]
        wanted = [os.path.join(self.settings["bindir"], "iomodels"),
                  os.path.join(self.settings["datadir"], "bash-completion", "completions", "iomodels")]
        if self.settings["b_sanitize"] == "none":
            wanted.append(os.path.join(self.settings["mandir"], "man1", "iomodels.1"))
        self.assertEqual(sorted(others), sorted(wanted))
        for name in ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "models/README.md",
                     "models/lessons/README.md", "models/select.c", "common/turn.h", "results/README.md"):
            self.assertTrue(documents + name in self.files, name)
        self.assertFalse([path for path in self.files if "test" in path])

    def test_program_runs(self):
        path = os.path.join(self.place, self.settings["bindir"], "iomodels")
        self.assertEqual(tool.run("--version", program=path).out, tool.run("--version").out)

    def test_manual_is_of_this_program(self):
        path = os.path.join(self.place, self.settings["mandir"], "man1", "iomodels.1")
        if self.settings["b_sanitize"] != "none":
            self.skipTest("made without sanitizers only")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), tool.run("--help=man").out)

    def test_completion_is_that_of_this_program(self):
        path = os.path.join(self.place, self.settings["datadir"], "bash-completion", "completions", "iomodels")
        with open(path, encoding="utf-8") as installed, open(COMPLETION, encoding="utf-8") as source:
            self.assertEqual(installed.read(), source.read())

    def test_links_of_documents(self):
        top = os.path.join(self.place, self.settings["datadir"], "doc", "iomodels")
        seen = 0
        for page in [path for path in self.files if path.endswith(".md")]:
            page = os.path.join(self.place, page)
            with open(page, encoding="utf-8") as file:
                links = LINK.findall(FENCED.sub("", file.read()))
            for link in links:
                target = os.path.normpath(os.path.join(os.path.dirname(page), link))
                inside = os.path.relpath(target, top)
                if "://" in link or inside.split(os.sep)[0] in FOR_DEVELOPERS:
                    continue
                seen += 1
                self.assertTrue(os.path.exists(target), "%s links to %s" % (page, link))
        self.assertGreater(seen, 50)


if __name__ == "__main__":
    tool.main()
