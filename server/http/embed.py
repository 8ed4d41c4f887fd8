"""Writes a file as a C array: embed.py console.html console_page console.c"""
import sys

source, name, target = sys.argv[1:4]
with open(source, "rb") as file:
    page = file.read()
with open(target, "w") as out:
    out.write('#include "server/http/console.h"\n\n')
    out.write(f"const char {name}[] = {{\n")
    for at in range(0, len(page), 24):
        out.write("    " + "".join(f"{byte if byte < 128 else byte - 256}, " for byte in page[at:at + 24]) + "\n")
    out.write(f"}};\nconst size_t {name}_length = sizeof {name};\n")
