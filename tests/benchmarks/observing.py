"""What counting each system call costs: the same program built without it.
Usage: observing.py IOMODELS UNOBSERVED MODEL..."""
import sys

import ratios


def main():
    ours, unobserved, *models = sys.argv[1:]
    met = True
    for model in models:
        rows = ratios.bench(ours, {"counting": ours, "not": unobserved},
                            ["--model", model, "--connections", "32", "--trials", "16",
                             "--duration", "400ms", "--warmup", "100ms"])
        cpu = [ratios.values(rows, "server_cpu_us_per_msg", target=name)
               for name in ("not", "counting")]
        met &= ratios.judge("%s at 32: CPU time, not counting by counting" % model,
                            cpu[0], cpu[1], 0.98)
    sys.exit(0 if met else 1)


main()
