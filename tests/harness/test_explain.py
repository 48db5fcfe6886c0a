"""`bench --explain`: what one message cost, as the rows have it."""
import re
import unittest

import tool


def table(text):
    """The first table's figures, by model and line."""
    lines = text.split("What one message cost", 1)[1].splitlines()[3:]
    models = lines[0].split()
    rows = [re.match(r"  (.{26})(.*)", line).groups() for line in lines[1:10]]
    return {model: {name.strip(): cells.split()[i] for name, cells in rows}
            for i, model in enumerate(models)}


class Explain(unittest.TestCase):
    def test_figures_of_the_rows(self):
        models = ["blocking", "select"]
        with tool.folder() as out:
            result = tool.bench(out, "--explain", "--model", ",".join(models))
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
        self.assertRegex(result.out, r"left out, since the server does not count .*: fake\n")

    def test_only_where_asked_for(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"))
        self.assertNotIn("What one message cost", result.out)


if __name__ == "__main__":
    tool.main()
