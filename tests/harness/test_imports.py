"""The Windows program needs the system's own libraries and nothing else."""
import re
import struct
import unittest

import tool

ALLOWED = re.compile(r"(kernel32|ws2_32|msvcrt|ucrtbase|api-ms-win-crt-.*)\.dll", re.IGNORECASE)


def text_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode("ascii")


def imports(data):
    """The libraries of a PE file's import tables: those loaded at the start, and those delayed."""
    (pe,) = struct.unpack_from("<I", data, 0x3C)
    if data[:2] != b"MZ" or data[pe:pe + 4] != b"PE\0\0":
        raise ValueError("not a PE file")
    count, optional_bytes = struct.unpack_from("<H12xH", data, pe + 6)
    optional = pe + 24
    (magic,) = struct.unpack_from("<H", data, optional)
    directories = optional + {0x10B: 96, 0x20B: 112}[magic]
    sections = [struct.unpack_from("<III", data, optional + optional_bytes + 40 * i + 12)
                for i in range(count)]

    def offset_of(address):
        for virtual, size, raw in sections:
            if virtual <= address < virtual + size:
                return address - virtual + raw
        raise ValueError("address %#x is in no section" % address)

    # Directory, bytes of its descriptors, and where in them the address of the name is.
    for directory, size, name in (1, 20, 12), (13, 32, 4):
        (table,) = struct.unpack_from("<I", data, directories + 8 * directory)
        if table == 0:
            continue
        at = offset_of(table)
        while True:
            (address,) = struct.unpack_from("<I", data, at + name)
            if address == 0:
                break
            yield text_at(data, offset_of(address))
            at += size


class Imports(unittest.TestCase):
    def test_only_the_systems_own(self):
        with open(tool.PROGRAM, "rb") as file:
            data = file.read()
        if data[:2] != b"MZ":
            self.skipTest("not a Windows program")
        found = list(imports(data))
        self.assertIn("KERNEL32.DLL", [name.upper() for name in found])
        self.assertIn("WS2_32.DLL", [name.upper() for name in found])
        self.assertEqual([name for name in found if not ALLOWED.fullmatch(name)], [])


if __name__ == "__main__":
    tool.main()
