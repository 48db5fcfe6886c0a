"""Each model's file shows the model: the calls that its head names stand in it."""
import os
import re
import unittest

import tool

MODELS = os.path.join(tool.SOURCE, "models")
# Words of the heads that are the names of functions; a W may follow in the code.
FUNCTION = re.compile(r"\b(?:accept4?|recv|send|select|poll|epoll_\w+|mmap|io_uring_\w+|setsockopt|"
                      r"WSA(?:Poll|Recv|Send|Socket|Ioctl|CreateEvent|CloseEvent|EventSelect|"
                      r"AsyncSelect|WaitForMultipleEvents|EnumNetworkEvents|GetOverlappedResult)|"
                      r"GetMessage|PostMessage|CreateWindowEx|SleepEx|QueueUserAPC|AcceptEx|"
                      r"CancelIoEx|CreateIoCompletionPort|GetQueuedCompletionStatusEx|"
                      r"PostQueuedCompletionStatus|NtDeviceIoControlFile|"
                      r"sched_yield|SwitchToThread|fcntl|sigwaitinfo|sigtimedwait|pthread_kill)\b")
LONG = "afd_poll.c", "io_uring.c", "iocp.c", "sigio.c"
PARTS = ["Idea", "Calls", "Re-arms", "Limit", "Choose"]


def model_files():
    return sorted(name for name in os.listdir(MODELS)
                  if name.endswith(".c") and name != "registry.c")


def read(name):
    with open(os.path.join(MODELS, name), encoding="utf-8") as file:
        return file.read()


def head_parts(source):
    """The paragraphs of the first comment, by their first word."""
    head = source[:source.index("*/")]
    found = re.split(r"\n \* (?=[A-Z][a-z-]+ {2,})", head)[1:]
    return {part.split()[0]: part for part in found}


def code_of(source):
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', "", source, flags=re.DOTALL)


class Models(unittest.TestCase):
    def test_heads_are_complete(self):
        for name in model_files():
            with self.subTest(name):
                self.assertEqual(list(head_parts(read(name))), PARTS)

    def test_calls_of_the_head_are_made(self):
        for name in model_files():
            with self.subTest(name):
                source = read(name)
                named = FUNCTION.findall(head_parts(source)["Calls"])
                self.assertTrue(named, "its head names no call")
                for function in named:
                    self.assertRegex(code_of(source), r"\b%sW?\(" % function)

    def test_length(self):
        for name in model_files():
            with self.subTest(name):
                most = 320 if name in LONG else 250
                self.assertLessEqual(read(name).count("\n"), most)

    def test_serving_threads(self):
        """--threads applies where the guide says that it does, and to a lesson unless each client has a
        process of its own, or only one client is served."""
        rows = [line.split(" | ") for line in read("README.md").splitlines() if line.startswith("| ")]
        guide = {row[0].lstrip("| "): row[5] for row in rows if len(row) == 8}
        for name, listed in tool.models().items():
            if listed["available"] != "yes":
                continue
            with self.subTest(name):
                apply = name not in ("blocking_single", "blocking_fork") if listed["lesson_of"] else \
                    not guide[name].startswith("one for each connection")
                self.assertEqual(listed["threads_apply"], "yes" if apply else "no")


if __name__ == "__main__":
    tool.main()
