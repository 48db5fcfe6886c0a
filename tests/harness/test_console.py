"""The console is the user's: it has its own code page again when the program has ended."""
import os
import subprocess
import threading
import unittest

import tool

UTF8 = "65001"
USERS = "437"
CONSOLE = os.path.join(os.path.dirname(tool.FAKE), "console.exe")


def drain(end):
    """What is written to a terminal that nobody reads would stop its writers."""
    try:
        while os.read(end, 65536):
            pass
    except OSError:
        pass


def start(arguments):
    """On Windows in a console of its own; under Wine in a terminal, which Wine makes a console."""
    if tool.ON_WINDOWS:
        return subprocess.Popen(arguments, creationflags=subprocess.CREATE_NEW_CONSOLE)
    master, slave = os.openpty()
    process = subprocess.Popen(tool.WRAPPER + arguments, stdin=slave, stdout=slave, stderr=slave,
                               start_new_session=True, env=tool.environment("console"))
    os.close(slave)
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    return process


@unittest.skipUnless(tool.ON_WINDOWS or tool.ON_WINE, "a terminal has no code page")
class CodePage(unittest.TestCase):
    def report(self, how, *arguments):
        """By word: the code page meanwhile and afterwards, the exit status."""
        with tool.folder() as place:
            path = os.path.join(place, "report")
            process = start([CONSOLE, path, how, tool.PROGRAM] + list(arguments))
            try:
                process.wait(tool.HANG_S)
            finally:
                process.kill()
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
        if lines == ["no console"]:
            self.skipTest("no console here")
        return dict(line.split() for line in lines)

    def test_end(self):
        report = self.report("finish", "--version")
        self.assertEqual((report["left"], report["status"]), (USERS, "0"))

    def test_stop_by_ctrl_c(self):
        """A server handles Ctrl-C and ends by itself."""
        report = self.report("interrupt", "serve", "--model", "select", "--port", "0")
        self.assertEqual((report["meanwhile"], report["left"]), (UTF8, USERS))

    def test_death_by_ctrl_c(self):
        """A command that does not handle it ends at once (under Wine with status 0, as if it had
        finished: so it is tried more than once)."""
        for _ in range(3):
            report = self.report("interrupt", "doctor")
            self.assertEqual((report["meanwhile"], report["left"]), (UTF8, USERS))


if __name__ == "__main__":
    tool.main()
