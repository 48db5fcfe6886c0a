"""One turn's rule for every model: two clients that have always more to say are served in turn.

The server is stopped while both clients hand in all that they have to say, so no clock matters: when
it goes on, both are ready until one of them has been served to its end. The trace tells whose bytes
were received, one after the other.
"""
import contextlib
import ctypes
import os
import re
import signal
import unittest

import tool

BUFFER = 1024     # the server's for each connection: what one receive can bring
RECEIVES = 32     # that each client's bytes take
# A turn is two receives at most, and a client may have the last turn of one wait and the first of
# the next.
IN_A_ROW = 4
RECEIVED = re.compile(r" +(\d+)  recv(?: completed)?\(at most \d+ bytes\) +(\d+) bytes")


@contextlib.contextmanager
def stopped(process):
    """The process does nothing meanwhile."""
    if tool.ON_LINUX:
        os.kill(process.popen.pid, signal.SIGSTOP)
        yield
        os.kill(process.popen.pid, signal.SIGCONT)
        return
    handle = int(process.popen._handle)  # of subprocess, which has no other name for it
    ctypes.windll.ntdll.NtSuspendProcess(handle)
    yield
    ctypes.windll.ntdll.NtResumeProcess(handle)


def receives(model):
    """The clients, by number, in the order in which their bytes were received."""
    server = tool.Server("--model", model, "--trace", "--threads", "1", "--buffer-bytes",
                         str(BUFFER))
    data = b"x" * (BUFFER * RECEIVES)
    with server.connect() as first, server.connect() as second:
        clients = first, second
        for client in clients:
            tool.exchange(client, b"hello")
        with stopped(server):
            for client in clients:
                client.sendall(data)
        for client in clients:
            left = len(data)
            while left > 0:
                left -= len(client.recv(65536))
    server.interrupt()
    result = server.end()
    assert result.status == 0, result.err
    found = [match.groups() for match in map(RECEIVED.search, result.err.splitlines()) if match]
    return [client for client, count in found if int(count) > len(b"hello")]


def longest_while_both(order):
    """How often one was served in a row while the other had more to say, at most."""
    left = {client: order.count(client) for client in set(order)}
    longest = in_a_row = 0
    last = None
    for client in order:
        if 0 in left.values():
            break
        in_a_row = in_a_row + 1 if client == last else 1
        longest = max(longest, in_a_row)
        last = client
        left[client] -= 1
    return longest


class Turns(unittest.TestCase):
    def test_two_clients_are_served_in_turn(self):
        models = tool.models()
        for model in tool.available_models():
            if models[model]["threads_apply"] != "yes":
                continue  # it has no loop: the system's scheduler gives the turns
            with self.subTest(model):
                order = receives(model)
                self.assertEqual(len(set(order)), 2, order)
                self.assertLessEqual(longest_while_both(order), IN_A_ROW, order)

    def test_a_model_without_turns_is_seen(self):
        models = tool.models()
        lesson = "iocp_unbounded_inline"
        if models[lesson]["available"] != "yes":
            self.skipTest("%s: %s" % (lesson, models[lesson]["reason"]))
        self.assertGreater(longest_while_both(receives(lesson)), IN_A_ROW)


if __name__ == "__main__":
    tool.main()
