"""Why the program cannot start: what is wrong and what to do next."""


class StartError(Exception):
    """A start that failed, with nothing half done."""

    def __init__(self, code: str, message: str, next_step: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step
