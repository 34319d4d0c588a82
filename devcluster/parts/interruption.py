"""The wish of somebody outside that this program ends.

An exception out of a signal's handler is dropped when the signal comes while Python is within some callback of its own (at a
fork, in a finalizer). So the wish is kept, and whoever waits asks for it.
"""

import signal

_wishes = []


def _on_signal(number, _frame):
    _wishes.append(number)
    raise KeyboardInterrupt


def listen():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_signal)


def check():
    """Raises KeyboardInterrupt, once for each wish that got lost on its way."""
    if _wishes:
        _wishes.clear()
        raise KeyboardInterrupt
