"""serve --trace: a line for each call, in aligned columns, in the order that the model promises."""
import re
import unittest

import tool

# What a client's one message of 5 bytes, then its end, makes each model do: session, call, result.
# Other calls may lie between and behind them (an accept that finds nothing, FD_WRITE, the wake-up
# that stops it), none of these may be missing.
CONVERSATION = ["1 recv 5 bytes", "1 send 5 bytes", "1 recv 0 bytes: the peer has finished"]
RECEIVED, SENT, FINISHED = CONVERSATION
COMPLETED = [call.replace("recv", "recv completed") for call in CONVERSATION]


def readiness(wait, *begun):
    """Every wait announces one thing: a connection, its bytes, its end."""
    return ["- %s 1 ready" % wait, "- accept socket", *begun,
            "- %s 1 ready" % wait, RECEIVED, SENT, "- %s 1 ready" % wait, FINISHED]


CALLS = {
    "blocking": ["- accept socket", *CONVERSATION],
    "select": readiness("select"),
    "poll": readiness("poll"),
    "wsapoll": readiness("WSAPoll"),
    "epoll": readiness("epoll_wait", "1 epoll_ctl ok"),
    "io_uring": ["- io_uring_enter 1 ready", "- accept completed socket",
                 "- io_uring_enter 1 ready", COMPLETED[0],
                 "- io_uring_enter 1 ready", SENT.replace("send", "send completed"), COMPLETED[2]],
    # The first receive is tried without being told, see models/wsaasyncselect.c.
    "wsaasyncselect": ["- GetMessage 1 ready", "- accept socket", "1 WSAAsyncSelect ok",
                       RECEIVED, SENT, "- GetMessage 1 ready", FINISHED],
    "wsaeventselect": ["- WSAWaitForMultipleEvents 1 ready", "- WSAEnumNetworkEvents FD_ACCEPT",
                       "- accept socket", "1 WSACreateEvent ok", "1 WSAEventSelect ok",
                       "- WSAWaitForMultipleEvents 1 ready", "1 WSAEnumNetworkEvents FD_READ",
                       RECEIVED, SENT,
                       "- WSAWaitForMultipleEvents 1 ready", "1 WSAEnumNetworkEvents FD_CLOSE",
                       FINISHED],
    "overlapped_event": ["- WSAWaitForMultipleEvents 1 ready", "- accept socket", "1 WSARecv",
                         "- WSAWaitForMultipleEvents 1 ready", "1 WSAGetOverlappedResult ok",
                         COMPLETED[0], SENT, "1 WSARecv",
                         "- WSAWaitForMultipleEvents 1 ready", COMPLETED[2]],
    "overlapped_routine": ["- WSAWaitForMultipleEvents", "- accept socket", "1 WSARecv",
                           COMPLETED[0], SENT, "1 WSARecv", COMPLETED[2]],
    "iocp": ["- AcceptEx posted", "- GetQueuedCompletionStatusEx 1 ready",
             "- WSAGetOverlappedResult ok", "1 CreateIoCompletionPort ok", "1 WSARecv",
             COMPLETED[0], SENT, "1 WSARecv", COMPLETED[2]],
}
LINE = re.compile(r" *(?P<seconds>\d+\.\d{6})  +(?P<since>\d+\.\d|-)  +(?P<thread>\d+)"
                  r"  +(?P<session>\d+|-)  (?P<call>\S.*?)  +(?P<result>\S.*)")


def trace_of(model):
    """Step by step, so that no two things are ready at once."""
    server = tool.Server("--model", model, "--trace")
    with server.connect() as client:
        tool.exchange(client, b"hello")
        shown = tool.wait_until(lambda: "send" in server.written("err"), 60)
        assert shown, "no call is shown while it serves"
        client.shutdown(1)
        client.recv(1)
    server.interrupt()
    result = server.end()
    assert result.status == 0, result.err
    return result.err.splitlines()


class Trace(unittest.TestCase):
    def test_calls_in_order(self):
        for model in tool.available_models():
            with self.subTest(model):
                self.assertIn(model, CALLS, "the calls it should make are missing in " + __file__)
                calls = []
                for line in trace_of(model)[1:]:
                    match = LINE.fullmatch(line)
                    self.assertIsNotNone(match, line)
                    name = match["call"].split("(")[0]
                    calls.append("%s %s %s" % (match["session"], name, match["result"]))
                rest = iter(calls)
                for expected in CALLS[model]:
                    self.assertTrue(any(call.startswith(expected) for call in rest),
                                    "no '%s' in its place in %s" % (expected, calls))
                moved = [call for call in calls
                         if re.match(r"\S+ (recv|send)( completed)? \d+ bytes", call)]
                self.assertEqual(len(moved), len(CONVERSATION), moved)

    def test_columns_are_aligned(self):
        heads = ["seconds", "since us", "thread", "session", "call", "result"]
        for model in tool.available_models():
            with self.subTest(model):
                header, *lines = trace_of(model)
                self.assertRegex(header, "^ *" + " +".join(heads) + "$")
                self.assertGreater(len(lines), len(CONVERSATION))
                for line in lines:
                    for head in heads[:4]:
                        end = header.index(head) + len(head)
                        self.assertNotEqual(line[end - 1], " ", line)
                        self.assertEqual(line[end:end + 2], "  ", line)
                    for head in heads[4:]:
                        begin = header.index(head)
                        self.assertEqual(line[begin - 2:begin], "  ", line)
                        self.assertNotEqual(line[begin], " ", line)

    def test_nothing_without_it(self):
        server = tool.Server("--model", "select")
        server.echo()
        server.interrupt()
        self.assertEqual(server.end().err, "")


if __name__ == "__main__":
    tool.main()
