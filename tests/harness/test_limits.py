"""What the program says where the system lets it have too little: the limit, and what raises it."""
import contextlib
import csv
import os
import shutil
import subprocess
import sys
import unittest

import tool
from apart import apart, join

if sys.platform == "linux":
    import resource

FEW = 48  # descriptors
CLIENTS = 60
LOCKED_MOST = 32 << 20  # half the largest buffer that trace takes
QUEUES_LOCK = 2 << 20  # amply


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))


@unittest.skipUnless(tool.NATIVE == "native" and tool.ON_LINUX and
                     tool.can_start_under(apart()), "namespaces for users")
class Apart(unittest.TestCase):
    """In a network of their own, whose limits are not this machine's."""

    PORTS = staticmethod(apart(ipv4__ip_local_port_range="40000 40999"))

    def row(self, *arguments):
        with tool.folder() as out:
            result = tool.bench(out, "--model", "epoll", *arguments, preexec_fn=self.PORTS)
            (row,) = tool.read_runs(out)
        return result, row

    def test_more_connections_than_ports(self):
        result, row = self.row("--connections", "1500")
        self.assertEqual((row["status"], row["connections_established"]), ("ok", "1500"),
                         row["status_reason"])
        self.assertEqual(result.status, 0)

    def test_more_connects_than_ports(self):
        """Churn that outlives them: by other addresses of 127.0.0.0/8 it goes on."""
        _, row = self.row("--workload", "churn", "--duration", "1s")
        self.assertEqual(row["status"], "ok", row["status_reason"])
        for duration in "1s", "5s", "20s":
            result, row = self.row("--workload", "churn", "--duration", duration,
                                   "--connect", "::1")
            if row["status"] == "failed":
                break
        self.assertRegex(row["status_reason"], r"\Athe client has used up its ports, .*EADDRNOTAVAIL"
                                               r".*ip_local_port_range")
        self.assertEqual(result.status, 1)

    def test_locked_memory(self):
        """io_uring_registered: a connection whose buffer can't be locked has plain receives."""
        listed = tool.models()["io_uring_registered"]
        if listed["available"] != "yes":
            self.skipTest("no io_uring_registered here: %s" % listed)

        hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        limit = LOCKED_MOST if hard == resource.RLIM_INFINITY else min(hard, LOCKED_MOST)
        if limit < QUEUES_LOCK:
            self.skipTest("ulimit -Hl: too little may be locked for the ring's own queues")

        def enter():
            self.PORTS()
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))

        def calls(buffer_bytes, connection="1"):
            result = tool.run("trace", "--format", "csv", "--model", "io_uring_registered",
                              "--clients", "2", "--buffer-bytes", str(buffer_bytes),
                              preexec_fn=enter)
            self.assertEqual(result.status, 0, result.err)
            return ["%s %s" % (row["call"], row["result"].split(":")[0])
                    for row in csv.DictReader(result.out.splitlines())
                    if row["connection"] == connection]

        few, many = calls(1024), calls(2 * LOCKED_MOST)
        begin, end = "io_uring_register(its %s) %s", "io_uring_register(no %s) ok"
        self.assertEqual(few[1:4], [begin % ("socket", "ok"), begin % ("buffer", "ok"),
                                    "IORING_OP_READ_FIXED(at most 1024 bytes) queued"])
        self.assertEqual(few[-3:-1], [end % "buffer", end % "socket"])
        self.assertEqual(many[1:5], [begin % ("socket", "ok"), begin % ("buffer", "ENOMEM"),
                                     "its buffer is not registered plain receives instead",
                                     "IORING_OP_RECV(at most %d bytes) queued" % (2 * LOCKED_MOST)])
        self.assertEqual(many[-2:-1], [end % "socket"])
        # A refused buffer takes its memory all the same, so no other is tried.
        self.assertNotIn("buffer) ", " ".join(calls(2 * LOCKED_MOST, "2")))

    @unittest.skipUnless(shutil.which("ss"), "no ss (iproute2)")
    def test_backlog(self):
        """Above what the C library's SOMAXCONN says, where the system allows it."""
        server = tool.Server("--model", "select", preexec_fn=apart(core__somaxconn="12345"))
        shown = subprocess.run(["ss", "-Hltn"], stdout=subprocess.PIPE, text=True, check=True,
                               preexec_fn=join(server.popen.pid)).stdout
        server.interrupt()
        self.assertEqual(server.end().status, 0)
        self.assertEqual(shown.split()[2], "12345", shown)


