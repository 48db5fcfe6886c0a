"""Replays runs in a world that is the same each time, and compares every byte with what was kept.

    replay.py PROGRAM [SCENARIO...]            compares; exit status 1 where anything differs
    replay.py PROGRAM --record [SCENARIO...]   keeps what there is now instead

PROGRAM is tests/replay/replay of a build. golden/SCENARIO.txt has all that a scenario printed and
wrote: runs.csv, summary.csv and whatever is short as they are, histogram.csv as its first lines and a
SHA-256, .hgrm files as a SHA-256. In its tables ^ is a field that is as in the line above, and for a
header that of the table before with the same name. Where a difference is meant, --record it and look
at it by git diff.
"""
import contextlib
import csv
import hashlib
import itertools
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")
SAMPLE = os.path.join(HERE, "..", "..", "results", "samples", "quick-debian12-wine8", "runs.csv")
WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # Wine
RUN_ID = "2027-03-05T10-00-00Z"
RUN = "out/" + RUN_ID
LINES_MOST = 450  # of a file that is kept whole
SHOWN_LINES = 12
# Of schema 3; schema 1 has those of the sample.
NOT_IN_SCHEMA_2 = ["window_s"]


SAME = "^"
SYSTEM_ERROR = re.compile(r"\((WSA)?E[A-Z]+: [^()]*\)")  # each system has other words


def version_of(program):
    with tempfile.TemporaryFile() as out:
        subprocess.run(WRAPPER + [program, "--version"], stdout=out, check=True)
        out.seek(0)
        return out.read().decode().strip()


def fields(line):
    """A line's fields with their quotes: joined by commas they are the line again."""
    if '"' not in line:
        return line.split(",")
    return re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', line)


def file_of(title):
    """The name of the .csv file that a section is, without its folders; or None."""
    found = re.match(r"(?:\S*/)?(\w+\.csv)(?::|$)", title)
    return found and found.group(1)


def folded(lines, header):
    """Of a table's lines each field as SAME that the line above has too; header: of the one before."""
    above = []
    for line in lines:
        now = fields(line)
        if SAME in now:
            raise ValueError(line)
        if not above:
            yield SAME if line == header else line
        else:
            yield ",".join(SAME if a == b != "" else b for a, b in zip(above, now)) \
                if len(above) == len(now) else line
        above = now


def unfolded(lines):
    """A golden file's lines, with all fields in all of its tables."""
    above, headers, name = None, {}, None
    for line in lines:
        if line.startswith("==== "):
            above, name = None, file_of(line[5:])
        elif name and above is None:
            line = headers.get(name) if line == SAME else line
            headers[name] = line
            above = fields(line)
        elif name:
            now = fields(line)
            if len(now) == len(above):
                now = [a if b == SAME else b for a, b in zip(above, now)]
            line, above = ",".join(now), now
        yield line


