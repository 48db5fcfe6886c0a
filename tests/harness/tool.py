"""Runs the program as its users do: on Linux, on Windows, and the Windows build under Wine.

Each test is a script: python3 test_NAME.py PROGRAM FAKE [unittest's arguments]. It exits with 0,
1 where a case failed, 77 where every case was skipped.
"""
import contextlib
import csv
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

PROGRAM = os.path.abspath(sys.argv[1])
FAKE = os.path.abspath(sys.argv[2])
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What runs a program of another system: meson's exe_wrapper, here Wine.
WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))
ON_WINE = bool(WRAPPER)
ON_WINDOWS = os.name == "nt"
ON_LINUX = sys.platform == "linux"  # also where the program runs under Wine
NATIVE = "wine" if ON_WINE else "native"  # what `bench` calls itself as a target

# What nohup or a shell's & has started ignores signals, and so would all that it starts itself.
for name in ("SIGHUP", "SIGINT", "SIGTERM"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name),
                      signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)

# The columns of runs.csv, from the one place that lists them: COLUMN(kind, name, size, use, ...
COLUMN = re.compile(r"^ +COLUMN\((\w+), +(\w+), +\d+, +(\w+),", re.MULTILINE)

HANG_S = 240  # nothing here takes so long: no limit that a busy machine could miss
MARK = "IOMODELS_TEST"


def main():
    del sys.argv[1:3]
    with wine_kept():
        result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun == len(result.skipped) else 0)


def columns(use=None):
    """The columns of runs.csv in their order, or those of a use, each with its kind."""
    with open(os.path.join(SOURCE, "harness", "rows", "columns.h"), encoding="utf-8") as file:
        return {name: kind for kind, name, its_use in COLUMN.findall(file.read())
                if use in (None, its_use)}


@contextlib.contextmanager
def wine_kept():
    """Wine's services last as long as any program; to start them for each one takes seconds."""
    if not ON_WINE:
        yield
        return
    with folder() as place:
        mark = os.path.join(place, "mark")
        process = Process(("list-hangs", "list"), program=FAKE, env={"FAKE_MARK": mark},
                          stdin=subprocess.PIPE)
        if not wait_until(lambda: os.path.exists(mark)):
            raise AssertionError("Wine does not start")
        try:
            yield
        finally:
            process.end(b"")


def environment(mark, more=None):
    words = dict(os.environ, **{MARK: mark})
    if ON_WINE:
        words.setdefault("WINEDEBUG", "-all")
        # Wine reads names of files and arguments in the locale's character set.
        words["LC_ALL"] = "C.UTF-8"
    words.pop("COLUMNS", None)  # tables would follow it
    words.update(more or {})
    return words


