"""A server that is reached through the network: --connect, --server-bind, --server-port."""
import collections
import contextlib
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time
import unittest

import tool

with contextlib.suppress(ImportError):  # not on Windows
    import fcntl

DELAY_US = 5000
LOSS_PERCENT = 1


class Options(unittest.TestCase):
    def refused(self, says, *arguments):
        with self.subTest(arguments), tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), *arguments)
            self.assertEqual((result.status, result.out, os.listdir(out)), (2, "", []), result.err)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            self.assertIn(says, result.err)

    def test_bad_ones(self):
        self.refused("no --target is called near", "--connect", "near=127.0.0.1")
        self.refused("numeric IPv4 or IPv6", "--connect", "fake=localhost")
        self.refused("numeric IPv4 or IPv6", "--connect", "127.0.0.1:7")
        self.refused("--server-bind fake=: ", "--server-bind", "fake=")
        for ports in "0", "65536", "7001-7000", "7000-", "-7000", "7000-x", "x":
            self.refused("not a port", "--server-port", ports)


class Loopback(unittest.TestCase):
    """What does not take a second machine."""

    def rows(self, *arguments):
        with tool.folder() as out:
            result = tool.bench(out, "--model", "select", *arguments)
            return tool.read_runs(out), result

    def test_row(self):
        (row,), result = self.rows("--connect", "127.0.0.1", "--server-port", str(tool.free_port()))
        self.assertEqual((row["status"], result.status), ("ok", 0), row["status_reason"])
        # Wine's figures stay marked as such.
        self.assertEqual(row["host_kind"], "wine" if tool.ON_WINE else "remote")
        self.assertEqual(row["placement"], "none")
        # What the started process tells is not the server's.
        self.assertEqual(row["server_cpus"], "")
        self.assertEqual(row["wineserver_cpu_s"], "")
        if tool.ON_WINE:  # half of the cost would be wrong
            self.assertEqual(row["server_cpu_us_per_msg"], "")
        else:
            self.assertGreater(float(row["server_cpu_us_per_msg"]), 0)
            self.assertGreater(float(row["server_cpu_load"]), 0)

    def test_port_is_the_one_that_was_asked_for(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            (row,), result = self.rows("--server-port", port)
        self.assertEqual((row["status"], result.status), ("failed", 1))
        self.assertIn(port, row["status_reason"])

    def test_address_is_the_one_that_was_asked_for(self):
        rows, _ = self.rows("--server-bind", "203.0.113.7")
        self.assertIn("203.0.113.7", rows[0]["status_reason"])
        # It is reached where --connect says, not where it listens.
        rows, _ = self.rows("--connect", "127.0.0.1", "--server-bind", "127.0.0.2")
        self.assertRegex(rows[0]["status_reason"], r"127\.0\.0\.1 port \d+ can't be reached")
        rows, _ = self.rows("--connect", "127.0.0.1", "--server-bind", "0.0.0.0")
        self.assertEqual(rows[0]["status"], "ok", rows[0]["status_reason"])

    def test_nobody_comes_through(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("start-nobody"),
                                "--connect", "127.0.0.1")
            (row,) = tool.read_runs(out)
        self.assertEqual((row["status"], result.status), ("failed", 1))
        self.assertRegex(row["status_reason"], r"127\.0\.0\.1 port \d+ can't be reached \(.*\)")
        self.assertIn("firewall", row["status_reason"])
        self.assertIn("--server-port", row["status_reason"])


NAMES = "/run/netns"


def ip(*words):
    subprocess.run(("ip",) + words, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, timeout=tool.HANG_S)


def inside(name, *words):
    ip("netns", "exec", name, *words)


def cable(names):
    """What joins two machines: a pair of veth."""
    ip("link", "add", "net0", "netns", names[0], "type", "veth", "peer", "net0", "netns", names[1])
    return contextlib.nullcontext()


def cable_netem(names):
    """The same, where the kernel delays and drops what the second machine sends."""
    cable(names)
    inside(names[1], "tc", "qdisc", "add", "dev", "net0", "root", "netem", "delay",
           "%dus" % DELAY_US, "loss", "%d%%" % LOSS_PERCENT)
    return contextlib.nullcontext()


class Wire(threading.Thread):
    """The same for kernels without netem: this thread carries the packets from tun to tun."""

    def __init__(self, names):
        super().__init__(daemon=True)
        self.files = []
        self.over = threading.Event()
        for name in names:
            file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            self.files.append(file)
            device = "iom%d" % len(self.files)
            # TUNSETIFF with IFF_TUN and IFF_NO_PI
            fcntl.ioctl(file, 0x400454ca, struct.pack("16sH14x", device.encode(), 0x1001))
            ip("link", "set", device, "netns", name)
            ip("-n", name, "link", "set", device, "name", "net0")

    def run(self):
        chance = random.Random(1)
        waiting = collections.deque()
        here, there = self.files
        while not self.over.is_set():
            left = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.1
            for file in select.select(self.files, [], [], left)[0]:
                with contextlib.suppress(BlockingIOError):
                    packet = os.read(file, 65536)
                    if file == here:
                        os.write(there, packet)
                    elif chance.random() >= LOSS_PERCENT / 100:
                        waiting.append((time.monotonic() + DELAY_US / 1e6, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                os.write(here, waiting.popleft()[1])

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.over.set()
        self.join()
        for file in self.files:
            os.close(file)


def leave_no_mount():
    """`ip netns` makes one for its names, and leaves it."""
    subprocess.run(("umount", NAMES), check=False, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=tool.HANG_S)
    with contextlib.suppress(OSError):
        os.rmdir(NAMES)


@contextlib.contextmanager
def machines(joined_by):
    """Two network namespaces, joined: (name, address) of each."""
    names = ["iom%d%s" % (os.getpid(), letter) for letter in "ab"]
    found = [(name, "10.231.7.%d" % i) for i, name in enumerate(names, 1)]
    with contextlib.ExitStack() as stack:
        try:
            if not os.path.exists(NAMES):
                stack.callback(leave_no_mount)
            for name in names:
                ip("netns", "add", name)
                stack.callback(ip, "netns", "delete", name)
            joint = joined_by(names)
            for name, address in found:
                ip("-n", name, "address", "add", address + "/24", "dev", "net0")
                ip("-n", name, "link", "set", "lo", "up")
                ip("-n", name, "link", "set", "net0", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            words = getattr(error, "stderr", None) or str(error).encode()
            raise unittest.SkipTest("not possible here: " +
                                    words.decode(errors="replace").strip()) from None
        stack.enter_context(joint)
        yield found


@unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "network namespaces are Linux'")
class Network(unittest.TestCase):
    def measure(self, joined_by, *arguments):
        with machines(joined_by) as (here, there), tool.folder() as out:
            command = tool.command("ip", "netns", "exec", there[0], tool.PROGRAM)
            result = tool.Process(
                ("netns", "exec", here[0], tool.PROGRAM, "bench", *tool.SHORT,
                 "--model", "select,blocking", "--connections", "8", "--duration", "1s",
                 "--target", "far=" + command, "--connect", "far=" + there[1], "--out", out) +
                arguments, program="ip").end()
            rows = tool.read_runs(out)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual([row["status"] for row in rows], ["ok", "ok"])
        for row in rows:
            self.assertEqual((row["target"], row["host_kind"]), ("far", "remote"))
            self.assertEqual(row["connections_established"], "8")
            self.assertEqual((row["errors"], row["verify_failures"]), ("0", "0"))
            self.assertGreater(float(row["server_cpu_us_per_msg"]), 0)
        return rows

    def delayed(self, joined_by):
        for row in self.measure(joined_by):
            # No machine is so busy that an answer comes before it can.
            self.assertGreaterEqual(float(row["rtt_min_us"]), DELAY_US - 1)

    def test_cable(self):
        self.measure(cable, "--server-port", "7001-7002")

    def test_delay_and_loss_by_netem(self):
        self.delayed(cable_netem)

    def test_delay_and_loss(self):
        self.delayed(Wire)


if __name__ == "__main__":
    tool.main()
