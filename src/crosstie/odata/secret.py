"""A secret that cannot be printed by accident."""


class Secret:
    """Holds a password or key; only :meth:`reveal` gives it away.

    >>> Secret("hunter2"), str(Secret("hunter2")), f"{Secret('hunter2')}"
    (***, '***', '***')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
