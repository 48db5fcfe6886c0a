"""Models that serve by child processes: what becomes of the children, and what the server says of them."""
import contextlib
import os
import signal
import socket
import subprocess
import unittest

import tool

HERE = [name for name, row in tool.models().items()
        if name in ("blocking_fork", "blocking_prefork") and row["available"] == "yes"]
THREADS = 2
# With one client: the main one and the one that waits for children or for the stop; fork's first child, which
# serves nobody, and the client's; prefork's.
THREADS_OF_ONE = {"blocking_fork": 4, "blocking_prefork": 2 + THREADS}


def serve(model, *options):
    if "--max-connections" not in options:
        options += ("--max-connections", str(THREADS))
    return tool.Server("--model", model, "--control", *options, stdin=subprocess.PIPE)


def statistics(server):
    lines = server.written("out").count("\n")
    server.popen.stdin.write(b"stats\n")
    server.popen.stdin.flush()
    if not tool.wait_until(lambda: server.written("out").count("\n") > lines):
        raise AssertionError("no statistics")
    return {key: int(value) for key, value in
            tool.line_values(server.written("out").splitlines()[-1]).items() if value.isdigit()}


def children(server):
    return {pid for pid, _ in server.processes()} - {server.popen.pid}


def serving(server, client):
    """The child that holds that client's connection, and none of another client."""
    ports = {}  # of the clients, by the inode of the server's end
    with open("/proc/%d/net/tcp" % server.popen.pid, encoding="ascii") as file:
        for _, local, remote, *_, inode in (line.split()[:10] for line in list(file)[1:]):
            if int(local.split(":")[1], 16) == server.port:
                ports["socket:[%s]" % inode] = int(remote.split(":")[1], 16)

    def held(pid):
        links = (os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid))
        return [ports[link] for link in links if ports.get(link)]

    (pid,) = (pid for pid in children(server) if held(pid) == [client.getsockname()[1]])
    return pid


def cpu_us(values):
    return values["cpu_user_us"] + values["cpu_sys_us"]


