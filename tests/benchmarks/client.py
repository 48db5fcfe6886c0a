"""What the load generator costs beside a minimal epoll client, both driving the same minimal
server. Usage: client.py IOMODELS PEER_SERVER MINIMAL_CLIENT"""
import os
import subprocess
import sys

import ratios

TRIALS = 10


def minimal(server, client, connections, cpus):
    """CPU time for a message of the minimal client."""
    with ratios.serving(ratios.command(server), cpus[0]) as port:
        run = subprocess.run([client, "127.0.0.1", port, connections, "64", "100", "400"],
                             stdout=subprocess.PIPE, text=True, check=True,
                             preexec_fn=lambda: os.sched_setaffinity(0, {cpus[-1]}))
    figures = dict(word.split("=", 1) for word in run.stdout.split())
    return float(figures["cpu_us"]) / float(figures["messages"])


def main():
    ours, server, client = sys.argv[1:]
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        ratios.skip("needs two processors")
    met = True
    for connections in ("1", "32", "250"):
        least, own = [], []
        for _ in range(TRIALS):
            least.append(minimal(server, client, connections, cpus))
            rows = ratios.bench(ours, {"peer": server},
                                ["--connections", connections, "--trials", "1", "--duration",
                                 "400ms", "--warmup", "100ms"])
            own += ratios.values(rows, "client_cpu_us_per_msg")
        met &= ratios.judge("client at %s: CPU time, minimal by ours" % connections, least, own,
                            1 / 1.1)
    sys.exit(0 if met else 1)


main()