class Scenario:
    """Runs its steps in a folder of its own, and writes down what they did."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.lines = []
        self.headers = {}  # by the names of tables

    def path(self, name):
        return os.path.join(self.folder, *name.split("/"))

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def note(self, text):
        """A line that says what comes."""
        self.lines.append("==== " + text)

    def keep(self, title, text):
        self.note(title)
        lines = text.split("\n")
        whole = lines[:-1] + ([lines[-1] + "\\ no line end"] if lines[-1] else [])
        name = file_of(title)
        if name and whole:
            header, whole = whole[0], list(folded(whole, self.headers.get(name)))
            self.headers[name] = header
        self.lines += whole

    def started(self, command, env, out, err):
        return subprocess.run(WRAPPER + [self.program] + shlex.split(command), env=env,
                              cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                              timeout=300, check=False).returncode

    def run(self, command, world=""):
        """`command` as one types it; world: words of the machine."""
        # What launchers of load generators set would be taken for their choice; tables follow COLUMNS.
        env = {name: value for name, value in os.environ.items()
               if not re.match("OMPI_|PMI_|SLURM_|COLUMNS$", name)}
        env.update(REPLAY_WORLD=world, LC_ALL="C.UTF-8")
        # Not to pipes, which Wine's services would hold open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            status = self.started(command, env, out, err)
            # Wine 8.0 does not get one program in some thousand to run: status 1 without a word.
            if WRAPPER and status == 1 and os.fstat(out.fileno()).st_size + os.fstat(err.fileno()).st_size == 0:
                status = self.started(command, env, out, err)
            self.note("%s%s: exit status %d" % (world + " $ " if world else "$ ", command, status))
            for name, file in ("output", out), ("error", err):
                file.seek(0)
                text = file.read().decode().replace("\r\n", "\n")
                self.keep("standard " + name, SYSTEM_ERROR.sub("(the system's error)", text))

    def bench(self, options, **more):
        """Short trials, as many as an interval takes, unless the options say otherwise."""
        usual = {"--seed": "7", "--out": "out", "--warmup": "5ms", "--duration": "30ms",
                 "--trials": "6"}
        given = shlex.split(options)
        words = [word for option, value in usual.items() if option not in given
                 for word in (option, value)]
        self.run("bench %s %s" % (" ".join(words), options), **more)

    def files(self, place="out", brief=False):
        """Keeps what was written there; brief: of what follows from the rows only a digest."""
        found = sorted(os.path.join(folder, name)
                       for folder, _, names in os.walk(self.path(place)) for name in names)
        hgrm = hashlib.sha256()
        for path in found:
            name = os.path.relpath(path, self.folder).replace(os.sep, "/")
            text = self.read(name)
            digest = hashlib.sha256(text.encode()).hexdigest()
            lines = text.split("\n")
            if name.endswith(".hgrm"):
                hgrm.update((name + digest).encode())
            elif brief and not name.endswith(("/runs.csv", "/rate_search.csv")):
                self.note("%s: %d lines, %s" % (name, len(lines) - 1, digest))
            elif name.endswith("/histogram.csv") or len(lines) > LINES_MOST:
                self.keep("%s: %d lines, %s" % (name, len(lines) - 1, digest),
                          "\n".join(lines[:3]) + "\n")
            else:
                self.keep(name, text)
        self.note("%s, the .hgrm files: %s" % (place, hgrm.hexdigest()))

    def table(self, name):
        return list(csv.reader(self.read(name).splitlines(keepends=True)))

    def older(self, folder, schema):
        """The run as a program of that schema would have written it."""
        header, *rows = self.table(folder + "/runs.csv")
        with open(SAMPLE, encoding="utf-8", newline="") as file:
            first = next(csv.reader(file))
        kept = [i for i, name in enumerate(header)
                if (name in first if schema == 1 else name not in NOT_IN_SCHEMA_2)]
        for row in rows:
            row[header.index("schema_version")] = str(schema)
        self.write_table(folder + "/runs.csv", [[row[i] for i in kept] for row in [header] + rows])

    def write_table(self, name, rows):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def cut(self, name, share):
        """Only that share of the file's bytes are left, as of a program that was killed."""
        text = self.read(name)
        self.write(name, text[:int(len(text) * share)])


# ---- the scenarios ----

TWO = ("--target 'old=virtual seed=3' --target 'new=virtual seed=4 cost=112' "
       "--target-missing 'far=no machine of that kind'")


def pingpong(s):
    s.bench(TWO + " --model blocking,select,iocp --connections 1,8 --trials 7")
    s.files()
    s.bench("--target 'a=virtual' --model epoll --message-bytes 1,1000,100KiB --duration 120ms "
            "--trials 2 --out sizes")
    s.files("sizes", brief=True)


def closed(s):
    s.bench("--target 'a=virtual' --model blocking,select --workload stream,churn --connections 4")
    s.files()
    s.bench("--target 'a=virtual seed=2' --model select,epoll --workload idle --connections 40 "
            "--active 3 --no-nodelay --buffer-bytes 4KiB --out idle")
    s.files("idle")


def opened(s):
    """Open loops."""
    s.bench("--target 'a=virtual' --model blocking,select --workload rate,burst,mixed "
            "--connections 12 --rate 30k,60k --burst-every 5ms --misbehaving 3 --pipeline 2")
    s.files()
    s.bench("--target 'a=virtual wake_late_us=60' --model io_uring --workload rate,burst --rate 60k "
            "--burst-every 2ms --connections 12 --duration 200ms --trials 1 --explain --out many")
    s.files("many")


def ramp(s):
    s.bench("--target 'a=virtual full=7,8,9' --model blocking,select,epoll --workload ramp "
            "--connections 20 --steps 4 --trials 2")
    s.files(brief=True)


def suites(s):
    s.bench("--suite smoke --target 'a=virtual' --target 'b=virtual seed=9' --out smoke")
    s.files("smoke", brief=True)
    s.bench("--suite lessons --target 'a=virtual' --connections 1,6 --trials 2 --out lessons")
    s.files("lessons", brief=True)
    s.run("bench --suite quick --target 'a=virtual' --dry-run --seed 1")
    s.run("bench --suite textbook --target 'a=virtual' --dry-run --seed 1")


