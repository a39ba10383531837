"""The one way a filter or a sort can fail."""


class FilterError(ValueError):
    """Text that is no filter or sort of this contract.

    ``position`` counts the characters of the text from 1; where something is missing at the end it
    is that of the last character.
    """

    def __init__(self, position: int, rule: str) -> None:
        super().__init__(f"position {position}: {rule}")
        self.position = position
        self.rule = rule
