"""Passes when `promtool check metrics` has no complaint about what the given program writes.

Usage: check_exposition.py PROMTOOL PROGRAM
"""

import subprocess
import sys


def check(promtool, text):
    """promtool's exit code and what it says."""
    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    return result.returncode, (result.stdout + result.stderr).decode()


def main(promtool, program):
    text = subprocess.run([program], capture_output=True, check=True).stdout
    code, complaints = check(promtool, text)
    print(text.decode(), complaints, sep="\n")
    # The tool must be able to say no, or its yes is worth nothing.
    spoiled_code, _ = check(promtool, text + b"sluice_counter 1\n# TYPE sluice_guard_enforced counter\n")
    if spoiled_code == 0:
        print("promtool accepts a spoiled page")
        return 1
    return 0 if code == 0 and not complaints.strip() and text else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
