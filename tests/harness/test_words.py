"""Words of runs.csv are texts only where a row is read and written: nowhere else does harness/ compare
them as such. And what is said of workloads by their names is said of workloads that there are.
"""
import os
import re
import unittest

import tool

HARNESS = os.path.join(tool.SOURCE, "harness")
# A call, with calls among its arguments.
COMPARED = re.compile(r"\b(?:strn?cmp|memcmp|name_equals\w*)\s*\((?:[^()]|\([^()]*\))*\)")
NO_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', re.DOTALL)


def read(*path):
    with open(os.path.join(HARNESS, *path), encoding="utf-8") as file:
        return file.read()


class Words(unittest.TestCase):
    def test_no_word_is_compared_as_a_text(self):
        words = [name for name, kind in tool.columns().items() if kind == "WORD"]
        self.assertIn("status", words)
        word = re.compile(r"\b(?:COLUMN_)?(?:%s)\b" % "|".join(words))
        faults, seen = [], 0
        for folder, _, names in os.walk(HARNESS):
            for name in names:
                if not name.endswith((".c", ".h")):
                    continue
                for call in COMPARED.findall(NO_CODE.sub('""', read(folder, name))):
                    seen += 1
                    if word.search(call):
                        faults.append("%s: %s" % (name, " ".join(call.split())))
        self.assertGreater(seen, 50)
        self.assertEqual([], faults)

    def test_facts_are_of_workloads_that_there_are(self):
        named = re.findall(r'\.name = "(\w+)"', read("rows", "workload_facts.c"))
        self.assertIn("stream", named)
        told = tool.run("bench", "--workload", "none-such", "--dry-run")
        self.assertEqual(told.status, 2, told.err)
        for name in named:
            self.assertRegex(told.err, r"\b%s\b" % name)


if __name__ == "__main__":
    tool.main()
