"""kill -9 at random moments of a run: what is left can be read, no server stays, and --resume makes
exactly the rows that were planned: meson test --benchmark --suite kills. Usage:
kills.py IOMODELS FAKE KILLS [SEED]

At the end it says in which phase of the run each kill fell. A kill that came after the run's end
does not count, and another one is made for it.
"""
import collections
import os
import random
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "harness"))
import tool  # noqa: E402

KILLS = int(sys.argv[3])
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1000000)
MODELS, TRIALS = ("blocking", "select"), 3
PLAN = {(model, str(trial)) for model in MODELS for trial in range(1, TRIALS + 1)}
ARGUMENTS = ("bench", *tool.SHORT, "--duration", "30ms", "--connections", "2", "--trials", str(TRIALS),
             "--model", ",".join(MODELS))


class Wrong(Exception):
    pass


def rows_of(folder):
    path = os.path.join(folder, "runs.csv")
    return tool.read_table(path) if os.path.exists(path) else []


def check_tables(folder):
    """Each file parses, and a row has its histogram."""
    try:
        counts = collections.Counter()
        for name in os.listdir(folder):
            lines = tool.read_table(os.path.join(folder, name)) if name.endswith(".csv") else []
            for line in lines if name == "histogram.csv" else []:
                counts[line["model"], line["trial"]] += int(line["count"])
        for row in rows_of(folder):
            if row["status"] == "ok" and counts[row["model"], row["trial"]] != int(row["messages"]):
                raise Wrong("a row without its histogram: %s" % row)
    except (AssertionError, UnicodeDecodeError) as error:
        raise Wrong(str(error)) from error


def phase_of(folder, servers):
    """Where the run was, by what it has left and the servers that it had at that moment."""
    if folder is None:
        return "1 before its folder"
    names = os.listdir(folder)
    if "environment.csv" not in names:
        return "2 its folder, no environment.csv"
    if any(name.endswith(".part") for name in names):
        return "8 while a file was replaced"
    done = len(rows_of(folder))
    if done == len(PLAN):
        return "7 all rows, not yet all of the rest"
    if servers:
        return "5 while a server ran"
    histogram = os.path.join(folder, "histogram.csv")
    if os.path.exists(histogram):
        measured = {(line["model"], line["trial"]) for line in tool.read_table(histogram)}
        if len(measured) > done:
            return "6 histogram written, its row not"
    return "4 between two servers" if done else "3 before the first server"


def resume(folder):
    result = tool.run("bench", "--resume", folder)
    # A row that failed on a busy machine is a row all the same.
    if result.status not in (0, 1):
        raise Wrong("--resume: exit status %d: %s" % (result.status, result.err))
    rows = [(row["model"], row["trial"]) for row in rows_of(folder)]
    if len(rows) != len(PLAN) or set(rows) != PLAN:
        raise Wrong("--resume made %s" % sorted(rows))
    check_tables(folder)


def run_killed(after_s):
    """The phase in which the kill fell; None: after the end."""
    with tool.folder() as out:
        process = tool.Process((*ARGUMENTS, "--out", out))
        time.sleep(after_s)
        servers = process.processes("serve")
        late = process.popen.poll() is not None
        process.popen.kill()
        process.end()  # raises where a server is left
        if late:
            return None
        folder = tool.run_folder(out) if os.listdir(out) else None
        phase = phase_of(folder, servers)
        if folder is not None:
            check_tables(folder)
            if "environment.csv" in os.listdir(folder):
                resume(folder)
        return phase


def main():
    moments, phases = random.Random(SEED), collections.Counter()
    with tool.wine_kept():
        begun = time.monotonic()
        with tool.folder() as out:
            tool.run(*ARGUMENTS, "--out", out)
        whole_s = time.monotonic() - begun
        while sum(phases.values()) < KILLS:
            after_s = moments.random() * whole_s
            try:
                phase = run_killed(after_s)
            except (Wrong, AssertionError) as error:
                sys.exit("seed %d, kill %d, after %.3f s: %s" %
                         (SEED, sum(phases.values()) + 1, after_s, error))
            if phase is None:
                whole_s *= 0.99
            else:
                phases[phase] += 1
    print("%d kills, all was well; seed %d. They fell:" % (KILLS, SEED))
    for phase, count in sorted(phases.items()):
        print("%6d %s" % (count, phase[2:]))


main()
