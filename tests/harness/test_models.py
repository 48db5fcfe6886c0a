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


if __name__ == "__main__":
    tool.main()