@unittest.skipUnless(HERE, "no model of this system has child processes")
class Processes(unittest.TestCase):
    def await_statistics(self, server, **wanted):
        self.assertTrue(tool.wait_until(lambda: wanted.items() <= statistics(server).items()),
                        (wanted, statistics(server)))

    def test_killed_child(self):
        """Its session has failed, the others go on, and another client is served."""
        for model in HERE:
            with self.subTest(model):
                server = serve(model)
                with server.connect() as stays:
                    tool.exchange(stays, b"before")
                    with server.connect() as loses:
                        tool.exchange(loses, b"hello")
                        self.assertNotEqual(serving(server, stays), serving(server, loses))
                        os.kill(serving(server, loses), signal.SIGKILL)
                        self.assertEqual(loses.recv(1), b"")
                    self.await_statistics(server, open=1, failed=1)
                    tool.exchange(stays, b"after")
                    stays.shutdown(1)
                    self.assertEqual(stays.recv(1), b"")
                with server.connect() as late:
                    tool.exchange(late, b"late")
                result = server.end(b"stop\n")
                self.assertEqual((result.status, result.err), (0, ""))

    def test_killed_server(self):
        """No child stays, and the port is free again."""
        for model in HERE:
            with self.subTest(model):
                server = serve(model)
                with server.connect() as client:
                    tool.exchange(client, b"hello")
                    self.assertGreater(len(children(server)), 0)
                    os.kill(server.popen.pid, signal.SIGKILL)
                    server.popen.wait()
                    server.end(b"")  # that nothing is left, it sees
                again = serve(model, "--port", str(server.port))
                self.assertEqual(again.end(b"stop\n").status, 0)

    def test_interrupt(self):
        for model in HERE:
            with self.subTest(model):
                server = serve(model)
                with server.connect() as client:
                    tool.exchange(client, b"hello")
                    server.interrupt()
                    result = server.end(b"")
                self.assertEqual((result.status, result.err), (0, ""))
                values = tool.line_values(result.out.splitlines()[-1])
                self.assertEqual((values["closed"], values["failed"]), ("1", "0"))

    def test_stop_while_children_work(self):
        """A child's work for many messages does not delay it."""
        for model in HERE:
            with self.subTest(model):
                server = serve(model, "--work-wait", "1s", "--message-bytes", "1")
                with server.connect() as client:
                    client.sendall(bytes(1000))
                    self.assertTrue(tool.wait_until(lambda: statistics(server)["recv_calls"] > 0))
                    result = server.end(b"stop\n")
                self.assertEqual((result.status, result.err), (0, ""))

    def test_children_are_counted(self):
        """What they use and do is the server's, while they live and after that."""
        for model in HERE:
            with self.subTest(model):
                server = serve(model, "--work-cpu", "20ms")
                with server.connect() as client:
                    for _ in range(5):
                        tool.exchange(client, bytes(64))
                    self.await_statistics(server, threads=THREADS_OF_ONE[model])
                    values = statistics(server)
                    self.assertEqual((values["worked"], values["recv_bytes"]), (5, 5 * 64))
                    self.assertGreaterEqual(cpu_us(values), 5 * 20000)
                    live, switches = cpu_us(values), values["context_switches"]
                result = server.end(b"stop\n")
                values = tool.line_values(result.out.splitlines()[-1])
                self.assertEqual((values["worked"], values["recv_bytes"]), ("5", str(5 * 64)))
                self.assertGreaterEqual(int(values["cpu_user_us"]) + int(values["cpu_sys_us"]), live)
                self.assertGreaterEqual(int(values["context_switches"]), switches)

    def test_times_only_rise(self):
        """Also where a child ends that has had no tick, so that the kernel says nothing of how they divide."""
        for model in HERE:
            with self.subTest(model):
                server = serve(model, "--work-cpu", "1ms")
                with server.connect() as client:
                    tool.exchange(client, bytes(64))
                    live = statistics(server)
                result = server.end(b"stop\n")
                values = tool.line_values(result.out.splitlines()[-1])
                for key in "cpu_user_us", "cpu_sys_us":
                    self.assertGreaterEqual(int(values[key]), live[key])

    def test_memory_is_known_of_all_or_not_at_all(self):
        for model in HERE:
            for looks in True, False:
                with self.subTest(model, looks=looks):
                    server = serve(model)
                    with server.connect() as client:
                        tool.exchange(client, b"hello")
                        if looks:
                            # A child may serve before its parent has noted it.
                            self.await_statistics(server, threads=THREADS_OF_ONE[model])
                            self.assertIn("rss_peak_bytes", statistics(server))
                    values = tool.line_values(server.end(b"stop\n").out.splitlines()[-1])
                    self.assertEqual("rss_peak_bytes" in values, looks, values)

    def test_started_with_children_ignored(self):
        """The system would reap them itself: their sessions would never end."""
        for model in HERE:
            with self.subTest(model):
                server = tool.Server("--model", model, "--control", "--max-connections", "2",
                                     stdin=subprocess.PIPE,
                                     preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
                with server.connect() as client:
                    tool.exchange(client, b"hello")
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(client.recv(1), b"")
                self.await_statistics(server, open=0, closed=1)
                result = server.end(b"stop\n")
                self.assertEqual((result.status, result.err), (0, ""))

    def test_many_children(self):
        """Files of /proc would take too long to read, the clocks do not: their time is there all the same."""
        clients = 70
        for model in HERE:
            with self.subTest(model), contextlib.ExitStack() as stack:
                server = serve(model, "--max-connections", str(clients), "--work-cpu", "1ms")
                for _ in range(clients):
                    tool.exchange(stack.enter_context(server.connect()), bytes(64))
                values = statistics(server)
                self.assertGreaterEqual(values["threads"], clients)
                self.assertGreaterEqual(cpu_us(values), clients * 1000)
                self.assertFalse({"rss_peak_bytes", "context_switches"} & values.keys())
                result = server.end(b"stop\n")
                self.assertEqual((result.status, result.err), (0, ""))
                values = tool.line_values(result.out.splitlines()[-1])
                self.assertIn("context_switches", values)
                self.assertNotIn("rss_peak_bytes", values)

    def test_trace(self):
        """A child's calls stand in it, each line whole and once."""
        for model in HERE:
            with self.subTest(model):
                server = tool.Server("--model", model, "--trace", "--max-connections", "2")
                with server.connect() as client:
                    tool.exchange(client, b"hello")
                    client.shutdown(1)
                    self.assertEqual(client.recv(1), b"")
                server.interrupt()
                shown = server.end().err
                self.assertEqual(shown.count("5 bytes\n"), 2, shown)
                self.assertEqual(shown.count("the peer has finished"), 1, shown)
                own = {line.split()[3] for line in shown.splitlines() if "recv(at most" in line}
                self.assertEqual(len(own), 1, shown)
                self.assertNotIn(str(server.popen.pid), own)

    @unittest.skipUnless("blocking_prefork" in HERE, "Linux")
    def test_last_child(self):
        server = tool.Server("--model", "blocking_prefork", "--max-connections", str(THREADS))
        self.assertTrue(tool.wait_until(lambda: len(children(server)) == THREADS))
        for pid in children(server):
            os.kill(pid, signal.SIGKILL)
        result = server.end()
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("iomodels serve: the last child process: EOWNERDEAD", result.err)


if __name__ == "__main__":
    tool.main()
