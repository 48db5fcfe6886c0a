"""Standard output that can't be written: one line on standard error and status 1, no crash."""
import os
import signal
import socket
import unittest

import tool

POSIX_ONLY = unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "a shell's >&- is POSIX's")
FULL = "/dev/full"
COMMANDS = (("list",), ("list", "--csv"), ("--help",), ("bench", "--help"), ("--version",))


def closing(*numbers):
    def close():
        for number in numbers:
            os.close(number)
    return close


class Tables(unittest.TestCase):
    def test_width(self):
        """COLUMNS counts in a pipe too; what has no room is named."""
        for columns in 60, 200:
            with self.subTest(columns), tool.folder() as out:
                result = tool.bench(out, "--target", tool.fake("none"), "--target",
                                    "broken=" + tool.command(tool.FAKE, "none"), "--connections",
                                    "1,2,3,4,5,6,7", "--explain", env={"COLUMNS": str(columns)})
            self.assertEqual(result.status, 0, result.err)
            wide = [line for line in result.out.splitlines() if len(line) > columns and
                    not line.startswith("results: ")]
            self.assertEqual(wide, [])
            self.assertEqual("no room for: pingpong 64 B x" in result.out, columns == 60)

    def test_what_is_not_there_is_not_explained(self):
        with tool.folder() as out:
            result = tool.bench(out, "--target", tool.fake("none"))
        for word in "best of its column", "(starved)", "(unanswered)", "after sending", "left out":
            self.assertNotIn(word, result.out)


class Output(unittest.TestCase):
    def refused(self, result):
        self.assertEqual(result.status, 1, result.err)
        self.assertEqual(result.errors(), ["iomodels: standard output could not be written"])

    @POSIX_ONLY
    def test_closed(self):
        for words in COMMANDS:
            with self.subTest(words):
                self.refused(tool.run(*words, preexec_fn=closing(1)))

    @unittest.skipUnless(os.path.exists(FULL), "no " + FULL)
    def test_full(self):
        for words in COMMANDS:
            with self.subTest(words), open(FULL, "wb") as full:
                self.refused(tool.run(*words, stdout=full))

    @unittest.skipIf(tool.ON_WINDOWS or tool.ON_WINE, "Windows has no SIGPIPE")
    def test_reader_gone(self):
        """`| head -1`: the system ends it."""
        for words in COMMANDS:
            with self.subTest(words):
                reader, writer = os.pipe()
                os.close(reader)
                result = tool.run(*words, stdout=writer)
                os.close(writer)
                self.assertEqual((result.status, result.err), (-signal.SIGPIPE, ""))

    @POSIX_ONLY
    def test_benchmark_without_standard_files(self):
        """No file of its own takes their numbers, and with them what is printed."""
        for numbers in (1,), (0, 1), (2,), (0, 1, 2):
            with self.subTest(numbers), tool.folder() as out:
                result = tool.bench(out, "--target", tool.fake("none"), "--target",
                                    "broken=" + tool.command(tool.FAKE, "start-dies"),
                                    preexec_fn=closing(*numbers))
                self.assertEqual(result.status, 1)
                rows = tool.read_runs(out)
                self.assertEqual(sorted(row["status"] for row in rows), ["failed", "ok"])
                path = tool.run_folder(out)
                self.assertEqual({name.split(".")[-1] for name in os.listdir(path)},
                                 {"csv", "hgrm"})
                for name in "environment.csv", "histogram.csv":
                    tool.read_csv(os.path.join(path, name))

    @POSIX_ONLY
    def test_server_without_standard_files(self):
        """Neither does a socket: it would be sent the server's own lines."""
        for numbers, status in ((0,), 0), ((1,), 1), ((2,), 0), ((0, 1, 2), 1):
            with self.subTest(numbers):
                with socket.create_server(("127.0.0.1", 0)) as unused:
                    port = unused.getsockname()[1]
                process = tool.Process(("serve", "--model", "select", "--trace", "--port",
                                        str(port)), preexec_fn=closing(*numbers))
                self.assertTrue(tool.wait_until(lambda: echoes(port) or
                                                process.popen.poll() is not None))
                process.interrupt()
                self.assertEqual(process.end().status, status)


def echoes(port):
    """Whether it sends back what it is sent and nothing else."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(1000), b"")) == b"hello"
    except OSError:
        return False


if __name__ == "__main__":
    tool.main()
