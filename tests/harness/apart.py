"""A network namespace of a process's own, with its own limits. Linux only, without being root."""
import ctypes
import os
import socket
import struct

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def call(function, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), function)


def apart(**limits):
    """A preexec_fn: the process gets a network of its own, with these sysctls of net, each
    named with __ for the point: ipv4__ip_local_port_range="40000 40999"."""
    def enter():
        import fcntl  # not on Windows, where this module is only imported
        user, group = os.getuid(), os.getgid()
        call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", "0 %d 1" % user)
        write("/proc/self/gid_map", "0 %d 1" % group)
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        for name, text in limits.items():
            write("/proc/sys/net/" + name.replace("__", "/"), text)
    return enter


def join(pid):
    """A preexec_fn: into the network of that process."""
    def enter():
        for name in "user", "net":
            with open("/proc/%d/ns/%s" % (pid, name), "rb") as file:
                call("setns", file.fileno(), 0)
    return enter