class Process:
    """A running program: started in a session of its own, as from a terminal of its own.

    Its output goes to files, not to pipes: what Wine starts in passing would hold those open.
    """

    def __init__(self, arguments, program=PROGRAM, env=None, stdin=subprocess.DEVNULL, **more):
        self.mark = uuid.uuid4().hex
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="iomodels-")
        if ON_WINDOWS:
            more["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            more["start_new_session"] = True
        with open(self.path("out"), "ab") as out, open(self.path("err"), "ab") as err:
            self.popen = subprocess.Popen(WRAPPER + [program] + list(arguments), stdin=stdin,
                                          env=environment(self.mark, env),
                                          **dict({"stdout": out, "stderr": err}, **more))

    def path(self, name):
        return os.path.join(self.folder, name)

    def written(self, name):
        """What it has written so far to "out" or "err"."""
        with open(self.path(name), "rb") as file:
            return text(file.read())

    def interrupt(self):
        """Ctrl-C; in a terminal it reaches the whole foreground group."""
        if ON_WINDOWS:
            self.popen.send_signal(signal.CTRL_BREAK_EVENT)
        elif ON_WINE:
            self.popen.send_signal(signal.SIGINT)
        else:
            os.killpg(self.popen.pid, signal.SIGINT)

    def end(self, data=None):
        """Waits for its end: the Result. Nothing that it started may be left."""
        try:
            if data is not None:
                self.popen.stdin.write(data)
                self.popen.stdin.close()
            self.popen.wait(HANG_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("hangs: " + " ".join(self.arguments)) from None
        if not wait_until(lambda: not self.processes(), limit_s=60):
            raise AssertionError("left behind: %s" % self.processes())
        result = Result(self.popen.returncode, self.written("out"), self.written("err"))
        shutil.rmtree(self.folder, ignore_errors=True)
        return result

    def kill(self):
        if not ON_WINDOWS:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.kill()
        self.popen.wait()

    def processes(self, word=""):
        """Processes of this run: of the program and its servers, as (pid, words). Linux only."""
        found = []
        for pid in os.listdir("/proc") if ON_LINUX else []:
            if not pid.isdigit():
                continue
            with contextlib.suppress(OSError):
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if ("%s=%s" % (MARK, self.mark)).encode() not in file.read():
                        continue
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
                # Wine's own services inherit the mark; they stay, and are not ours.
                if any("iomodels" in w or "fake" in w for w in words) and \
                        (not word or word in words):
                    found.append((int(pid), words))
        return found


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def errors(self):
        """Lines of standard error, without those that say how much it will be and how far it is."""
        progress = re.compile(r"(at most )?\d+ runs?, (about|up to) .*|a search: about .*|"
                              r"\S+ on \S+: \S+/s (met|not met: \S+)")
        return [line for line in self.err.splitlines() if not progress.fullmatch(line)]


def text(data):
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def run(*arguments, data=None, **more):
    if data is not None:
        more["stdin"] = subprocess.PIPE
    result = Process(arguments, **more).end(data)
    if ON_WINE and not has_started(result):
        result = Process(arguments, **more).end(data)
    return result


def can_start_under(preexec_fn):
    """Whether this machine lets a process do that."""
    try:
        subprocess.run(["true"], preexec_fn=preexec_fn, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def has_started(result):
    """False as seen of Wine 8.0 in one of some thousand starts: a child could not be created, by
    ERROR_INTERNAL_ERROR; or the program itself did not come to run, exit status 1 without a word,
    where it says something of every failure of its own."""
    if result.status == 1 and result.out == result.err == "":
        return False
    return "cannot start" not in result.err or "Internal error" not in result.err


def wait_until(condition, limit_s=HANG_S):
    """Whether it came true in time."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@contextlib.contextmanager
def folder(prefix="iomodels-"):
    path = tempfile.mkdtemp(prefix=prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def quoted(path):
    return '"%s"' % path


def command(*words):
    """A target's command: words that the program can start itself."""
    return " ".join(quoted(word) for word in words)


def fake(fault):
    return "fake=" + command(FAKE, fault)


# That is a machine too busy, not a fault: the window was too short for it.
STARVED = "no message came back within the window"
PAUSED = "the client did not run for "
LATE = "snapshots_late"
SHORT = ("--idle-wait", "0s", "--warmup", "10ms", "--duration", "100ms", "--trials", "1")


def is_busy(line):
    """Whether it says that a row failed for want of time."""
    return STARVED in line or PAUSED in line


def bench(out, *arguments, counted=False, **more):
    """A benchmark that takes no longer than it must; what is given again counts. counted: the server's
    calls have to be known."""
    if "--connections" not in arguments:  # lists would add up
        arguments = ("--connections", "4", *arguments)
    durations = "100ms", "500ms", "2s"
    for duration in durations:
        result = run("bench", *SHORT, "--duration", duration, "--out", out, *arguments, **more)
        disturbed = (is_busy(result.err) or
                     counted and LATE in result.out)
        if not disturbed or duration == durations[-1]:
            break
        for name in os.listdir(out):
            shutil.rmtree(os.path.join(out, name))
    return result


def run_folder(out):
    """The one run's folder in `out`."""
    names = os.listdir(out)
    if len(names) != 1:
        raise AssertionError("%s holds %s" % (out, names))
    return os.path.join(out, names[0])


def read_csv(path):
    """Strictly: each row has as many fields as the header, which is row 0."""
    with open(path, encoding="utf-8", newline="") as file:
        content = file.read()
    if content and not content.endswith("\n"):
        raise AssertionError("%s: the last line is cut off" % path)
    rows = list(csv.reader(content.splitlines(keepends=True), strict=True))
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise AssertionError("%s, row %d: %d fields, the header has %d" %
                                 (path, number, len(row), len(rows[0])))
    return rows


def read_table(path):
    header, *rows = read_csv(path)
    return [dict(zip(header, row)) for row in rows]


def read_runs(out):
    return read_table(os.path.join(run_folder(out), "runs.csv"))


def finished_rows(out):
    """How many whole rows runs.csv has by now, while the program still writes."""
    try:
        with open(os.path.join(run_folder(out), "runs.csv"), "rb") as file:
            return max(0, file.read().count(b"\n") - 1)
    except (OSError, AssertionError):
        return 0


def models(**options):
    """What `list --csv` tells, by name; started with these options of Popen's."""
    rows = list(csv.DictReader(run("list", "--csv", **options).out.splitlines()))
    return {row["model"]: row for row in rows}


def available_models():
    return [name for name, row in models().items()
            if row["available"] == "yes" and not row["lesson_of"]]


def workloads():
    """The names of all, as the help lists them."""
    lines = run("bench", "--help").out.split("\nworkloads:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in lines.splitlines() if line[:3].strip()]


def line_values(line):
    """The key=value words of a server's line."""
    return dict(word.split("=", 1) for word in line.split(" ") if "=" in word)


def free_port():
    """One that nobody has at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Server(Process):
    """`iomodels serve` on any free port, once it listens."""

    def __init__(self, *arguments, **more):
        super().__init__(("serve", "--port", "0") + arguments, **more)
        wait_until(lambda: "\n" in self.written("out") or self.popen.poll() is not None)
        self.listening = line_values(self.written("out").rstrip("\n"))
        if "port" not in self.listening:
            raise AssertionError("does not listen: %s" % self.end().err)
        self.port = int(self.listening["port"])

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=HANG_S)

    def echo(self, data=b"hello"):
        with self.connect() as client:
            return exchange(client, data)


def exchange(client, data):
    client.sendall(data)
    came = b""
    while len(came) < len(data):
        part = client.recv(65536)
        if not part:
            break
        came += part
    return came