@unittest.skipUnless(tool.NATIVE == "native" and tool.ON_LINUX, "Linux' limits")
class Limits(unittest.TestCase):
    def lines(self, server):
        """Connects more than it can take, of which some echo; its lines on standard error."""
        clients, echoed = [], 0
        for _ in range(CLIENTS):
            client = server.connect()
            clients.append(client)
            with contextlib.suppress(OSError):
                echoed += tool.exchange(client, b"hello") == b"hello"
        for client in clients:
            client.close()
        result = server.end(b"stop\n")
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(0 < echoed < CLIENTS, echoed)
        return result.err.splitlines()

    def test_descriptors_of_the_server(self):
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model, "--control", "--max-connections", "1000",
                                     stdin=subprocess.PIPE, preexec_fn=few_descriptors)
                before, then = self.lines(server)
                self.assertRegex(before, r"\Aiomodels serve: %d descriptors .* 1000 connections.*"
                                         r"`ulimit -n 1032`" % FEW)
                self.assertRegex(then, r"\Aiomodels serve: connections are refused: accept: "
                                       r"EMFILE.*; %d descriptors .*`ulimit -n N`" % FEW)

    def test_descriptors_of_the_client(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"), "--connections", "200",
                                preexec_fn=few_descriptors)
            (row,) = tool.read_runs(out)
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err, r"(?m)^iomodels bench: %d descriptors .* 200 connections.*"
                                     r"`ulimit -n 232`" % FEW)
        self.assertRegex(row["status_reason"], r"EMFILE.*; %d descriptors .*`ulimit -n N`" % FEW)

    def test_threads(self):
        server = tool.Server("--model", "blocking", "--control", "--buffer-bytes", "1",
                             stdin=subprocess.PIPE)
        server.echo()  # so it has all the threads now that it makes for itself
        with open("/proc/%d/statm" % server.popen.pid, encoding="ascii") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        if size < 1 << 40:  # a sanitizer's; it dies of this
            resource.prlimit(server.popen.pid, resource.RLIMIT_AS, (size + (1 << 20),) * 2)
            (line,) = self.lines(server)
            self.assertRegex(line, r"\Aiomodels serve: connections are refused: starting a thread: "
                                   r"EAGAIN.*`ulimit -u`.*vm\.max_map_count")
        else:
            server.end(b"stop\n")
            self.skipTest("a sanitizer needs the memory")

    @contextlib.contextmanager
    def group(self, tasks):
        """A control group with a limit of processes and threads: its folder."""
        for parent in "/sys/fs/cgroup/pids", "/sys/fs/cgroup":
            path = os.path.join(parent, "iomodels-test-%d" % os.getpid())
            try:
                os.mkdir(path)
            except OSError:
                continue
            try:
                with open(os.path.join(path, "pids.max"), "w") as file:
                    file.write(str(tasks))
            except OSError:
                os.rmdir(path)
                continue
            try:
                yield path
            finally:
                self.assertTrue(tool.wait_until(lambda: self.removed(path)))
            return
        self.skipTest("no control groups to be made here")

    def removed(self, path):
        """Once all that was in it has ended."""
        with contextlib.suppress(OSError):
            os.rmdir(path)
        return not os.path.exists(path)

    def test_threads_of_a_control_group(self):
        with self.group(FEW // 2) as group:
            limit = os.path.join(group, "pids.max")

            def enter():
                with open(os.path.join(group, "cgroup.procs"), "w") as file:
                    file.write("0")
            with tool.folder() as out:
                result = tool.bench(out, "--model", "blocking", "--connections", str(CLIENTS),
                                    preexec_fn=enter)
                (row,) = tool.read_runs(out)
            self.assertEqual((result.status, row["status"]), (1, "failed"), result.err)
            self.assertIn("starting a thread: ", row["status_reason"])
            self.assertIn("the limit is %s, %d " % (limit, FEW // 2), row["status_reason"])
            # A serving thread of a model that makes its threads beforehand.
            result = tool.run("serve", "--model", "epoll", "--port", "0", "--threads", str(FEW),
                              preexec_fn=enter)
            self.assertEqual(result.status, 1)
            self.assertIn("starting a serving thread (the limit is " + limit, result.err)
            told = tool.run("doctor", "--connections", str(CLIENTS), preexec_fn=enter).out
            self.assertRegex(told, r"(?m)^note +tasks +%d processes and threads \(%s\), \d+ are" %
                             (FEW // 2, limit))

    def test_stop_without_ports(self):
        apart = ["unshare", "-rn"]
        try:
            subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL, check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no namespaces for users")
        models = tool.available_models()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "few_ports.py")
        out = subprocess.run([*apart, sys.executable, script, tool.PROGRAM, *models],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual(out.split("\n")[:-1], models)


if __name__ == "__main__":
    tool.main()
