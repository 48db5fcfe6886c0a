"""What the benchmarks share: two commands measured in turn, and the ratio of their medians.

A ratio is told with its 95 % interval (bootstrap of the ratio of medians). A bound is missed only
when the whole interval lies below it: what noise could explain is no verdict.
"""
import contextlib
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile

RESAMPLES = 4000
SKIPPED = 77


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def on_windows_build(program):
    return program.endswith(".exe") and os.name == "posix"


def command(program, *arguments):
    """The words that run a program of this build: through Wine where it is one for Windows."""
    wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split() if on_windows_build(program) else []
    return [*wrapper, program, *arguments]


def target(name, program):
    """A target that is a program of this build, or the words that start one."""
    words = program if isinstance(program, list) else command(program)
    return name + "=" + " ".join('"%s"' % word for word in words)


def driver(program):
    """Who makes the load: the native build, also for servers under Wine, whose figures would hold
    the client's share of wineserver otherwise."""
    if not on_windows_build(program):
        return program
    build = os.path.dirname(os.path.dirname(os.path.abspath(program)))
    native = os.environ.get("IOMODELS_DRIVER",
                            os.path.join(os.path.dirname(build), "native", "harness", "iomodels"))
    if not os.access(native, os.X_OK):
        skip("the load comes from a native build: IOMODELS_DRIVER=path of its iomodels")
    return native


def call(words):
    """What it prints. Ends the benchmark where it fails."""
    run = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit("failed: %s\n%s" % (" ".join(words), run.stderr))
    return run.stdout


@contextlib.contextmanager
def serving(words, cpu):
    """The port of a server, on that processor, which is started by these words and ended."""
    process = subprocess.Popen([*words, "serve", "--port", "0", "--control"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    try:
        yield dict(word.split("=", 1) for word in process.stdout.readline().split())["port"]
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def run_folder(program, targets, arguments):
    """The folder of a run of `iomodels bench`."""
    with tempfile.TemporaryDirectory() as out:
        words = [driver(program), "bench", "--out", out, *arguments]
        for name, peer in targets.items():
            words += ["--target", target(name, peer)]
        call(words)
        (folder,) = os.listdir(out)
        yield os.path.join(out, folder)


def read(folder, name):
    """A CSV file of a run's folder, as dictionaries."""
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bench(program, targets, arguments):
    """Runs `iomodels bench`; its rows as dictionaries."""
    with run_folder(program, targets, arguments) as folder:
        return read(folder, "runs.csv")


def compare(program, targets, arguments, *options):
    """Runs `iomodels bench`, and compares its targets by `iomodels compare`; its lines."""
    with run_folder(program, targets, arguments) as folder:
        out = call([driver(program), "compare", folder, "--by", "target", "--format", "csv",
                    *options])
        return list(csv.DictReader(out.splitlines()))


def values(rows, column, **wanted):
    return [float(row[column]) for row in rows
            if row["status"] == "ok" and row[column]
            and all(row[name] == str(value) for name, value in wanted.items())]


def ratio(over, under):
    """Median of `over` by that of `under`, with its 95 % interval."""
    generator = random.Random(7777)
    ratios = sorted(
        statistics.median(generator.choices(over, k=len(over)))
        / statistics.median(generator.choices(under, k=len(under)))
        for _ in range(RESAMPLES))
    return (statistics.median(over) / statistics.median(under),
            ratios[int(RESAMPLES * 0.025)], ratios[int(RESAMPLES * 0.975)])


def judge(what, over, under, bound):
    """Prints a line; false where the bound is missed."""
    if not over or not under:
        print("%-58s no figures" % what)
        return False
    middle, low, high = ratio(over, under)
    met = high >= bound
    print("%-58s %.3f  [%.3f, %.3f]  %s %.2f" % (what, middle, low, high,
                                                 "met:" if met else "MISSED:", bound), flush=True)
    return met
