"""What goes wrong, said in words for the person at the terminal."""


class Failure(Exception):
    """Ends the command with exit status 1; its text is the whole message."""
