"""The calls of each model, as `serve --trace` prints them and as `trace` sets them side by side."""
import csv
import os
import re
import signal
import subprocess
import unittest

import tool

# What a client's one message of 6 bytes, then its end, makes each model do, by step: connection, call,
# result. Other calls may lie between (an accept that finds nothing), none of these may be missing.
CONVERSATION = ["1 recv 6 bytes", "1 send 6 bytes", "1 recv 0 bytes: the peer has finished"]
RECEIVED, SENT, FINISHED = CONVERSATION
COMPLETED = [call.replace("recv", "recv completed") for call in CONVERSATION]
CLOSED = "1 closesocket ok" if tool.ON_WINE or tool.ON_WINDOWS else "1 close ok"
NODELAY = "1 setsockopt ok"
YIELDED = "- SwitchToThread ok" if tool.ON_WINE or tool.ON_WINDOWS else "- sched_yield ok"


def readiness(wait, *begun):
    """Every wait announces one thing: a connection, its bytes, its end."""
    return {"connect": ["- %s 1 ready" % wait, "- accept socket", NODELAY, *begun],
            "send:6": ["- %s 1 ready" % wait, RECEIVED, SENT],
            "finish": ["- %s 1 ready" % wait, FINISHED, CLOSED]}


EVENTS = "- WSAWaitForMultipleEvents 1 ready"
PORT = "- GetQueuedCompletionStatusEx 1 ready"
TAKEN = "1 WSAGetOverlappedResult ok"
POLLED = "1 NtDeviceIoControlFile ok"
CALLS = {
    "blocking": {"connect": ["- accept socket", NODELAY, "1 start a thread ok"],
                 "send:6": [RECEIVED, SENT], "finish": [FINISHED, CLOSED]},
    # Nothing tells it: the turn after the client's step finds what has come.
    "nonblocking": {"connect": ["- accept socket", NODELAY], "send:6": [RECEIVED, SENT, YIELDED],
                    "finish": [FINISHED, CLOSED]},
    "select": readiness("select"),
    "poll": readiness("poll"),
    "wsapoll": readiness("WSAPoll"),
    "epoll": readiness("epoll_wait", "1 epoll_ctl ok"),
    # What it waits for is asked for once; the turn of a new connection finds nothing yet.
    "sigio": {"start": ["- fcntl ok", "- fcntl ok", "- fcntl ok"],
              "connect": ["- sigwaitinfo 1 ready", "- accept socket", NODELAY, "1 fcntl ok",
                          "1 fcntl ok", "1 fcntl ok"],
              "send:6": ["- sigwaitinfo 1 ready", RECEIVED, SENT],
              "finish": ["- sigwaitinfo 1 ready", FINISHED, CLOSED], "stop": ["- fcntl ok"]},
    "io_uring": {"start": ["- io_uring_setup ok", "- mmap ok", "- IORING_OP_ACCEPT queued"],
                 "connect": ["- io_uring_enter 1 ready", "- accept completed socket", NODELAY,
                             "1 IORING_OP_RECV queued"],
                 "send:6": ["- io_uring_enter 1 ready", COMPLETED[0], "1 IORING_OP_SEND queued",
                            "- io_uring_enter 1 ready", SENT.replace("send", "send completed"),
                            "1 IORING_OP_RECV queued"],
                 "finish": ["- io_uring_enter 1 ready", COMPLETED[2], CLOSED],
                 "stop": ["- munmap ok", "- close ok"]},
    # The first receive is tried without being told, see models/wsaasyncselect.c.
    "wsaasyncselect": {"start": ["- CreateWindowEx ok", "- WSAAsyncSelect ok"],
                       "connect": ["- GetMessage 1 ready", "- accept socket", NODELAY,
                                   "1 WSAAsyncSelect ok"],
                       "send:6": [RECEIVED, SENT, "1 FD_READ re-armed by recv"],
                       "finish": ["- GetMessage 1 ready", FINISHED, CLOSED],
                       "stop": ["- DestroyWindow ok"]},
    "wsaeventselect": {"start": ["- WSACreateEvent ok", "- WSAEventSelect ok"],
                       "connect": [EVENTS, "- WSAEnumNetworkEvents FD_ACCEPT", "- accept socket",
                                   NODELAY, "1 WSACreateEvent ok", "1 WSAEventSelect ok"],
                       "send:6": [EVENTS, "1 WSAEnumNetworkEvents FD_READ", RECEIVED, SENT,
                                  "1 FD_READ re-armed by recv"],
                       "finish": [EVENTS, "1 WSAEnumNetworkEvents FD_CLOSE", FINISHED, CLOSED,
                                  "- WSACloseEvent ok"],
                       "stop": ["- WSACloseEvent ok"]},
    "overlapped_event": {"connect": [EVENTS, "- accept socket", "1 WSARecv WSA_IO_PENDING"],
                         "send:6": [EVENTS, TAKEN, COMPLETED[0], SENT, "1 WSARecv WSA_IO_PENDING"],
                         "finish": [EVENTS, TAKEN, COMPLETED[2], CLOSED, "- WSACloseEvent ok"]},
    "overlapped_routine": {"connect": ["- WSAWaitForMultipleEvents", "- accept socket", "1 WSARecv"],
                           "send:6": [COMPLETED[0], SENT, "1 WSARecv"],
                           "finish": [COMPLETED[2], CLOSED]},
    "iocp": {"start": ["- CreateIoCompletionPort ok", "- AcceptEx posted"],
             "connect": [PORT, "- WSAGetOverlappedResult ok", "- setsockopt ok", "- WSASocket ok",
                         "- AcceptEx posted", "1 CreateIoCompletionPort ok", "1 WSARecv"],
             "send:6": [PORT, TAKEN, COMPLETED[0], SENT, "1 WSARecv"],
             "finish": [PORT, TAKEN, COMPLETED[2], CLOSED],
             "stop": ["- PostQueuedCompletionStatus ok", "- CancelIoEx ok", "- CloseHandle ok"]},
    "afd_poll": {"start": ["- CreateIoCompletionPort ok", "- NtCreateFile ok", "- WSAIoctl ok",
                           "- NtDeviceIoControlFile ok"],
                 "connect": [PORT, "- accept socket", NODELAY, "1 WSAIoctl ok", POLLED,
                             "- NtDeviceIoControlFile ok"],
                 "send:6": [PORT, RECEIVED, SENT, POLLED], "finish": [PORT, FINISHED, CLOSED],
                 "stop": ["- CancelIoEx ok", "- CloseHandle ok"]},
}
SCRIPT = "connect,send:6,finish"
LINE = re.compile(r" *(?P<seconds>\d+\.\d{6})  +(?P<waited>\d+\.\d|-)  +(?P<worked>\d+\.\d|-)"
                  r"  +(?P<thread>\d+)  +(?P<session>\d+|-)  (?P<call>\S.*?)  +(?P<result>\S.*)")
