"""Reads the lines of a watch, and at the end prints of each when it had come and what it was about: curl's part of the latencies."""

import json
import os
import time


def read(stream):
    """[(moment, line)]: the clock is looked at before anything else is done with what came."""
    told, rest = [], b""
    while piece := os.read(stream, 1 << 16):
        moment = time.time()
        *lines, rest = (rest + piece).split(b"\n")
        told += [(moment, line) for line in lines]
    return told


def main():
    for moment, line in read(0):
        metadata = json.loads(line)["object"]["metadata"]
        print(json.dumps([moment, metadata["namespace"], metadata["name"]]))


if __name__ == "__main__":
    main()
