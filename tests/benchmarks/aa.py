"""Whether `compare` says that something differs where nothing does: the same build as two targets of
one run, 40 comparisons of CPU time for a message, at most 5 with another verdict than `~`.
Usage: aa.py IOMODELS MODEL,MODEL... [TRIALS [DURATION]]"""
import sys

import ratios

COMPARISONS, BOUND = 40, 5
CONNECTIONS = (1, 2, 4, 8, 16, 24, 32, 48, 63, 96, 128, 160, 200, 250)


def main():
    ours, models = sys.argv[1:3]
    trials = sys.argv[3] if len(sys.argv) > 3 else "10"
    duration = sys.argv[4] if len(sys.argv) > 4 else "400ms"
    each = -(-COMPARISONS // len(models.split(",")))
    lines = ratios.compare(ours, {"a": ours, "b": ours},
                           ["--model", models, "--trials", trials, "--duration", duration,
                            "--warmup", "100ms",
                            "--connections", ",".join(map(str, CONNECTIONS[:each]))],
                           "--metric", "server_cpu_us_per_msg")[:COMPARISONS]
    told = [line for line in lines if line["verdict"] != "~"]
    for line in told:
        print("%(model)s at %(connections)s: b by a %(ratio)s [%(ratio_low)s, %(ratio_high)s], "
              "p %(p)s, '%(verdict)s'" % line)
    met = len(lines) == COMPARISONS and len(told) <= BOUND
    print("%d of %d comparisons of a build with itself have a verdict  %s at most %d" %
          (len(told), len(lines), "met:" if met else "MISSED:", BOUND))
    sys.exit(0 if met else 1)


main()
