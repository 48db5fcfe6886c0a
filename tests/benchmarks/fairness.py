"""Whether every client gets its share: Jain's index with more clients than one thread can wait
for. Usage: fairness.py IOMODELS MODEL CONNECTIONS BOUND [CONNECTIONS BOUND...]"""
import statistics
import sys

import ratios


def main():
    ours, model = sys.argv[1:3]
    met = True
    for connections, bound in zip(sys.argv[3::2], sys.argv[4::2]):
        rows = ratios.bench(ours, {"ours": ours},
                            ["--model", model, "--connections", connections, "--trials", "6",
                             "--duration", "1s", "--warmup", "200ms"])
        jain = statistics.median(ratios.values(rows, "fairness_jain"))
        starved = max(ratios.values(rows, "connections_starved"))
        good = jain >= float(bound) and starved == 0
        print("%s at %s: Jain %.4f, %d starved  %s %s" %
              (model, connections, jain, starved, "met:" if good else "MISSED:", bound))
        met &= good
    sys.exit(0 if met else 1)


main()
