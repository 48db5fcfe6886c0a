"""A seccomp filter as containers have it: system calls that the kernel refuses to a program.

Linux only, and where the filter can be installed without being root (no_new_privs).
"""
import ctypes
import struct

KILL = "kill"

# Calls that are newer than Linux 5.1 have one number on all architectures.
NUMBERS = {"io_uring_setup": 425, "close_range": 436, "epoll_pwait2": 441}

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of struct sock_filter
RETURN_KILL, RETURN_ERROR, RETURN_ALLOW = 0x80000000, 0x00050000, 0x7FFF0000


def instruction(code, jump_true, jump_false, operand):
    return struct.pack("HBBI", code, jump_true, jump_false, operand)


def refuse(calls):
    """A preexec_fn under which each of these calls, {name: errno or KILL}, is refused."""
    program = instruction(LOAD, 0, 0, 0)
    for name, outcome in calls.items():
        value = RETURN_KILL if outcome == KILL else RETURN_ERROR | outcome
        program += instruction(JUMP_IF_EQUAL, 0, 1, NUMBERS[name])
        program += instruction(RETURN, 0, 0, value)
    program += instruction(RETURN, 0, 0, RETURN_ALLOW)
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        code = ctypes.create_string_buffer(program, len(program))
        described = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.prctl(PR_SET_SECCOMP, FILTER, described, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")
    return install
