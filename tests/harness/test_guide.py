"""The guide says what is so: its quotes, its links and its programs.

models/README.md and the pages beside it are compared with the sources that they show.
"""
import glob
import os
import re
import shutil
import subprocess
import unittest

import tool

MODELS = os.path.join(tool.SOURCE, "models")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTE = re.compile(r"^Ours, \[(\S+)\]\(\1\), lines? (\d+)(?: to (\d+))?:\n\n```c\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
README_LINES_MOST = 300
MODEL_LINES = range(40, 63)  # of code


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def pages():
    """The paths of all documents."""
    return [*(os.path.join(tool.SOURCE, name) for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
            os.path.join(tool.SOURCE, "results", "README.md"),
            os.path.join(MODELS, "lessons", "README.md"),
            *sorted(glob.glob(os.path.join(MODELS, "*.md")))]


def programs(page):
    """The C programs of a page, in its order."""
    return [code for language, code in FENCED.findall(read(MODELS, page)) if language == "c"]


def anchors(page):
    """What GitHub names the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", read(page)), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def table_calls(text):
    """The calls of each column of a table of `iomodels trace`, by its title: (step, call).

    Without times and the numbers of sockets; the calls of each thread by themselves."""
    columns = {}
    for block in text.rstrip("\n").split("\n\n"):
        lines = block.splitlines()
        bars = [match.start() for match in re.finditer(r" \| ", lines[0])]
        spans = list(zip([0] + [bar + 3 for bar in bars], bars + [None]))
        titles = [" ".join(line[a:b].strip() for line in lines[:2] if not line.startswith("--"))
                  for a, b in spans]
        for title, (a, b) in zip(titles, spans):
            calls, step = [], ""
            for line in lines[1:]:
                cell = line[a:b].rstrip()
                if line.startswith("-- "):
                    step = line.split()[1]
                elif step == "in":
                    break
                elif cell.startswith("  "):
                    calls[-1][1] += cell[2:].replace(" ", "")
                elif cell and step:
                    calls.append([step, cell.replace(" ", "")])
            plain = [(step, re.sub(r",?after.*|(?<=socket)\d+", "", call)) for step, call in calls]
            columns[title] = sorted(plain, key=lambda call: call[1][:3] if call[1][0] == "[" else "")
    return columns


def words(code):
    """Code without its white space."""
    return "".join(code.split())


def places(lines, quoted):
    """The first and the last line of each place that has the quoted code, counted from 1."""
    count = len(quoted.splitlines())
    return [(first + 1, first + count) for first in range(len(lines) - count + 1)
            if words("".join(lines[first:first + count])) == words(quoted)]


class Guide(unittest.TestCase):
    def test_quotes(self):
        sections = re.split(r"^## \d\. ", read(MODELS, "faults.md"), flags=re.MULTILINE)[1:]
        self.assertEqual(len(sections), 7)
        for section in sections:
            quotes = QUOTE.findall(section)
            self.assertEqual(len(quotes), section.count("\nOurs, "), section)
            self.assertGreater(len(quotes), 0, section)
            for path, first, last, quoted in quotes:
                found = places(read(MODELS, path).splitlines(True), quoted)
                self.assertTrue(found, "faults.md quotes what is not in %s:\n%s" % (path, quoted))
                self.assertIn((int(first), int(last or first)), found,
                              "faults.md: in %s these lines have other numbers:\n%s"
                              % (path, quoted))

    def test_links(self):
        for page in pages():
            name = os.path.relpath(page, tool.SOURCE)
            for link in LINK.findall(INLINE.sub("", FENCED.sub("", read(page)))):
                if "://" in link:
                    continue
                path, _, anchor = link.partition("#")
                target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(target), "%s links to %s" % (name, link))
                if anchor:
                    self.assertIn(anchor, anchors(target), "%s links to %s" % (name, link))

    def test_length(self):
        self.assertLessEqual(len(read(MODELS, "README.md").splitlines()), README_LINES_MOST)

    def test_lessons(self):
        """Each lesson has a heading on their page."""
        files = glob.glob(os.path.join(MODELS, "lessons", "*.c"))
        headings = anchors(os.path.join(MODELS, "lessons", "README.md"))
        for file in files:
            self.assertIn(os.path.basename(file)[:-2], headings)

    def compiles(self, code, *options):
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if not tool.ON_LINUX or compiler is None:
            self.skipTest("it takes Linux and a compiler: cc, gcc or clang")
        with tool.folder() as folder:
            file = os.path.join(folder, "guide.c")
            with open(file, "w", encoding="utf-8") as written:
                written.write(code)
            result = subprocess.run(
                [compiler, "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror",
                 "-fsyntax-only", *options, file],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_traces(self):
        """The traces of the guide are those of the models, but for times and numbers."""
        page = read(MODELS, "traces.md")
        command = re.search(r"^    iomodels (trace --model \S+) --target", page, re.MULTILINE)[1]
        first, second = [code for _, code in FENCED.findall(page)][:2]
        guide = dict(table_calls(first), **table_calls(second))
        if tool.ON_WINE:
            version = subprocess.run([*tool.WRAPPER, "--version"], stdout=subprocess.PIPE,
                                     text=True, check=False).stdout
            if not version.startswith("wine-8.0"):
                self.skipTest("the guide shows Wine 8.0's")
        system = "wine" if tool.ON_WINE or tool.ON_WINDOWS else "linux"
        own = {title: calls for title, calls in guide.items() if title.endswith(" on " + system)}
        self.assertGreater(len(own), 1)
        models = ",".join(title.split()[0] for title in own)
        target = "%s=%s" % (system, tool.command(tool.PROGRAM))
        self.assertIn("trace --model " + models.split(",")[0], command)
        for left in 2, 1, 0:  # a machine too busy may show a call in the step after its own
            result = tool.run(*command.split()[:2], models, "--target", target)
            self.assertEqual(result.status, 0, result.err)
            shown = {title + " on " + system: calls for title, calls in
                     table_calls("\n".join(result.out.splitlines()[:-1])).items()}
            if shown == own or left == 0:
                self.assertEqual(shown, own)
                return

    def test_small_server(self):
        self.compiles(programs("README.md")[0])

    def test_model(self):
        code = programs("writing-a-model.md")[0]
        self.assertIn("const struct io_model model_mine", code)
        lines = [line for line in code.splitlines() if line and not line.startswith(("#", "/*"))]
        self.assertIn(len(lines), MODEL_LINES)
        self.compiles(code, "-D_GNU_SOURCE", "-I", MODELS,
                      "-I", os.path.join(tool.SOURCE, "common"))


if __name__ == "__main__":
    tool.main()
