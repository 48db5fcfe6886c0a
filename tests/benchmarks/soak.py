"""A server that serves difficult clients for long: its memory and its descriptors stay where they
were, and its counters add up: meson test --benchmark --suite soak ['soak NAME']. Usage:
soak.py IOMODELS FAKE MODEL MINUTES (0.3: 18 seconds)

All at once, for a round: clients that come, echo and leave; that reset in the middle of a message;
that read much later than they send; that send and read as fast as they can. Every byte is compared.
Between two rounds all have left, and the server is looked at. (Linux, whose /proc tells the memory.)
"""
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "harness"))
import process  # noqa: E402
import tool  # noqa: E402

MODEL, MINUTES = sys.argv[3], float(sys.argv[4])
ROUNDS = 12  # of which the first ones make what is kept for later
WARM_ROUNDS = 4
GROWTH_BYTES = 512 * 1024  # an allocator's own habits; a leak of a connection in a thousand is more
DESCRIPTORS_MORE = 4 if tool.ON_WINE else 0  # wineserver opens some in passing
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset
SOURCES = 250  # addresses, since a closed connection keeps its port for a minute
COUNTERS = ("accepted", "refused", "closed", "reset", "failed", "open")
BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, ip(7)


class Clients:
    """Those of one kind, one after the other in a thread."""

    def __init__(self, server, end, number):
        self.server, self.end, self.number = server, end, number
        self.random = random.Random(number)
        self.made = 0
        self.wrong = None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while time.monotonic() < self.end and self.wrong is None:
                self.made += 1
                with self.connect() as client:
                    self.act(client)
        except OSError as error:
            self.wrong = "%s: %r" % (type(self).__name__, error)

    def connect(self):
        client = socket.socket()
        client.settimeout(tool.HANG_S)
        client.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        client.bind(("127.0.%d.%d" % (1 + self.number, 1 + self.made % SOURCES), 0))
        client.connect(("127.0.0.1", self.server.port))
        return client

    def payload(self, size):
        return self.random.randbytes(size)

    def compare(self, sent, came):
        if sent != came:
            self.wrong = "%s: %d bytes came back of %d, or others" % (type(self).__name__, len(came), len(sent))

    def act(self, client):
        raise NotImplementedError


class Churn(Clients):
    def act(self, client):
        data = self.payload(100)
        came = tool.exchange(client, data)
        client.shutdown(socket.SHUT_WR)
        self.compare(data, came + client.recv(1))


class Reset(Clients):
    def act(self, client):
        client.sendall(self.payload(self.random.choice((1, 1000, 100000))))
        time.sleep(self.random.random() / 500)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


class Slow(Clients):
    """Sends until the server has to wait for it, and reads only then."""

    def act(self, client):
        data, sent, came = self.payload(1 << 20), 0, b""
        client.settimeout(0.05)
        try:
            while sent < len(data):
                sent += client.send(data[sent:sent + 65536])
        except TimeoutError:
            pass
        client.settimeout(tool.HANG_S)
        while len(came) < sent:
            time.sleep(0.0005)
            part = client.recv(16384)
            if not part:
                break
            came += part
        self.compare(data[:sent], came)


class Flood(Clients):
    def act(self, client):
        data = self.payload(1 << 20)
        sender = threading.Thread(target=self.send, args=(client, data))
        sender.start()
        came = b"".join(iter(lambda: client.recv(65536), b""))
        sender.join()
        self.compare(data, came)

    @staticmethod
    def send(client, data):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)


class Soak:
    def __init__(self, threads_apply):
        threads = ("--threads", "2") if threads_apply else ()
        self.server = tool.Server("--model", MODEL, "--control", *threads, stdin=subprocess.PIPE)
        self.pids = process.pids(self.server)
        self.connected = self.resets = 0
        self.counters = {}

    def round(self, seconds):
        """What is wrong, or None."""
        end = time.monotonic() + seconds
        kinds = (Churn, Churn, Reset, Slow, Slow, Flood)
        clients = [kind(self.server, end, number) for number, kind in enumerate(kinds)]
        for one in clients:
            one.thread.start()
        for one in clients:
            one.thread.join()
        self.connected += sum(one.made for one in clients)
        self.resets += sum(one.made for one in clients if isinstance(one, Reset))
        return next((one.wrong for one in clients if one.wrong), None) or self.accounts()

    def accounts(self):
        """The same, of the counters once all have left."""
        if self.server.popen.poll() is not None:
            return "the server has ended"
        if not tool.wait_until(self.is_quiet):
            return "connections stay open though all clients have left"
        values = self.counters
        ended = values["closed"] + values["reset"] + values["failed"] + values["open"]
        if values["accepted"] != ended or values["failed"] or values["refused"]:
            return "the counters do not add up: %s" % values
        # One that resets may have left before it was accepted.
        if not 0 <= self.connected - values["accepted"] <= self.resets:
            return "%d connected, %d of them to reset, %d accepted" % (self.connected, self.resets,
                                                                       values["accepted"])
        return None

    def is_quiet(self):
        """Whether nothing is open, and nothing has come since the last look."""
        time.sleep(0.2)
        before, values = self.counters, process.statistics(self.server)
        self.counters = {key: int(values[key]) for key in COUNTERS}
        return self.counters["open"] == 0 and self.counters == before

    def level(self):
        """Anonymous bytes and descriptors of all its processes."""
        return (sum(process.resident(pid)[1] for pid in self.pids),
                sum(process.descriptors(pid) for pid in self.pids))


def judge(levels):
    """What has grown from the rounds after the first ones to the last ones, or None."""
    early, late = levels[WARM_ROUNDS:WARM_ROUNDS + 3], levels[-3:]
    memory = [statistics.median(level[0] for level in part) for part in (early, late)]
    opened = [min(level[1] for level in part) for part in (early, late)]
    if memory[1] > memory[0] + GROWTH_BYTES:
        return "memory grows: %d, then %d bytes" % tuple(memory)
    if opened[1] > opened[0] + DESCRIPTORS_MORE:
        return "descriptors grow: %d, then %d" % tuple(opened)
    return None


def main():
    with tool.wine_kept():
        row = tool.models()[MODEL]
        if row["available"] != "yes":
            print("skipped: %s: %s" % (MODEL, row["reason"]))
            sys.exit(77)
        soak, levels, wrong = Soak(row["threads_apply"] == "yes"), [], None
        while len(levels) < ROUNDS and wrong is None:
            wrong = soak.round(MINUTES * 60 / ROUNDS)
            if wrong is None:
                levels.append(soak.level())
                print("%s: %d connections so far, %d bytes, %d descriptors" %
                      ((MODEL, soak.connected) + levels[-1]), flush=True)
        result = soak.server.end(b"stop\n" if soak.server.popen.poll() is None else b"")
    wrong = wrong or judge(levels)
    if result.status != 0:
        wrong = "exit status %d: %s; %s" % (result.status, result.err, wrong)
    if wrong is not None:
        sys.exit("%s: %s" % (MODEL, wrong))


main()
