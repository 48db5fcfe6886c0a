"""bench --require: limits by which a run passes or fails."""
import unittest

import tool


class Require(unittest.TestCase):
    def run_with(self, *limits):
        words = [word for limit in limits for word in ("--require", limit)]
        with tool.folder() as out:
            return tool.bench(out, "--model", "select", *words)

    def test_kept(self):
        result = self.run_with("max:1min,throughput:1", "connections_starved:1000")
        self.assertEqual(result.status, 0, result.out + result.err)
        self.assertIn("kept: max <= 1min (all 1 medians)", result.out)
        self.assertIn("kept: throughput >= 1 (all 1 medians)", result.out)

    def test_not_kept(self):
        result = self.run_with("max:1ns", "throughput:1")
        self.assertEqual(result.status, 1, result.out + result.err)
        self.assertIn("not kept: max <= 1ns: select on %s, pingpong 64 B x 4: rtt_max_us is " % tool.NATIVE,
                      result.out)

    def test_usage(self):
        for words, says in ((("--require", "p95:1ms"), "p99.9"),
                            (("--require", "p99>=1ms"), "at most"),
                            (("--require", "p99:1ms", "--rate-search", "p99:1ms"), "--rate-search"),
                            (("--require", ",".join(17 * ["p99:1ms"])), "more than 16")):
            result = tool.run("bench", *words)
            self.assertEqual(result.status, 2, result.err)
            self.assertIn(says, result.err)
            self.assertEqual(len(result.err.splitlines()), 1)


if __name__ == "__main__":
    tool.main()
