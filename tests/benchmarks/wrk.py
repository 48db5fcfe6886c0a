"""Whether wrk and `bench` measure the same of the same server: messages per second and median round
trip. Usage: wrk.py IOMODELS PEER_EPOLL [TRIALS [DURATION]] (needs wrk; skipped where it isn't)

Both play ping-pong with 64 bytes on TCP_NODELAY connections, in one thread on the last processor;
the server, fresh for each trial, has the first one. wrk_echo.lua makes what wrk sends an HTTP
response, so that an echo server answers it. Trials of both are taken in turn. They agree where the
95 % interval of the ratio, ours by wrk's, holds a value within 1 +- 0.1.

What differs:
- wrk parses HTTP and runs Lua for each message, `bench` compares every byte. At 1 connection this
  is a part of each turn, and of the time that the other side sleeps: the plain server is measured,
  which is fast, so the ratio of messages per second has wrk's part in it. At 32 connections the
  server is made slow (20 us more for each receive), so that neither client is the limit.
- wrk's clock starts before its send, as ours, and steps by a microsecond.
- wrk adds samples for what it believes to have omitted after a slow answer. These are few, and
  change the tail, which is not compared, more than the median.
- wrk has no warm-up; its 2 s have the connecting in them.
"""
import os
import re
import shutil
import subprocess
import sys

import ratios

WITHIN = 0.1
US = {"us": 1, "ms": 1e3, "s": 1e6}
LOADS = {"1": [], "32": ["--burn-ns", "20000"]}


def wrk(server, connections, duration, cpus):
    """Messages per second and median round trip in microseconds."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk_echo.lua")
    with ratios.serving(server, cpus[0]) as port:
        run = subprocess.run(["wrk", "-t1", "-c" + connections, "-d" + duration, "--latency",
                              "-s", script, "http://127.0.0.1:%s/" % port],
                             env=dict(os.environ, ECHO_BYTES="64"), check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             preexec_fn=lambda: os.sched_setaffinity(0, {cpus[-1]}))
    rate = re.search(r"^Requests/sec: +([0-9.]+)$", run.stdout, re.MULTILINE)
    median = re.search(r"^ +50% +([0-9.]+)(us|ms|s)$", run.stdout, re.MULTILINE)
    if run.returncode != 0 or "errors:" in run.stdout or not rate or not median:
        sys.exit("wrk failed:\n" + run.stdout)
    return float(rate.group(1)), float(median.group(1)) * US[median.group(2)]


def bench(ours, server, connections, duration):
    (row,) = ratios.bench(ours, {"peer": server},
                          ["--workload", "pingpong", "--connections", connections,
                           "--message-bytes", "64", "--trials", "1", "--duration", duration,
                           "--warmup", "100ms"])
    if row["status"] != "ok":
        sys.exit("bench failed: " + row["status_reason"])
    return float(row["throughput_msgs_per_s"]), float(row["rtt_p50_us"])


def agree(what, own, other):
    middle, low, high = ratios.ratio(own, other)
    met = low <= 1 + WITHIN and high >= 1 - WITHIN
    noisy = ", but the noise is larger than that" if high - low > 2 * WITHIN else ""
    print("%-50s %.3f  [%.3f, %.3f]  %s 1 +- %.1f%s" %
          (what, middle, low, high, "met:" if met else "MISSED:", WITHIN, noisy), flush=True)
    return met


def main():
    ours, peer = sys.argv[1:3]
    trials = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    duration = sys.argv[4] if len(sys.argv) > 4 else "2s"
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        ratios.skip("needs two processors")
    if not shutil.which("wrk"):
        ratios.skip("needs wrk")
    met = True
    for connections, slower in LOADS.items():
        server = [peer, *slower]
        own, other = [], []
        for _ in range(trials):
            other.append(wrk(server, connections, duration, cpus))
            own.append(bench(ours, server, connections, duration))
        for i, figure in enumerate(("messages/s", "rtt_p50_us")):
            met &= agree("%s connection(s): %s, ours by wrk's" % (connections, figure),
                         [trial[i] for trial in own], [trial[i] for trial in other])
    sys.exit(0 if met else 1)


main()
