#!/usr/bin/env python3
"""Checks that a file includes only its own layer and those below it."""
import os
import re

TOP = ["server", "planner", "connectors", "executor"]
EXECUTOR = ["engine", "dataflow", "operators", "state", "expressions", "functions", "batch", "types", "base"]


def rank(path):
    parts = path.split("/")
    if parts[0] not in TOP:
        return None
    inner = EXECUTOR.index(parts[1]) if parts[0] == "executor" and parts[1] in EXECUTOR else -1
    return (TOP.index(parts[0]), inner)


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    good = bad = 0
    for layer in TOP:
        for folder, _, files in os.walk(os.path.join(root, layer)):
            for name in files:
                if not name.endswith((".c", ".h", ".cc", ".cpp")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                wrong = []
                with open(os.path.join(root, path)) as file:
                    for included in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
                        mine, other = rank(path), rank(included)
                        if other is None or "/" not in included or other < mine:
                            wrong.append(included)
                for included in wrong:
                    print(f"{path} includes {included}")
                good, bad = good + (not wrong), bad + bool(wrong)
    print(f"{good} passed, {bad} failed")
    return bad


if __name__ == "__main__":
    raise SystemExit(1 if main() else 0)
