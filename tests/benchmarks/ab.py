"""Whether `compare` finds a server that takes 10 % more CPU time for a message: the minimal epoll
loop, and the same made to burn so much, with 10 trials each. 20 comparisons, at least 18 found.
Usage: ab.py IOMODELS PEER [COMPARISONS [DURATION]]"""
import statistics
import sys

import ratios

MORE = 0.1
COST = "server_cpu_us_per_msg"
CONNECTIONS = (8, 10, 12, 14, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160)


def burn_calibrated(ours, peer, load):
    """Nanoseconds for each message that make it 10 % more: a tenth of what a message costs at first,
    then so much more or less as the first try was off (a slower server finds more at each wait)."""
    plain = {"plain": [peer, "--burn-ns", "0"]}
    rows = ratios.bench(ours, plain, [*load, "--trials", "4"])
    burn_ns = MORE * 1000 * statistics.median(ratios.values(rows, COST))
    rows = ratios.bench(ours, {**plain, "slower": [peer, "--burn-ns", str(round(burn_ns))]},
                        [*load, "--trials", "6"])
    more = statistics.median(ratios.values(rows, COST, target="slower")) / \
        statistics.median(ratios.values(rows, COST, target="plain")) - 1
    return round(burn_ns * min(2, max(0.5, MORE / max(more, 0.001))))


def main():
    ours, peer = sys.argv[1:3]
    comparisons = int(sys.argv[3]) if len(sys.argv) > 3 else len(CONNECTIONS)
    duration = sys.argv[4] if len(sys.argv) > 4 else "400ms"
    found = 0
    for connections in CONNECTIONS[:comparisons]:
        load = ["--model", "epoll", "--connections", str(connections), "--duration", duration,
                "--warmup", "100ms"]
        burn_ns = burn_calibrated(ours, peer, load)
        (line,) = ratios.compare(ours, {"plain": [peer, "--burn-ns", "0"],
                                        "slower": [peer, "--burn-ns", str(burn_ns)]},
                                 [*load, "--trials", "10"], "--metric", COST)
        found += line["verdict"] == "slower"
        print("%3d connections, %d ns more: ratio %s [%s, %s], p %s, '%s'" %
              (connections, burn_ns, line["ratio"], line["ratio_low"], line["ratio_high"],
               line["p"], line["verdict"]), flush=True)
    bound = comparisons * 9 // 10
    met = found >= bound
    print("%d of %d found  %s at least %d" % (found, comparisons, "met:" if met else "MISSED:",
                                             bound))
    sys.exit(0 if met else 1)


main()
