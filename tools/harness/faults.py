"""What the engine's source says of its failpoints."""
import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def named(macro):
    """The names in all calls of FAILPOINT or MUTANT."""
    found = set()
    for folder in ("executor", "planner", "connectors", "server"):
        for path in glob.glob(os.path.join(ROOT, folder, "**", "*.c"), recursive=True):
            with open(path) as file:
                found |= set(re.findall(macro + r'\("([^"]+)"\)', file.read()))
    return found


def failpoints():
    return named("FAILPOINT")