FAULTS = ("unstarted", "nonsense", "crash", "dies", "mute", "wrong", "endless", "silent", "slow",
          "full", "stopped", "late", "killed", "badly")


def faults(s):
    """Each server has another fault, in another loop."""
    for workload in "pingpong", "churn", "rate":
        words = " ".join("%s=%d" % (fault, i) for i, fault in enumerate(FAULTS, 1))
        s.bench("--target 'a=virtual %s' --model select --workload %s --connections 9 --trials 15 "
                "--out %s" % (words, workload, workload))
        s.files(workload, brief=True)
    s.run("compare pingpong/%s rate/%s" % (RUN_ID, RUN_ID))
    s.bench("--target 'a=virtual babbles=1 chatters=2 floods=3' --model select --workload pingpong "
            "--connections 9 --trials 3 --out talkative")
    s.files("talkative", brief=True)
    s.bench("--target 'a=virtual drips=1' --model select --out drips")


def machine(s):
    """What the machine does meanwhile."""
    many = "governor=powersave others=15 stolen=3 interrupts=2 quota=1 throttle=1 step_ms=300"
    slow = "--target 'a=virtual' --model select --workload rate --rate 1k --connections 4 --trials 2 "
    for i, world in enumerate((many, "asleep_ms=500", "busy_ms=700", "busy_ms=99999 cpus=1",
                               "misplaced=1", "client=90000 cpus=2", "pin=no cpus=2", "others=40")):
        s.bench(slow + "--duration 600ms --idle-wait 1s --out %d" % i, world=world)
        s.files(str(i), brief=True)
    for i, options in enumerate(("--placement none", "--server-cpus 0,1 --client-cpus 2-3",
                                 "--client-cpus 3", "--server-cpus 1-9", "--placement somewhere",
                                 "--connect a=192.0.2.7 --server-port 7000-7001 --threads 2",
                                 "--connect 192.0.2.7 --server-bind ::1 --client-cpus 2")):
        s.bench(slow + options + " --out placed-%d" % i)
        s.files("placed-%d" % i, brief=True)
    s.bench("--target 'a=virtual deaf=1' --model select --connect 192.0.2.7 --trials 2 --out deaf")


def loads(s):
    """What the load does: overload, clients that are late, messages that are lost, few samples."""
    for i, (words, options) in enumerate((
            ("cost=900", "--rate 40k"), ("lost=300", "--rate 20k"),
            ("wake_late_us=400", "--rate 5k --duration 300ms"),
            ("plateau=1,2,3", "--workload pingpong --duration 300ms"),
            ("", "--rate 3k --duration 20ms"), ("wake_late_us=180000", "--rate 20 --duration 1s"),
            ("drift=40", "--rate 20k"), ("counters=no", "--rate 20k"),
            ("wake_late_us=70", "--rate 5k --duration 300ms --trials 1"),
            ("", "--rate 100k,110k,120k,130k,140k,150k,160k"),
            ("lost=2000", "--workload pingpong"), ("lost=500", "--workload stream"))):
        rate = "" if "--workload" in options else "--workload rate "
        s.bench("--target 'a=virtual %s' --model epoll --connections 5 --trials %d %s%s "
                "--out %d" % (words, 6 if "drift" in words else 2, rate, options, i))
        s.files(str(i), brief=True)


def wine(s):
    s.bench("--target 'native=virtual' --target 'wine=virtual system=wine cost=400 late=3' "
            "--connections 70 --threads 1 --duration 100ms --explain",
            world="wineserver=80 spins=1")
    s.files()
    s.run("compare %s --by target" % RUN)
    s.bench("--target 'wine=virtual system=wine wrapper=1' --model select,wsaeventselect --trials 3 "
            "--workload pingpong,rate --placement none --out wrapped", world="wineserver=20")
    s.files("wrapped", brief=True)


def until_ci(s):
    s.bench(TWO + " --model blocking,select --connections 4 --until-ci 4 --trials 12")
    s.files(brief=True)
    s.bench("--target 'a=virtual' --model select --connections 2 --until-ci 0.1 --trials 7 "
            "--out more")
    s.files("more", brief=True)


def rate_search(s):
    s.bench(TWO + " --model blocking,select --rate-search p99:300us --rate 20k --trials 3 "
            "--connections 8")
    s.files(brief=True)
    s.bench("--target 'a=virtual dies=9' --model select,wsapoll --workload mixed --rate-search max:2ms "
            "--trials 1 --out mixed")
    s.files("mixed", brief=True)
    s.bench("--target 'a=virtual wake_late_us=900' --model select --rate-search p90:500us --trials 3 "
            "--out late")
    s.files("late", brief=True)


