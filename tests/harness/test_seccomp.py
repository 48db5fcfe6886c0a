"""System calls that a container's seccomp profile refuses: something else is done, and said."""
import errno
import re
import unittest

import seccomp
import tool

NO_PWAIT2 = (errno.EPERM, errno.ENOSYS)


@unittest.skipUnless(tool.NATIVE == "native" and tool.ON_LINUX and
                     tool.can_start_under(seccomp.refuse({})), "Linux' seccomp filters")
class Seccomp(unittest.TestCase):
    def test_waits_of_the_client(self):
        for error in NO_PWAIT2:
            refused = seccomp.refuse({"epoll_pwait2": error})
            for workload in "pingpong", "rate":
                with self.subTest(workload, error=error), tool.folder() as out:
                    result = tool.bench(out, "--model", "epoll,blocking", "--workload", workload,
                                        preexec_fn=refused)
                    rows = tool.read_runs(out)
                    self.assertEqual([row["status"] for row in rows], ["ok"] * 2, result.err)
                    said = re.findall(r"(?m)^iomodels bench: epoll_pwait2: (\w+).*ppoll",
                                      result.err)
                    self.assertEqual(said, [errno.errorcode[error]], result.err)

    def test_doctor_tells_of_the_waits(self):
        result = tool.run("doctor",
                          preexec_fn=seccomp.refuse({"epoll_pwait2": errno.EPERM}))
        self.assertRegex(result.out, r"(?m)^note +waits +epoll_pwait2: EPERM.*\n +.*seccomp")
        self.assertNotIn("pwait2", tool.run("doctor").out)

    def test_io_uring(self):
        for error in errno.EPERM, errno.ENOSYS:
            refused = seccomp.refuse({"io_uring_setup": error})
            with self.subTest(error=error):
                listed = tool.run("list", preexec_fn=refused).out
                self.assertIn("io_uring_setup: " + errno.errorcode[error], listed)
                result = tool.run("serve", "--model", "io_uring", "--port", "0",
                                  preexec_fn=refused)
                self.assertEqual(result.status, 1)
                self.assertIn("io_uring_setup: " + errno.errorcode[error], result.err)

    def test_child_processes(self):
        for error, why in (errno.EPERM, "seccomp profile"), (errno.ENOSYS, "Linux 5.9"):
            with self.subTest(error=error):
                listed = tool.models(preexec_fn=seccomp.refuse({"close_range": error}))
                for model in "blocking_fork", "blocking_prefork":
                    self.assertEqual(listed[model]["available"], "no")
                    self.assertIn("close_range", listed[model]["reason"])
                    self.assertIn(why, listed[model]["reason"])

    def test_io_uring_is_tried_only_where_it_is_asked_for(self):
        """To have tried it ends the first wait of another model (EINTR), as a trace shows."""
        killed = seccomp.refuse({"io_uring_setup": seccomp.KILL})
        for model in tool.available_models():
            if model == "io_uring":
                continue
            with self.subTest(model):
                server = tool.Server("--model", model, preexec_fn=killed)
                server.interrupt()
                self.assertEqual(server.end().status, 0)


if __name__ == "__main__":
    tool.main()
