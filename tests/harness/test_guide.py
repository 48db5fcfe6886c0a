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
MODEL_LINES = range(40, 61)  # of code


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def pages():
    """The paths of all documents."""
    return [os.path.join(tool.SOURCE, "README.md"), os.path.join(tool.SOURCE, "results", "README.md"),
            os.path.join(MODELS, "lessons", "README.md"),
            *sorted(glob.glob(os.path.join(MODELS, "*.md")))]


def programs(page):
    """The C programs of a page, in its order."""
    return [code for language, code in FENCED.findall(read(MODELS, page)) if language == "c"]


def anchors(page):
    """What GitHub names the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", read(page)), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


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