RESUMED = ("--target 'a=virtual dies=4' --target-missing 'b=not there' --model blocking,select "
           "--workload pingpong,rate --connections 3 --trials 3")


def resume(s):
    s.bench(RESUMED, world="interrupt=6")
    s.files(brief=True)
    s.run("bench --resume %s --dry-run" % RUN, world="utc=1804250000")
    s.run("bench --resume %s" % RUN, world="utc=1804250000")
    s.files(brief=True)
    s.run("bench --resume %s" % RUN, world="utc=1804260000")
    s.run("bench --resume %s --trials 6" % RUN, world="utc=1804260000")
    s.files(brief=True)
    s.run("bench --resume %s --trials 2" % RUN)
    s.run("bench --resume %s" % RUN, world="cpus=3")
    s.cut(RUN + "/runs.csv", 0.55)
    s.run("bench --resume %s" % RUN, world="utc=1804270000")
    s.files(brief=True)


def resume_search(s):
    s.bench("--target 'a=virtual' --model blocking,select --rate-search p99:300us --rate 20k "
            "--trials 1 --connections 8", world="interrupt=9")
    s.run("bench --resume %s" % RUN)
    s.files(brief=True)


def resume_older(s):
    for schema in 1, 2:
        out = "schema-%d" % schema
        s.bench("--target 'a=virtual' --model blocking,select --workload pingpong --connections 3 "
                "--trials 6 --out " + out)
        s.older("%s/%s" % (out, RUN_ID), schema)
        s.cut("%s/%s/runs.csv" % (out, RUN_ID), 0.7)
        s.run("bench --resume %s/%s" % (out, RUN_ID), world="utc=1804250000")
        s.files(out, brief=True)


PARTS = ("--target 'a=virtual' --model blocking,select --workload pingpong,rate,churn,burst "
         "--connections 5 --trials 2 --start-at 2027-03-05T10:00:10Z --allowance 1s ")
PART = "out/2027-03-05T10-00-10Z/generator-%d"


def generators(s):
    s.bench(PARTS + "--generator 1/2")
    s.bench(PARTS + "--generator 2/2")
    s.files(brief=True)
    s.run("merge %s %s --out whole" % (PART % 1, PART % 2))
    s.files("whole")
    s.run("merge %s --out half" % PART % 2)
    s.files("half")
    s.run("compare whole --by model")
    s.run("merge %s %s --out again" % (PART % 1, PART % 1))
    other = PARTS.replace("pingpong,rate,churn,burst", "stream,idle,mixed,ramp").replace(",select", "")
    other = other.replace("a=virtual", "a=virtual lost=200")
    for i in 1, 2:
        s.bench(other + "--generator %d/2 --trials 1 --active 3 --out other" % i, world="lost=300")
    parts = [PART.replace("out/", "other/") % i for i in (1, 2)]
    s.run("merge %s %s --out others" % tuple(parts))
    s.files("others", brief=True)


def generators_few(s):
    """Fewer connections than generators, one that is late, and rows of different schemas."""
    few = ("--target 'a=virtual dies=2' --model select,blocking --connections 2 --trials 2 --allowance 1s "
           "--start-at 2027-03-05T10:00:10Z ")
    for i, world in enumerate(("", "wake_late_us=4000", "utc=1804240812"), 1):
        s.bench(few + "--generator %d/3" % i, world=world)
    s.bench(few + "--generator 3/3 --out out")
    for i, schema in enumerate((2, 1), 1):
        s.older(PART % i, schema)
    s.run("merge %s --out whole" % " ".join(PART % i for i in (1, 2, 3)))
    s.files("out", brief=True)
    s.files("whole")


def compare(s):
    s.bench(TWO + " --model blocking,select,epoll --connections 8")
    s.bench("--target 'old=virtual seed=30 cost=94' --target 'new=virtual seed=40' --duration 40ms "
            "--model select,epoll,blocking --connections 8,1 --out later",
            world="utc=1804250000 cpus=3")
    s.bench("--target 'old=virtual' --model select --connections 8 --threads 2 --out threads",
            world="utc=1804250000")
    later, threads = "later/2027-03-05T12-33-20Z", "threads/2027-03-05T12-33-20Z"
    for options in ("", "--by model", "--by target", "--by target --format csv",
                    "--by model --baseline select --format markdown", "--by target --baseline new",
                    "--by model --model select,epoll --target new",
                    "--by target --metric rtt_p50_us,client_cpu_us_per_msg,rtt_mean_us",
                    "--by target --fail-if slower", "--by target --fail-if slower:5 --model select",
                    "--by target --fail-if slower:40 --model epoll", "--by target --metric nonsense",
                    "--by target --baseline nobody"):
        s.run("compare %s %s" % (RUN, options))
    for options in "", "--format csv", "--format markdown", "--fail-if slower:3", "--model select":
        s.run("compare %s %s %s" % (RUN, later, options))
    s.run("compare %s %s" % (RUN, threads))
    for schema in 2, 1:
        s.older(RUN, schema)
        s.run("compare %s %s" % (RUN, later))
    s.cut(RUN + "/runs.csv", 0.9)
    s.run("compare %s --by target" % RUN)


