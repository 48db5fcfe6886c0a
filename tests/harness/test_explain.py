"""`bench --explain`: what one message cost, as the rows have it."""
import itertools
import re
import unittest

import tool


def table(text):
    """The first table's figures, by model and column: what is not in the last line of a head stands
    in the lines above it, ending in the same place."""
    lines = text.split("What one message cost", 1)[1].split("\n\n", 1)[1].splitlines()
    first = next(i for i, line in enumerate(lines) if re.match(r"  \w+ +\d", line))
    ends = [found.end() for found in re.finditer(r"\S+", lines[first])][1:]
    heads = [" ".join(word for line in lines[:first] for word in [line[begin:end].strip()] if word)
             for begin, end in zip([10] + ends, ends)]
    rows = itertools.takewhile(lambda line: re.match(r"  \w+ +\d", line), lines[first:])
    return {line.split()[0]: dict(zip(heads, line.split()[1:])) for line in rows}


class Explain(unittest.TestCase):
    def test_figures_of_the_rows(self):
        models = ["blocking", "select"]
        with tool.folder() as out:
            result = tool.bench(out, "--explain", "--model", ",".join(models), counted=True)
            rows = {row["model"]: row for row in tool.read_runs(out)}
        self.assertEqual(result.status, 0, result.err)
        figures = table(result.out)
        self.assertEqual(list(figures), models)
        for model in models:
            row = rows[model]
            messages = float(row["server_messages"])
            for line, column in (("waits", "wait_calls"), ("receives", "recv_calls"),
                                 ("sends", "send_calls"), ("other calls", "other_calls")):
                self.assertAlmostEqual(float(figures[model][line]), float(row[column]) / messages,
                                       delta=0.006, msg=(model, line))
            calls = sum(float(row[column]) for column in
                        ("wait_calls", "recv_calls", "send_calls", "other_calls"))
            self.assertAlmostEqual((calls - float(row["completions"])) / messages,
                                   float(row["syscalls_per_msg"]), delta=1e-4)
        words = " ".join(result.out.split())  # without line ends: where they are depends on figures
        self.assertRegex(words, r" blocking: no waits.*for each message.* "
                                r"select: .*for each message")
        self.assertEqual("Wine adds requests to wineserver" in words, tool.ON_WINE)

    def test_target_without_counters(self):
        with tool.folder() as out:
            result = tool.bench(out, "--explain", "--target", tool.fake("none"))
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(" ".join(result.out.split()),
                         r" left out, since the server's calls .* not known .*: fake ")

    def test_only_where_asked_for(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"))
        self.assertNotIn("What one message cost", result.out)


if __name__ == "__main__":
    tool.main()