WAITS = re.compile(r"select|poll|sigwaitinfo|sigtimedwait|WSAPoll|epoll_wait|io_uring_enter|GetMessage|SleepEx|"
                   r"WSAWaitForMultipleEvents|GetQueuedCompletionStatusEx")


def trace_of(model):
    """serve --trace, step by step, so that no two things are ready at once."""
    server = tool.Server("--model", model, "--trace")
    with server.connect() as client:
        tool.exchange(client, b"hello!")
        shown = tool.wait_until(lambda: "send" in server.written("err"), 60)
        assert shown, "no call is shown while it serves"
        client.shutdown(1)
        client.recv(1)
    server.interrupt()
    result = server.end()
    assert result.status == 0, result.err
    return result.err.splitlines()


def rows_of(*arguments):
    """What trace --format csv prints."""
    result = tool.run("trace", "--format", "csv", *arguments)
    assert result.status == 0, result.err
    return list(csv.DictReader(result.out.splitlines()))


def name_of(row):
    return "%s %s %s" % (row["connection"] or "-", row["call"].split("(")[0], row["result"])


class Serve(unittest.TestCase):
    def test_columns_are_aligned(self):
        heads = ["seconds", "waited us", "worked us", "thread", "session", "call", "result"]
        for model in tool.available_models():
            with self.subTest(model):
                header, *lines = trace_of(model)
                self.assertRegex(header, "^ *" + " +".join(heads) + "$")
                self.assertGreater(len(lines), len(CONVERSATION))
                for line in lines:
                    for head in heads[:5]:
                        end = header.index(head) + len(head)
                        self.assertNotEqual(line[end - 1], " ", line)
                        self.assertEqual(line[end:end + 2], "  ", line)
                    for head in heads[5:]:
                        begin = header.index(head)
                        self.assertEqual(line[begin - 2:begin], "  ", line)
                        self.assertNotEqual(line[begin], " ", line)

    def test_waits_begin_and_are_apart(self):
        """Each thread: a call that waits begins, then returns with a time of its own."""
        for model in tool.available_models():
            with self.subTest(model):
                begun = {}
                for line in trace_of(model)[1:]:
                    match = LINE.fullmatch(line)
                    self.assertIsNotNone(match, line)
                    call, thread = match["call"], match["thread"]
                    if match["result"] == "waits":
                        self.assertEqual((match["waited"], match["worked"]), ("-", "-"), line)
                        begun[thread] = call
                    elif match["waited"] != "-":
                        self.assertEqual(begun.pop(thread, None), call, line)
                        self.assertEqual(match["worked"], "-", line)
                    else:
                        self.assertNotEqual(match["worked"], "-", line)
                        self.assertIsNone(WAITS.fullmatch(call.split("(")[0]), line)

    def test_nothing_without_it(self):
        server = tool.Server("--model", "select")
        server.echo()
        server.interrupt()
        self.assertEqual(server.end().err, "")


