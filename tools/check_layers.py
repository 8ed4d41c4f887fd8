#!/usr/bin/env python3
"""Checks that a file includes and calls only its own layer and those below it, and that files call in no circle.

Calls are the undefined symbols of each object file that another one defines as a function; calls through pointers are not seen. Circles that are
so by nature stand in tools/circles, with the reason. Usage: check_layers.py [build folder, with everything built]
"""
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys

TOP = ["server", "planner", "connectors", "executor"]
EXECUTOR = ["engine", "dataflow", "operators", "state", "expressions", "functions", "batch", "types", "base"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def rank(path):
    parts = path.split("/")
    if parts[0] not in TOP:
        return None
    inner = EXECUTOR.index(parts[1]) if parts[0] == "executor" and parts[1] in EXECUTOR else -1
    return (TOP.index(parts[0]), inner)


class Report:
    def __init__(self):
        self.good = self.bad = 0

    def add(self, faults):
        for fault in faults:
            print(fault)
        self.good, self.bad = self.good + (not faults), self.bad + bool(faults)


def sources():
    for layer in TOP:
        for folder, _, files in os.walk(os.path.join(ROOT, layer)):
            for name in sorted(files):
                if name.endswith((".c", ".h", ".cc", ".cpp")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def wrong_includes(path):
    with open(os.path.join(ROOT, path)) as file:
        for included in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
            if rank(included) is None or "/" not in included or rank(included) < rank(path):
                yield f"{path} includes {included}"


def objects(build):
    """Object file -> source, of everything that is built."""
    with open(os.path.join(build, "compile_commands.json")) as file:
        for command in json.load(file):
            source = os.path.relpath(os.path.join(command["directory"], command["file"]), ROOT)
            yield os.path.join(command["directory"], command["output"]), source


def is_test(path):
    return "/test/" in path or os.path.splitext(path)[0].endswith("_test")


def calls_between(built):
    """Source -> source -> the functions that the first calls of the second."""
    named = [path for path, source in built.items() if rank(source) is not None and not is_test(source)]
    missing = [path for path in named if not os.path.exists(path)]
    if missing:
        sys.exit(f"{missing[0]} is not there: build first")
    symbols = subprocess.run(["nm", "-A", "-g", *named], capture_output=True, text=True, check=True).stdout
    defined, wanted = {}, collections.defaultdict(set)
    for line in symbols.splitlines():
        path, rest = line.split(":", 1)
        kind, name = rest.split()[-2:]
        if kind == "T":
            defined[name] = built[path]
        elif kind == "U":
            wanted[built[path]].add(name)
    calls = {source: collections.defaultdict(list) for source in built.values()}
    for source, names in wanted.items():
        for name in sorted(names):
            if defined.get(name, source) != source:
                calls[source][defined[name]].append(name)
    return calls


def circles(calls):
    """Strongly connected files, by Tarjan's algorithm."""
    sys.setrecursionlimit(len(calls) + 1000)
    number, low, stack, found = {}, {}, [], []

    def visit(file):
        number[file] = low[file] = len(number)
        stack.append(file)
        for other in calls[file]:
            if other not in number:
                visit(other)
            low[file] = min(low[file], low[other])
        if low[file] == number[file]:
            circle = stack[stack.index(file):]
            del stack[stack.index(file):]
            for member in circle:
                low[member] = len(calls)  # has left: not to be counted by those that still stand
            if len(circle) > 1:
                found.append(sorted(circle))

    for file in calls:
        if file not in number:
            visit(file)
    return sorted(found)


def kept_circles():
    """Lines "patterns: reason" of tools/circles: the patterns of each."""
    with open(os.path.join(ROOT, "tools", "circles")) as file:
        return [line.split(":")[0].split() for line in file if line.strip() and not line.startswith("#")]


def is_kept(circle, patterns):
    return all(any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns) for file in circle)


def circle_text(circle, calls):
    lines = [f"{len(circle)} files call in a circle:"]
    for file in circle:
        for other in circle:
            if other in calls[file]:
                lines.append(f"  {file} calls {', '.join(calls[file][other])} of {other}")
    return "\n".join(lines)


def main():
    report, build = Report(), sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build")
    built = dict(objects(build))
    known = set(built.values())
    for path in sources():
        report.add(list(wrong_includes(path)))
        if not path.endswith(".h") and path not in known:
            report.add([f"{path} is in no meson.build"])
    calls = calls_between(built)
    for file, others in calls.items():
        if rank(file) is not None and not is_test(file):
            report.add([f"{file} calls {name} of {other}" for other in others for name in others[other] if rank(other) < rank(file)])
    kept = kept_circles()
    found = circles(calls)
    for circle in found:
        report.add([] if any(is_kept(circle, patterns) for patterns in kept) else [circle_text(circle, calls)])
    for patterns in kept:
        if not any(is_kept(circle, patterns) for circle in found):
            print(f"tools/circles: {' '.join(patterns)} is no circle any more: take the line out")
    print(f"{report.good} passed, {report.bad} failed")
    return report.bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
