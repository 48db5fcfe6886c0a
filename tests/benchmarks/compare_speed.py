"""How long `iomodels compare` takes for a runs.csv of a million rows: few large cells, and many
small ones. The rows are those of a measured run, over and over, their figures varied.
Usage: compare_speed.py IOMODELS RUNS_CSV [ROWS [BOUND_S]]"""
import csv
import os
import random
import subprocess
import sys
import tempfile
import time

import ratios

VARIED = ("server_cpu_us_per_msg", "throughput_msgs_per_s", "rtt_p99_us")
# Cells x trials: each is a model's in one of so many configurations.
MODELS = ("blocking", "select", "poll", "epoll", "io_uring")
SHAPES = ((10, "few large cells"), (1000, "many"), (100000, "very many small cells"))


def rows_write(path, template, header, rows, cells):
    """Configurations differ in connections; all trials are interleaved, as a run has them."""
    places = {name: place for place, name in enumerate(header)}
    generator = random.Random(cells)
    fields = list(template)
    fields[places["status"]], fields[places["status_reason"]] = "ok", ""
    bases = [float(template[places[name]] or 100) for name in VARIED]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(header) + "\n")
        for row in range(rows):
            cell = row % cells
            fields[places["model"]] = MODELS[cell % len(MODELS)]
            fields[places["connections"]] = str(1 + cell // len(MODELS))
            fields[places["trial"]] = str(1 + row // cells)
            for name, base in zip(VARIED, bases):
                fields[places[name]] = "%.6g" % (base * generator.gauss(1 + 0.01 * (cell % 5), 0.05))
            file.write(",".join(fields) + "\n")


def main():
    ours, source = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    bound = float(sys.argv[4]) if len(sys.argv) > 4 else 10
    with open(source, encoding="utf-8", newline="") as file:
        header, *measured = csv.reader(file)
    (template,) = [row for row in measured if "," not in "".join(row)
                   and row[header.index("status")] == "ok"][:1]
    met = True
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "runs.csv")
        for cells, what in SHAPES:
            rows_write(path, template, header, rows, cells)
            for form in "csv", "text":
                begun = time.monotonic()
                done = subprocess.run([*ratios.command(ours), "compare", path, "--format", form],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
                took = time.monotonic() - begun
                good = done.returncode == 0 and took < bound
                print("%d rows, %d MB, %s (%d), %s: %.1f s, %d lines  %s %g s" %
                      (rows, os.path.getsize(path) // 1000000, what, cells, form, took,
                       done.stdout.count(b"\n"), "met:" if good else "MISSED:", bound), flush=True)
                met &= good
    sys.exit(0 if met else 1)


main()