class Trace(unittest.TestCase):
    def test_calls_in_order(self):
        models = tool.available_models()
        rows = rows_of("--model", ",".join(models), "--script", SCRIPT)
        for model in models:
            with self.subTest(model):
                self.assertIn(model, CALLS, "the calls it should make are missing in " + __file__)
                own = [row for row in rows if row["model"] == model]
                for step, expected in CALLS[model].items():
                    calls = [name_of(row) for row in own if row["step"] == step]
                    rest = iter(calls)
                    for call in expected:
                        self.assertTrue(any(made.startswith(call) for made in rest),
                                        "%s: no '%s' in its place in %s" % (step, call, calls))
                    # An operation is queued once.
                    self.assertEqual(sum(call.endswith(" queued") for call in calls),
                                     sum(call.endswith(" queued") for call in expected), calls)
                moved = [row for row in own if re.match(r"(recv|send)\b", row["call"]) and
                         row["result"].split(":")[0] in ("6 bytes", "0 bytes")]
                self.assertEqual(len(moved), len(CONVERSATION), moved)
                # What the trace shows as no wait is no wait, and the other way round.
                for row in own:
                    if WAITS.fullmatch(row["call"].split("(")[0]):
                        self.assertEqual(row["time"], "waited", row)
                    elif model != "blocking":
                        self.assertEqual(row["time"], "worked", row)

    def test_other_calls_are_named(self):
        """bench --explain names the other calls of a message: those that the trace shows."""
        models = tool.available_models()
        rows = rows_of("--model", ",".join(models), "--script", SCRIPT)
        with tool.folder() as out:
            result = tool.bench(out, "--explain", "--model", ",".join(models), counted=True)
        shown = " ".join(result.out.split())
        for model in models:
            with self.subTest(model):
                made = {row["call"].split("(")[0] for row in rows
                        if row["model"] == model and row["step"] == "send:6" and
                        row["time"] == "worked" and
                        (row["call"].startswith("accept(") or
                         re.match(r"ok$|WSA_IO_PENDING|\d+ bytes at once|FD_", row["result"]))}
                self.assertIn(" %s: " % model, shown, result.err)
                sentence = shown[shown.rindex(" %s: " % model):]
                sentence = re.split(r" (?:%s): " % "|".join(models), sentence[1 + len(model):])[0]
                named = re.search(r"other calls? \((.*?)\)", sentence)
                # "A or B": one on each system.
                names = [name.split(" or ") for name in named[1].split(", ")] if named else []
                self.assertEqual(len(names), len(made), sentence)
                for name in names:
                    self.assertEqual(len(made.intersection(name)), 1, sentence)

    def test_clients(self):
        rows = rows_of("--model", "select", "--script", "connect,send:6,reset", "--clients", "2")
        received = [(row["step"], row["connection"]) for row in rows
                    if row["call"].startswith("recv") and row["result"] == "6 bytes"]
        self.assertEqual(received, [("send:6", "1"), ("send:6", "2")])

    def test_slow_reader(self):
        rows = rows_of("--model", "select", "--script", "connect,write:64MiB,read,finish")
        blocked = [row for row in rows if row["step"].startswith("write") and
                   row["call"].startswith("send") and
                   row["result"].startswith(("EAGAIN", "WSAEWOULDBLOCK"))]
        self.assertTrue(blocked, "every send took all")
        self.assertEqual(sum(int(row["result"].split()[0]) for row in rows
                             if row["call"].startswith("recv") and row["result"][0].isdigit()),
                         64 << 20)

    def test_columns_side_by_side(self):
        models = tool.available_models()[:4]
        result = tool.run("trace", "--model", ",".join(models), "--script", SCRIPT)
        self.assertEqual((result.status, result.err), (0, ""))
        lines = result.out.splitlines()
        bars = [match.start() for match in re.finditer(r" \| ", lines[0])]
        self.assertEqual([title.strip() for title in lines[0].split(" | ")], models)
        self.assertEqual([line.split()[1] for line in lines if line.startswith("-- ")],
                         ["start", *SCRIPT.split(","), "stop", "in"])
        for line in lines[:-1]:
            self.assertLessEqual(len(line), 100, line)
            if not line.startswith("-- "):
                for bar in bars:
                    self.assertEqual(line[bar:bar + 2], " |", line)

    def test_targets(self):
        own = "%s=" + tool.command(tool.PROGRAM)
        rows = rows_of("--model", "select", "--script", "connect,reset", "--target", own % "one",
                       "--target", own % "two")
        self.assertEqual({row["target"] for row in rows}, {"one", "two"})

    def test_failures(self):
        result = tool.run("trace", "--model", "blocking", "--target",
                          "none=/nowhere/iomodels")
        self.assertEqual(result.status, 1, result.err)
        self.assertRegex(result.err, r"^iomodels trace: target none: .*/nowhere/iomodels.*\n$")

    def test_interrupt(self):
        process = tool.Process(("trace", "--model", "select", "--script", "connect,pause:60s"))
        if tool.ON_LINUX:
            tool.wait_until(lambda: process.processes("serve"))
        process.interrupt()
        result = process.end()
        self.assertEqual((result.status, result.out), (130, ""), result.err)

    @unittest.skipUnless(tool.ON_LINUX and not tool.ON_WINE, "by a terminal of Linux")
    def test_summary_on_a_terminal(self):
        master, slave = os.openpty()
        process = subprocess.Popen([tool.PROGRAM, "serve", "--model", "select", "--port", "0"],
                                   stdout=slave, stderr=subprocess.DEVNULL)
        os.close(slave)
        shown = os.read(master, 4096).decode()  # it listens
        process.send_signal(signal.SIGINT)
        process.wait(tool.HANG_S)
        while "processor" not in shown:
            shown += os.read(master, 4096).decode()
        os.close(master)
        summary = shown[shown.index("select has stopped"):]
        for line in summary.splitlines():
            self.assertLessEqual(len(line), 100, line)
        self.assertNotIn("event=stopped", shown)


if __name__ == "__main__":
    tool.main()
