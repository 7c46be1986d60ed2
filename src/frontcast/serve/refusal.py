"""What cannot be answered, and why: raised anywhere in the service, told as a `Problem`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from frontcast.errors import FrontcastError, InputError, ManyInputError


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with what was sent: where, what, what would be right."""

    place: str
    problem: str
    remedy: str


@dataclass
class Refusal(Exception):  # noqa: N818, it is no error of ours
    """A request that is refused. It travels between processes.

    Attributes:
        status: of HTTP. detail: for people. flaws: each thing wrong, where that can be told. retry_s: when to ask again.
    """

    status: int
    detail: str
    flaws: list[Flaw] = field(default_factory=list)
    retry_s: int | None = None

    def __reduce__(self) -> tuple[type[Refusal], tuple[int, str, list[Flaw], int | None]]:
        return Refusal, (self.status, self.detail, self.flaws, self.retry_s)


def refused(error: FrontcastError, status: int = 422, hide: Mapping[str, str] | None = None) -> Refusal:
    """The refusal that an error of the library is to whoever asked.

    Args:
        error: of the library. status: of HTTP.
        hide: paths of this machine, and what to say instead: they are nobody else's business.
    """
    errors = error.errors if isinstance(error, ManyInputError) else [error]
    flaws = [
        Flaw(one.place, one.problem, one.remedy) if isinstance(one, InputError) else Flaw("", str(one), "")
        for one in errors
    ]
    for path, name in (hide or {}).items():
        flaws = [Flaw(*(text.replace(path, name) for text in (one.place, one.problem, one.remedy))) for one in flaws]
    detail = " ".join(_sentence(flaw) for flaw in flaws[:5])
    return Refusal(status, detail, flaws)


def _sentence(flaw: Flaw) -> str:
    where = f"{flaw.place}: " if flaw.place else ""
    text = f"{where}{flaw.problem}".rstrip(".") + "."
    return f"{text} {flaw.remedy.rstrip('.')}." if flaw.remedy else text
