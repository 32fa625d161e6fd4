"""What is wrong with a file, where, and what to do about it."""


class FileError(ValueError):
    """`where`: "line 12" or a JSON pointer; `cure`: what is wrong and what would be right."""

    def __init__(self, where: str, cure: str) -> None:
        super().__init__(f"{where}: {cure}")
        self.where = where
        self.cure = cure
