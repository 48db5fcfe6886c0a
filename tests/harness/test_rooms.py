"""The rooms of harness/: which may look at which, and that no two files look at each other.

An include names the room of its header, so all of it can be read from the includes. The heads of the
rooms' meson.build files say the same for people.
"""
import os
import re
import unittest

import tool

# What each room may look at. common/ is open to all.
PLAN = {
    "base": [],
    "stats": ["base"],
    "rows": ["stats", "base"],
    "host": ["base"],
    "load": ["stats", "base"],
    "run": ["load", "rows", "host", "stats", "base", "models"],
    "trace": ["run", "load", "rows", "base"],
    "report": ["rows", "stats", "base", "models"],
    "program": ["run", "trace", "report", "load", "rows", "host", "stats", "base", "models"],
}
FLOORS_MAX = 8
# Where what a workload is may be asked by its name or its kind: load/ has the files of the kinds.
ASK_WORKLOADS = ["load"]
# A kind compared, or its name: `== &workload_rate`, `strcmp(row->workload, "rate")`.
ASKED = [r"[!=]=\s*&workload_\w+", r"&workload_\w+\s*[!=]=", r"workload\w*(?:->|\.)kind\s*[!=]=",
         r"\w(?:cmp|equals|names|if)\w*\([^;{]*(?:\"(?:KINDS)\"|\bworkload_(?:KINDS)\.name)"]
SYSTEMS = re.compile(r"_(posix|win32|linux|epoll|iocp)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HARNESS = os.path.join(TOP, "harness")


def module_of(path):
    """rows/row.c and rows/row.h are one module, as are host_linux.c and host.h."""
    stem = os.path.splitext(path)[0]
    shorter = SYSTEMS.sub("", stem)
    has_head = os.path.exists(os.path.join(HARNESS, stem + ".h"))
    return stem if has_head or not os.path.exists(os.path.join(HARNESS, shorter + ".h")) else shorter


def target_of(include):
    """The room that an include looks at, "common", or None: there is no such header."""
    if "/" in include and os.path.exists(os.path.join(HARNESS, include)):
        return include.split("/")[0]
    for room in ("common", "models"):
        if os.path.exists(os.path.join(TOP, room, include)):
            return room
    return None


def circle_of(graph):
    """Modules that look at each other in a ring, as a list, or None."""
    state = {}

    def visit(module, path):
        state[module] = "open"
        for other in sorted(graph.get(module, ())):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            if other not in state:
                found = visit(other, path + [other])
                if found:
                    return found
        state[module] = "done"
        return None

    for module in sorted(graph):
        if module not in state:
            found = visit(module, [module])
            if found:
                return found
    return None


def floors(graph, node):
    return 1 + max((floors(graph, other) for other in graph[node]), default=0)


class Rooms(unittest.TestCase):
    def setUp(self):
        self.modules, self.faults = {}, []
        self.files = [os.path.relpath(os.path.join(folder, name), HARNESS).replace(os.sep, "/")
                      for folder, _, names in os.walk(HARNESS) for name in sorted(names)
                      if name.endswith((".c", ".h"))]
        for path in self.files:
            self.read(path)

    def read(self, path):
        room = path.split("/")[0]
        if room not in PLAN:
            self.faults.append("%s lies in no room of the plan" % path)
            return
        with open(os.path.join(HARNESS, path), encoding="utf-8") as file:
            includes = INCLUDE.findall(file.read())
        for include in includes:
            target = target_of(include)
            if target is None:
                self.faults.append("%s includes %s, which is no header of a room" % (path, include))
            elif target not in ("common", room) and target not in PLAN[room]:
                self.faults.append("%s looks at %s: %s may not" % (path, include, room))
            elif target in PLAN and module_of(include) != module_of(path):
                self.modules.setdefault(module_of(path), set()).add(module_of(include))

    def test_includes_go_where_the_plan_lets_them(self):
        self.assertGreater(len(self.files), 100)
        self.assertEqual([], self.faults)

    def test_no_files_look_at_each_other(self):
        self.assertIsNone(circle_of(self.modules))

    def test_what_a_workload_is_stands_in_load(self):
        kinds = [name[len("workload_"):-len(".c")] for name in os.listdir(os.path.join(HARNESS, "load"))
                 if name.startswith("workload_") and name.endswith(".c")]
        self.assertIn("ramp", kinds)
        asked = re.compile("|".join(ASKED).replace("KINDS", "|".join(kinds)))
        found = []
        for path in self.files:
            if path.split("/")[0] not in ASK_WORKLOADS:
                with open(os.path.join(HARNESS, path), encoding="utf-8") as file:
                    found += ["%s: %s" % (path, match.group()) for match in asked.finditer(file.read())]
        self.assertEqual([], found)

    def test_plan_is_no_circle_and_low(self):
        plan = {room: [other for other in seen if other in PLAN] for room, seen in PLAN.items()}
        self.assertIsNone(circle_of(plan))
        self.assertLessEqual(max(floors(plan, room) for room in plan), FLOORS_MAX)

    def test_each_room_says_what_lives_there(self):
        for room in PLAN:
            with open(os.path.join(HARNESS, room, "meson.build"), encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertTrue(lines[0].startswith("# ") and lines[1].startswith("# "), room)


if __name__ == "__main__":
    tool.main()
