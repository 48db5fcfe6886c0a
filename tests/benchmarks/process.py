"""What a server says of itself, and what /proc says of its processes. Linux, and Wine there."""
import contextlib
import os
import sys

import tool


def resident(pid):
    """Resident bytes of a process, and those of them that are its alone (not of files)."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    return [int(lines[name].split()[0]) * 1024 for name in ("Rss", "Anonymous")]


def wineserver():
    """The pid of the prefix's wineserver: it runs in a directory named after the prefix."""
    about = os.stat(os.environ.get("WINEPREFIX") or os.path.expanduser("~/.wine"))
    name = "server-%x-%x" % (about.st_dev, about.st_ino)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.path.basename(os.readlink("/proc/%s/cwd" % pid)) == name:
                with open("/proc/%s/comm" % pid, encoding="ascii") as file:
                    if file.read().startswith("wineserver"):
                        return int(pid)
    sys.exit("no wineserver of this prefix runs")


def pids(server):
    """Of the server, and of Wine's own that works for it."""
    ((pid, _),) = server.processes("serve")
    return [pid] + ([wineserver()] if tool.ON_WINE else [])


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def statistics(server):
    """Those that a server with --control tells now, by their keys."""
    lines = server.written("out").count("\n")
    server.popen.stdin.write(b"stats\n")
    server.popen.stdin.flush()
    if not tool.wait_until(lambda: server.written("out").count("\n") > lines):
        sys.exit("no statistics from the server")
    return tool.line_values(server.written("out").splitlines()[-1])
