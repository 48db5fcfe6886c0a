"""What an idle session costs: the memory of a server that holds many connections, each of which has
echoed. Usage: idle.py IOMODELS FAKE MODEL CONNECTIONS (for Linux, whose /proc tells the memory)

The figures are resident pages of the process, counted (smaps_rollup; the totals of /proc/PID/status
lag behind, by up to 64 pages a thread). What the kernel keeps for sockets and threads is not among
them. The bound:

- for each session 3 pages: the block that holds its struct and its buffer, of which a small message
  touches the beginning, and its share of the model's arrays. Under Wine the whole buffer as well:
  before it receives, Wine writes to every page that it may receive into. Not of iocp_zero_byte,
  which receives into a buffer of the thread's. On Linux the whole buffer of io_uring_registered, which
  is locked;
- for each thread 5 pages, of its stack and the C library's. Under Wine 8.0 more than all of its
  stack: when a thread starts, Wine clears the first 960 KiB (of at least 1 MiB, whatever was asked
  for), and it has a second stack and the blocks that Windows gives to a thread.
"""
import contextlib
import os
import resource
import socket
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "harness"))
import process  # noqa: E402
import tool  # noqa: E402

MODEL, CONNECTIONS = sys.argv[3], int(sys.argv[4])
PAGE = resource.getpagesize()
BUFFER_BYTES = 64 * 1024  # what `serve` gives to a session by default
MESSAGE = bytes(range(64))
AT_ONCE = 64  # fewer than any backlog
PER_SOURCE = 14000  # half the ports that Linux gives to an address
OWN_DESCRIPTORS = 64
BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, ip(7): connect chooses it, by both ends
# The most that a second round may take, by the first. Not 1: what an allocator cuts anew, among the
# small blocks of threads, begins on other pages, and those of before stay resident.
GROWTH = 1.5


def bound_bytes(threads):
    keeps_buffer = MODEL == "io_uring_registered" or tool.ON_WINE and MODEL != "iocp_zero_byte"
    session = 3 * PAGE + (BUFFER_BYTES if keeps_buffer else 0)
    thread = (0xf0000 if tool.ON_WINE else 0) + (20 if tool.ON_WINE else 5) * PAGE
    return CONNECTIONS * session + threads * thread


def descriptors_raise():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < CONNECTIONS + OWN_DESCRIPTORS:
        print("skipped: %d descriptors at most (ulimit -Hn), %d are needed" %
              (hard, CONNECTIONS + OWN_DESCRIPTORS))
        sys.exit(77)


class Idle:
    """A server, its connections, and what it has taken."""

    def __init__(self):
        self.server = tool.Server("--model", MODEL, "--control", "--max-connections",
                                  str(CONNECTIONS), "--buffer-bytes", str(BUFFER_BYTES),
                                  stdin=subprocess.PIPE)
        self.pids = process.pids(self.server)
        self.clients = []
        self.rounds = 0
        self.threads = int(self.server.listening["threads"])

    def memory(self):
        return [figure for pid in self.pids for figure in process.resident(pid)]

    def grown(self, before):
        return [now - then for now, then in zip(self.memory(), before)]

    def open(self):
        """How many connections are open, and how many threads there are; not asked too often."""
        time.sleep(0.05)
        values = process.statistics(self.server)
        return int(values["open"]), int(values["threads"])

    def client(self, index):
        """From an address that has ports left: closed connections hold theirs in TIME_WAIT."""
        client = socket.socket()
        client.settimeout(tool.HANG_S)
        client.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        client.bind(("127.0.%d.%d" % (self.rounds, 2 + index // PER_SOURCE), 0))
        client.connect(("127.0.0.1", self.server.port))
        return client

    def connect(self):
        """Until all are connected and have echoed, or one is not. Why not, or None."""
        self.rounds += 1
        for first in range(0, CONNECTIONS, AT_ONCE):
            batch = range(first, min(first + AT_ONCE, CONNECTIONS))
            try:
                clients = [self.client(i) for i in batch]
            except OSError as error:
                return "connect: %s" % error
            self.clients += clients
            if self.echo(clients) != len(clients):
                return "no echo"
        return None

    def echo(self, clients):
        """How many of them echo, up to the first that does not; others may not either."""
        echoed = 0
        with contextlib.suppress(OSError):
            for client in clients:
                client.sendall(MESSAGE)
            for client in clients:
                if client.recv(len(MESSAGE), socket.MSG_WAITALL) != MESSAGE:
                    break
                echoed += 1
        return echoed

    def echo_all(self):
        echoed = 0
        for first in range(0, len(self.clients), AT_ONCE):
            echoed += self.echo(self.clients[first:first + AT_ONCE])
            if echoed < min(first + AT_ONCE, len(self.clients)):
                break
        return echoed

    def close(self):
        for client in self.clients:
            client.close()
        self.clients = []
        return tool.wait_until(lambda: self.open() == (0, self.threads))


def each(figures):
    """Server's resident and anonymous bytes for a session, wineserver's resident ones."""
    text = "%.0f bytes (%.0f of them anonymous)" % tuple(f / CONNECTIONS for f in figures[:2])
    return text + ("; wineserver %.0f" % (figures[2] / CONNECTIONS) if len(figures) > 2 else "")


def hold(idle, before, most):
    """One round: its resident bytes, of which there may be `most`, and what is wrong, or None."""
    start = time.monotonic()
    why = idle.connect()
    (held, threads), memory = idle.open(), idle.grown(before)
    took = time.monotonic() - start
    again = idle.echo_all() if why is None else 0
    closed = idle.close()
    left = idle.grown(before)
    print("%s: %d of %d held, %d echo again; a session: %s; once closed: %s; %.1f s to connect" %
          (MODEL, held, CONNECTIONS, again, each(memory), each(left), took), flush=True)
    if why is not None or held != CONNECTIONS or again != CONNECTIONS:
        said = idle.server.written("err").strip() or "the server says nothing"
        return memory[0], "%s; %s" % (why, said)
    if not closed:
        return memory[0], "%d connections, %d threads are left though all was closed" % idle.open()
    bound = min(most, bound_bytes(threads))
    if memory[0] > bound:
        return memory[0], "more than %d bytes a session" % (bound / CONNECTIONS)
    return memory[0], None


def main():
    descriptors_raise()
    with tool.wine_kept():
        row = tool.models()[MODEL]
        if row["available"] != "yes":
            print("skipped: %s: %s" % (MODEL, row["reason"]))
            sys.exit(77)
        idle = Idle()
        before = idle.memory()
        taken, wrong = hold(idle, before, float("inf"))
        if wrong is None:  # what was freed must serve again
            _, wrong = hold(idle, before, taken * GROWTH)
        result = idle.server.end(b"stop\n")
    if wrong is None and result.status != 0:
        wrong = "exit status %d: %s" % (result.status, result.err)
    if wrong is not None:
        sys.exit("%s: %s" % (MODEL, wrong))


main()
