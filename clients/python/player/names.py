"""Names in place of ids, which differ from run to run."""

from typing import Any


class Id(str):
    """An id in an outcome, to be replaced by its name at the end."""

    __slots__ = ()


class Names:
    """Which name stands for which id; what has no name is called by its title or text."""

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def bind(self, name: str | None, value: str) -> None:
        """Note the id of what was made under a name."""
        if name is not None:
            self.bound[name] = value
            self._first.setdefault(value, name)

    def label(self, value: str, text: str) -> None:
        """Note the title or the text of what may have no name."""
        self._labels[value] = text

    def id_of(self, text: str) -> str:
        """Return the id that `$name` stands for; any other text is one itself."""
        return self.bound[text[1:]] if text.startswith("$") else text

    def of(self, value: Any) -> Any:
        """Return a value with names in place of ids."""
        match value:
            case Id():
                return self._first.get(value) or f"?{self._labels.get(value, '')}"
            case dict():
                return {self.of(key): self.of(each) for key, each in value.items()}
            case list():
                return [self.of(each) for each in value]
            case _:
                return value
