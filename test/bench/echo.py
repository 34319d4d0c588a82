"""An echo: each channel that a watch brings with a generation that its status has not seen gets a status that has seen it, and nothing is decided.

    curl … | test/bench/echo.py KUBECONFIG

It reads the lines of the watch and writes as the operator does, with a few connections, so that one late answer does not hold up the next one.
"""

import concurrent.futures
import json
import os
import sys
import threading

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster")]
import cluster  # noqa: E402
import objects  # noqa: E402

CONNECTIONS = 4


def main(kubeconfig):
    own, sent = threading.local(), []

    def connect():
        own.api = cluster.Api(kubeconfig)
        own.api.get("/version")  # what it takes to connect is nobody's latency

    def answer(channel):
        metadata = channel["metadata"]
        path = cluster.channels(metadata["namespace"], metadata["name"])
        own.api.apply(path + "/status", objects.status_body(channel, metadata["generation"]), manager="sluice", force=True)

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS, initializer=connect) as writers:
        for line in sys.stdin.buffer:
            channel = json.loads(line)["object"]
            if channel["metadata"]["generation"] != channel["status"]["observedGeneration"]:
                sent.append(writers.submit(answer, channel))
    for one in sent:
        one.result()


if __name__ == "__main__":
    main(sys.argv[1])
