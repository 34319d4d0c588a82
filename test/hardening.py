#!/usr/bin/python3
"""Is the program hardened as meson.build asks for? Reads its ELF by readelf.

    test/hardening.py SLUICE [--optimised]      with --optimised, fortified functions are expected as well
"""
import re
import subprocess
import sys


def readelf(flag, path):
    return subprocess.run(["readelf", "--wide", flag, path], check=True, capture_output=True, text=True).stdout


def code(path):
    return subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", path], check=True, capture_output=True, text=True).stdout


def questions(path, is_optimised):
    """Each thing to hold, in words, and whether it does."""
    header, segments = readelf("--file-header", path), readelf("--segments", path)
    dynamic, symbols = readelf("--dynamic", path), readelf("--dyn-syms", path)
    stack = re.search(r"GNU_STACK.*", segments)
    yield "a position independent executable", "DYN (" in header and "PIE" in dynamic
    yield "relocations are read-only after the start", "GNU_RELRO" in segments
    yield "everything is bound at the start", "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*NOW", dynamic)
    yield "the stack is not executable", stack and "RWE" not in stack.group()
    yield "no segment is both writable and executable", not re.search(r"LOAD.*RWE", segments)
    yield "stack smashing is noticed", "__stack_chk_fail" in symbols
    if "X86-64" in header:
        # The ELF note that switches this on is missing: crt1.o of Debian 12 is built without it, and one part is enough.
        yield "functions may be called indirectly only at their beginning (endbr64)", code(path).count("endbr64") > 100
    with open(path, "rb") as file:
        yield "the bugs that tests ask for are not in it", b"sluice.dev/poison" not in file.read()
    if is_optimised:
        yield "functions with known sizes are fortified", re.search(r"__\w+_chk@", symbols)


def main():
    path, is_optimised = sys.argv[1], "--optimised" in sys.argv
    passed = failed = 0
    for words, holds in questions(path, is_optimised):
        passed, failed = passed + bool(holds), failed + (not holds)
        if not holds:
            print(f"does not hold: {words}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
