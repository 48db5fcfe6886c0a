"""Each C file of the Windows build that includes Windows' headers compiles with those of MinGW-w64 12 too.

Debian 12 has those of MinGW-w64 10, which own fewer names: python3 test_headers.py PROGRAM, where
PROGRAM's build has a compile_commands.json. harness/setup.sh fetches the headers to build/.
It exits with 0, 1 where a file does not compile, 77 where there are no such headers.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADERS = os.path.join(SOURCE, "build", "mingw-headers")
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[1])))


def check(entry):
    """What the compiler says of a file, "" if it accepts it. It writes nothing."""
    words = iter(shlex.split(entry["command"]))
    command = []
    for word in words:
        if word in ("-o", "-MF", "-MQ"):
            next(words)
        elif word != "-MD":
            command.append(word)
    command += ["-fsyntax-only", "-Werror", "-isystem", HEADERS]
    result = subprocess.run(command, cwd=entry["directory"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout or "exit status %d" % result.returncode


def windows_files():
    """The C files that include Windows' headers, directly or not, by what ninja knows of them."""
    told = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    found = set()
    for block in told.split("\n\n"):
        files = [line.strip() for line in block.splitlines()[1:]]
        if any(os.path.basename(file) == "windows.h" for file in files):
            found.add(os.path.normpath(os.path.join(BUILD, files[0])))
    return found


def main():
    if not os.path.exists(os.path.join(HEADERS, "_mingw.h")):
        print("skipped: no build/mingw-headers; harness/test fetches them where they are newer")
        sys.exit(77)
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        entries = {os.path.normpath(os.path.join(entry["directory"], entry["file"])): entry
                   for entry in json.load(file)}
    chosen = windows_files()
    entries = [entry for path, entry in entries.items() if path in chosen]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(filter(None, pool.map(check, entries)))
    print(*said, sep="\n")
    print("%d of %d files do not compile" % (len(said), len(entries)))
    sys.exit(1 if said or not entries else 0)


main()