def compare_sample(s):
    """Of schema 1, as it was published."""
    with open(SAMPLE, encoding="utf-8", newline="") as file:
        s.write("sample/runs.csv", file.read())
    for options in ("--by model --target native", "--by target --format csv --metric rtt_p50_us",
                    "--by model --baseline select --model select,blocking --fail-if slower:50"):
        s.run("compare sample " + options)


def usage(s):
    for options in ("--workload nothing", "--workload pingpong --rate 5", "--workload idle --active 2000",
                    "--pipeline 4", "--burst-every 5ms", "--steps 3", "--misbehaving 2", "--suite none",
                    "--model none", "--model iocp", "--rate-search p99", "--until-ci x", "--trials 0",
                    "--rate-search p99:1ms --workload stream", "--rate-search p99:1ms --trials 2",
                    "--generator 1/2", "--generator 5/2 --start-at x", "--connections 0",
                    "--generator 1/3 --start-at 2027-03-05T10:00:10Z --workload idle --active 2",
                    "--workload mixed,burst,rate,idle,churn,stream,ramp",
                    "--workload mixed,burst,rate --rate 1,2k,3M --pipeline 3"):
        s.run("bench --seed 1 --dry-run --target 'a=virtual' --target 'b=virtual' %s" % options)
    for command in "bench --help", "compare --help", "merge --help", "merge", "compare", "compare none":
        s.run(command)


SCENARIOS = [pingpong, closed, opened, ramp, suites, faults, machine, loads, wine, until_ci,
             rate_search, resume, resume_search, resume_older, generators, generators_few, compare,
             compare_sample, usage]

# ---- the comparison ----


def replayed(scenario, program, version):
    # In memory, where that is possible: each row waits for its disk.
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="replay-", dir=place) as folder:
        s = Scenario(program, folder)
        scenario(s)
    text = "\n".join(s.lines) + "\n"
    return re.sub(r"(?<![\d.])%s(?![\d.])" % re.escape(version), "VERSION", text)


def difference(header, old, new):
    """Of two lines: the columns that differ, where there are such."""
    before, after = fields(old), fields(new)
    if len(before) == len(after) == len(header) > 1:
        return ["  %s: %s, was %s" % (name, b, a)
                for name, a, b in zip(header, before, after) if a != b]
    return ["  was: " + old[:400], "  is:  " + new[:400]]


def differences(old, new):
    """Where two texts differ, in words: the first few places."""
    found, title, header = [], "", []
    for number, (before, after) in enumerate(itertools.zip_longest(
            unfolded(old.split("\n")), unfolded(new.split("\n")), fillvalue="(no such line)"), 1):
        if before.startswith("==== "):
            title, header = before[5:], []
        elif not header:
            header = fields(before)
        if before != after:
            found += ["line %d, %s" % (number, title)] + difference(header, before, after)
        if len(found) >= SHOWN_LINES:
            break
    return found


def kept(name):
    try:
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def wine_kept(program):
    """Wine's services last as long as any program; to start them for each one takes seconds."""
    if not WRAPPER:
        yield
        return
    with subprocess.Popen(WRAPPER + [program, "--wait"], stdin=subprocess.PIPE) as waiting:
        yield
        waiting.stdin.close()


def main():
    program, *words = sys.argv[1:]
    program = os.path.abspath(program)
    recording = "--record" in words
    names = [word for word in words if word != "--record"]
    with wine_kept(program):
        sys.exit(scenarios_compare(program, names, recording))


def scenarios_compare(program, names, recording):
    version = version_of(program)
    status = 0
    for scenario in SCENARIOS:
        name = scenario.__name__
        if names and name not in names:
            continue
        path = os.path.join(GOLDEN, name + ".txt")
        new, old = replayed(scenario, program, version), kept(path)
        if new == old:
            print(name + ": the same")
        elif recording:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(new)
            print(name + ": recorded")
        else:
            status = 1
            print(name + ": differs from " + path)
            print("\n".join(differences(old, new)))
    return status


if __name__ == "__main__":
    main()
