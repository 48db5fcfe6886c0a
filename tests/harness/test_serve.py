"""`iomodels serve` as a person and as a script runs it."""
import os
import signal
import socket
import subprocess
import time
import unittest

import tool


# Of each socket, event or operation that a wait is handed; 0: a model's waits are handed none.
ENTRY_BYTES = {"poll": 8, "io_uring": 64, "wsapoll": 16, "wsaeventselect": 8,
               "overlapped_event": 8, "overlapped_routine": 8}


class Serve(unittest.TestCase):
    def stopped(self, result, status=0, **expected):
        """Its last line, with its counters."""
        self.assertEqual(result.status, status, result.err)
        lines = result.out.splitlines()
        self.assertEqual(len(lines), 2, result.out)
        self.assertTrue(lines[1].startswith("iomodels=1 event=stopped "), result.out)
        values = tool.line_values(lines[1])
        for key, value in expected.items():
            self.assertEqual(values[key], value, lines[1])

    def test_ctrl_c_prints_the_counters(self):
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model)
                self.assertEqual(server.echo(), b"hello")
                server.interrupt()
                result = server.end()
                self.stopped(result, accepted="1", recv_bytes="5", send_bytes="5",
                             open="0", failed="0")
                self.assertEqual(result.err, "")

    def test_counters_of_the_waits(self):
        """A set's bytes are those of its entries; those of select's sets depend on the system."""
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model, "--control", stdin=subprocess.PIPE)
                with server.connect() as one, server.connect() as other:
                    for client in one, other, one:
                        self.assertEqual(tool.exchange(client, b"hello"), b"hello")
                result = server.end(b"stop\n")
                self.stopped(result, accepted="2", recv_bytes="15", send_bytes="15")
                counts = {key: int(value) for key, value in
                          tool.line_values(result.out.splitlines()[1]).items()
                          if key.startswith("wait_")}
                if model == "select":
                    self.assertGreater(counts["wait_scanned"], counts["wait_calls"])
                    self.assertGreaterEqual(8 * counts["wait_set_bytes"], counts["wait_scanned"])
                else:
                    self.assertEqual(counts["wait_set_bytes"],
                                     ENTRY_BYTES.get(model, 0) * counts["wait_scanned"])
                    self.assertEqual(counts["wait_scanned"] > 0, model in ENTRY_BYTES)

    def test_copied_sends(self):
        """On loopback the receiver has a copy made of what was sent without one, each time."""
        listed = tool.models()["io_uring_send_zc"]
        if listed["available"] != "yes":
            self.skipTest("no io_uring_send_zc here: %s" % listed)
        server = tool.Server("--model", "io_uring_send_zc", "--control", stdin=subprocess.PIPE)
        with server.connect() as client:
            for _ in range(5):
                self.assertEqual(len(tool.exchange(client, b"x" * 4096)), 4096)
        # At its end: a send may complete after its bytes have come back.
        counts = tool.line_values(server.end(b"").out.splitlines()[-1])
        if "recv_calls" in counts:  # not with -Dobserve=false
            self.assertGreaterEqual(int(counts["send_calls"]), 5)
            self.assertEqual(counts["copied_sends"], counts["send_calls"])

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "Windows has no SIGTERM")
    def test_sigterm_prints_the_counters(self):
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model)
                self.assertEqual(server.echo(), b"hello")
                server.popen.send_signal(signal.SIGTERM)
                self.stopped(server.end(), accepted="1", recv_bytes="5")

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "Windows has no pending signals")
    def test_stop_before_it_listens(self):
        """A stop that is asked for while the server opens is not lost."""
        def pending():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)

        # More than once: where in the opening it comes is chance.
        for model in tool.available_models() * 5:
            with self.subTest(model):
                process = tool.Process(("serve", "--port", "0", "--model", model),
                                       preexec_fn=pending)
                self.stopped(process.end(), accepted="0")

    def test_listening_line(self):
        server = tool.Server("--model", "select", "--max-connections", "7")
        self.assertEqual(server.listening["model"], "select")
        self.assertEqual(server.listening["address"], "127.0.0.1")
        self.assertEqual(server.listening["capacity"], "7")
        self.assertIn(server.listening["system"],
                      ["wine"] if tool.ON_WINE else ["linux", "windows"])
        server.interrupt()
        self.stopped(server.end())

    def test_control(self):
        server = tool.Server("--model", "select", "--control", stdin=subprocess.PIPE)
        server.echo(b"x" * 1000)
        result = server.end(b"nonsense\n" + b"y" * 500 + b"\nstats\r\nstop\n")
        lines = result.out.splitlines()
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual([tool.line_values(line)["event"] for line in lines],
                         ["listening", "stats", "stopped"])
        self.assertEqual(tool.line_values(lines[1])["recv_bytes"], "1000")

    def test_control_stops_at_the_end_of_input(self):
        server = tool.Server("--model", "select", "--control", stdin=subprocess.PIPE)
        self.stopped(server.end(b""))

    def keeps_serving(self, **more):
        """Without --control nothing on standard input matters: not its end, not a command."""
        server = tool.Server("--model", "select", **more)
        if server.popen.stdin is not None:
            server.popen.stdin.write(b"stop\n")
            server.popen.stdin.close()
        time.sleep(0.3)  # one that minds its input would be gone by now; no test waits for this
        for _ in range(3):
            self.assertEqual(server.echo(), b"hello")
        server.interrupt()
        self.stopped(server.end(), accepted="3")

    def test_input_is_ignored(self):
        self.keeps_serving(stdin=subprocess.DEVNULL)
        self.keeps_serving(stdin=subprocess.PIPE)

    @unittest.skipIf(tool.ON_WINDOWS, "POSIX")
    def test_input_closed(self):
        self.keeps_serving(stdin=None, preexec_fn=lambda: os.close(0))

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "nohup is POSIX's")
    def test_nohup(self):
        server = tool.Server("--model", "select",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        server.popen.send_signal(signal.SIGHUP)
        time.sleep(0.2)  # as above
        self.assertEqual(server.echo(), b"hello")
        server.interrupt()
        self.stopped(server.end(), accepted="1")

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            result = tool.run("serve", "--model", "select", "--port", port)
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        for word in "iomodels serve: bind", "127.0.0.1 port " + port, "ADDRINUSE", "--port":
            self.assertIn(word, result.err)
        on_windows = tool.ON_WINDOWS or tool.ON_WINE
        self.assertEqual("a connection of its is left" in result.err, on_windows, result.err)

    def test_restart_while_a_client_stays(self):
        """The connections that the stop ends don't hold the port."""
        for model in tool.available_models():
            with self.subTest(model):
                server = tool.Server("--model", model)
                with server.connect() as client:
                    self.assertEqual(tool.exchange(client, b"hello"), b"hello")
                    server.interrupt()
                    self.stopped(server.end())
                    again = tool.Server("--model", model, "--port", str(server.port))
                    self.assertEqual(again.echo(), b"hello")
                    again.interrupt()
                    self.stopped(again.end())

    def test_link_local(self):
        for command, option in ("serve", "--bind"), ("bench", "--connect"):
            result = tool.run(command, "--model", "select", option, "fe80::1")
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertRegex(result.err, r"\Aiomodels %s: %s fe80::1: .*fe80::1%%eth0"
                                         % (command, option))
        # Nobody has it, but its interface is known: the first of each system.
        result = tool.run("serve", "--model", "select", "--port", "0", "--bind", "fe80::1%1")
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(result.err, r"bind, fe80::1%1 port 0: \w+")

    def test_address_of_another_machine(self):
        result = tool.run("serve", "--model", "select", "--port", "0", "--bind", "192.0.2.1")
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(len(result.err.splitlines()), 1, result.err)
        for word in "iomodels serve: bind", "192.0.2.1", "ADDRNOTAVAIL", "--bind":
            self.assertIn(word, result.err)

    def test_threads_that_do_not_apply(self):
        for model, reason in (("blocking", "has a thread or a process for each connection"),
                              ("blocking_single", "serves one client at a time")):
            server = tool.Server("--model", model, "--threads", "2")
            server.interrupt()
            result = server.end()
            self.stopped(result)
            self.assertEqual(result.err.splitlines(), [
                "iomodels serve: --threads does not apply to %s, which %s" % (model, reason)])
            self.assertEqual(tool.line_values(result.out.splitlines()[0])["threads"], "1", model)


if __name__ == "__main__":
    tool.main()
