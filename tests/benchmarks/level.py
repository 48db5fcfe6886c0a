"""Whether a model is level with a minimal loop of its kind, with an event library, or with another
model: CPU time for a message, and messages per second where the server is the limit.
Usage: level.py IOMODELS MODEL PEER [LOAD...]; PEER is a program or a model of IOMODELS, a LOAD is
a number of connections, which play ping-pong, or bulk."""
import os
import sys

import ratios

BULK = ["--workload", "stream", "--message-bytes", "64KiB", "--connections", "16"]


def main():
    ours, model, peer = sys.argv[1:4]
    loads = sys.argv[4:] or ["1", "32", "250"]
    if os.path.dirname(peer):
        own, other = "ours", os.path.basename(peer).partition("library_")[2] or "minimal"
        column, targets, models = "target", {own: ours, other: peer}, model
    else:
        own, other = model, peer
        column, targets, models = "model", {"ours": ours}, model + "," + peer
    met = True
    for load in loads:
        rows = ratios.bench(ours, targets,
                            ["--model", models, "--trials", "12", "--duration", "400ms",
                             "--warmup", "100ms",
                             *(BULK if load == "bulk" else ["--connections", load])])
        for row in rows:
            if row["status"] == "skipped":
                ratios.skip("%s: %s" % (row["model"], row["status_reason"]))
        what = "%s at %s: " % (model, load)
        cpu = [ratios.values(rows, "server_cpu_us_per_msg", **{column: name})
               for name in (other, own)]
        met &= ratios.judge(what + "CPU time, %s by %s" % (other, own), cpu[0], cpu[1], 1.0)
        bound = [ratios.values(rows, "throughput_msgs_per_s", bound="server", **{column: name})
                 for name in (own, other)]
        if all(len(trials) >= 6 for trials in bound):
            met &= ratios.judge(what + "messages/s, %s by %s" % (own, other), bound[0], bound[1],
                                1.0)
    sys.exit(0 if met else 1)


main()
