"""The errors a user can meet; each says where, what is wrong, and what would be right."""

from __future__ import annotations


class FrontcastError(Exception):
    """Anything wrong that the user can mend. The command line prints it and exits non-zero, with no traceback."""


class InputError(FrontcastError):
    """A file or value that cannot be used.

    Args:
        file: the file (or archive member, or option) at fault.
        place: where in it: a feature, line, column, key; empty where the whole file is meant.
        problem: what is wrong, as found.
        remedy: what would be right.
    """

    def __init__(self, file: str, place: str, problem: str, remedy: str) -> None:
        where = f"{file}, {place}" if place else file
        super().__init__(f"{where}: {problem}. {remedy}")
        self.file, self.place, self.problem, self.remedy = file, place, problem, remedy


class ManyInputError(FrontcastError):
    """Everything wrong with an input, all at once: one `InputError` each, a line each."""

    def __init__(self, errors: list[InputError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors
