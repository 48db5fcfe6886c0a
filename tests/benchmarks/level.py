"""Whether a model is level with the minimal loop of its kind: CPU time for a message, and messages
per second where the server is the limit. Usage: level.py IOMODELS MODEL PEER [CONNECTIONS...]"""
import sys

import ratios


def main():
    ours, model, peer = sys.argv[1:4]
    counts = sys.argv[4:] or ["1", "32", "250"]
    met = True
    for connections in counts:
        rows = ratios.bench(ours, {"ours": ours, "minimal": peer},
                            ["--model", model, "--connections", connections, "--trials", "12",
                             "--duration", "400ms", "--warmup", "100ms"])
        what = "%s at %s: " % (model, connections)
        cpu = [ratios.values(rows, "server_cpu_us_per_msg", target=name)
               for name in ("minimal", "ours")]
        met &= ratios.judge(what + "CPU time, minimal by ours", cpu[0], cpu[1], 1.0)
        bound = [ratios.values(rows, "throughput_msgs_per_s", target=name, bound="server")
                 for name in ("ours", "minimal")]
        if all(len(trials) >= 6 for trials in bound):
            met &= ratios.judge(what + "messages/s, ours by minimal", bound[0], bound[1], 1.0)
    sys.exit(0 if met else 1)


main()
