"""Whether `bench` tells the truth in real time: its load on a server whose delays are known (in
virtual time tests/truth does the same, exactly). Usage: truth.py IOMODELS DELAYS_PEER [TRIALS]

- Percentiles: the server's delays have few values, and each percentile lies well inside one of
  them. Nothing can be reported below it, but for half of a bucket of the histogram; nor above it
  and a bucket by more than a round trip takes without any delay, of which the 99th percentile is
  taken. There are so many connections that none has to wait for its own last answer.
- Stalls: a server that sleeps 100 ms each second. The 99.9th percentile shows it where messages
  count from when they were meant to be sent, and hides it where they count from when they were
  sent: each stall delays one message of each connection, which is fewer than one in a thousand.
- Counts: histogram.csv has as many round trips as messages, of each row on each basis.

Figures are medians over the trials. On a machine that others load, the tails are theirs.
"""
import collections
import math
import os
import statistics
import sys

import ratios

DELAYS = {1: 700, 5: 270, 20: 28, 50: 2}  # milliseconds: how many of 1,000
PERCENTILES = {"rtt_p50_us": 50, "rtt_p90_us": 90, "rtt_p99_us": 99, "rtt_p99_9_us": 99.9}
BUCKET = 0.001
STALL_US = 100000
TIMES = ["--workload", "rate", "--warmup", "300ms", "--duration", "6s"]


def true_us(percentile):
    cycle = sorted(ms for ms, weight in DELAYS.items() for _ in range(weight))
    return 1000 * cycle[math.ceil(percentile / 100 * len(cycle)) - 1]


def say(met, what, *figures):
    print("%-44s %s  %s" % (what, "  ".join(figures), "met" if met else "MISSED"), flush=True)
    return met


def median(rows, column, target):
    return statistics.median(ratios.values(rows, column, target=target))


def counts_agree(folder, rows):
    cell = ("target", "connections", "target_rate_msgs_per_s", "trial")
    counted = collections.Counter()
    for line in ratios.read(folder, "histogram.csv"):
        counted[(*(line[name] for name in cell), line["latency_basis"])] += int(line["count"])
    expected = {(*(row[name] for name in cell), basis): int(row["messages"])
                for row in rows for basis in ("intended", "sent")}
    return say(counted == expected, "histogram.csv holds every message",
               "%d rows, %d messages," % (len(rows), sum(int(row["messages"]) for row in rows)))


def measure(ours, targets, arguments):
    """The rows, and whether their histograms hold as many round trips as they have messages."""
    with ratios.run_folder(ours, targets, [*TIMES, *arguments]) as folder:
        rows = ratios.read(folder, "runs.csv")
        for row in rows:
            if row["status"] != "ok":
                sys.exit("%s: %s" % (row["target"], row["status_reason"]))
        noisy = sum("host_" in row["warnings"] for row in rows)
        if noisy:
            print("others used the machine in %d of %d rows" % (noisy, len(rows)))
        return rows, counts_agree(folder, rows)


def percentiles(ours, peer, trials):
    given = ",".join("%dms:%d" % delay for delay in DELAYS.items())
    print("2,000 messages/s on 200 connections, delays %s" % given, flush=True)
    rows, met = measure(ours, {"at_once": [peer], "delays": [peer, "--delays", given]},
                        ["--connections", "200", "--rate", "2000", "--trials", trials])
    print("without delay: " + ", ".join("%s %.0f" % (column, median(rows, column, "at_once"))
                                        for column in PERCENTILES))
    floor = median(rows, "rtt_p99_us", "at_once")
    for column, percentile in PERCENTILES.items():
        true, reported = true_us(percentile), ratios.values(rows, column, target="delays")
        most = true * (1 + BUCKET) + floor
        middle = statistics.median(reported)
        met &= say(true * (1 - BUCKET / 2) <= middle <= most, column,
                   "true %.0f," % true, "reported %.0f" % middle,
                   "(%.0f to %.0f)," % (min(reported), max(reported)), "at most %.0f" % most)
    return met


def stalls(ours, peer, connections, trials):
    rate = 2000 * connections
    print("%d messages/s on %d connections, a stall of 100 ms each second" % (rate, connections),
          flush=True)
    rows, met = measure(ours, {"stalls": [peer, "--stall", "%dus:1s" % STALL_US]},
                        ["--connections", str(connections), "--rate", str(rate),
                         "--trials", trials])
    shown = median(rows, "rtt_p99_9_us", "stalls")
    met &= say(shown >= 0.9 * STALL_US, "rtt_p99_9_us shows it", "%.0f" % shown)
    hidden = median(rows, "rtt_uncorrected_p99_9_us", "stalls")
    return say(hidden < 0.1 * STALL_US, "rtt_uncorrected_p99_9_us hides it",
               "%.0f" % hidden) and met


def main():
    ours, peer = sys.argv[1:3]
    trials = sys.argv[3] if len(sys.argv) > 3 else "5"
    if len(os.sched_getaffinity(0)) < 2:
        ratios.skip("needs two processors")
    met = percentiles(ours, peer, trials)
    for connections in (1, 4):
        met &= stalls(ours, peer, connections, trials)
    sys.exit(0 if met else 1)


main()
