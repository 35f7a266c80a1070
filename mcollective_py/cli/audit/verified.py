"""What there is to say of a whole log, once its files have been read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import MCollectiveError
from .chaincheck import ChainCheck, Finding, Place
from .lines import line_of
from .logfiles import BAD_PACKING, numbered_lines, unreadable


@dataclass(slots=True)
class Verified:
    """What is to be said of one log. chains: by host, of a collected log; else by the empty name."""

    log: str
    files: list[str]
    chains: dict[str, ChainCheck] = field(default_factory=dict)
    trouble: list[Finding] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """All that is not as it was written."""
        return self.trouble + [finding for _, chain in sorted(self.chains.items()) for finding in chain.findings]

    @property
    def more(self) -> int:
        """How many more there are."""
        return sum(chain.more for chain in self.chains.values())

    def summary(self) -> str:
        """`whole: 1,234 lines, 1 to 1234, in 3 files`."""
        lines = sum(chain.lines for chain in self.chains.values())
        count = len(self.findings) + self.more
        verdict = f"NOT whole, {count} finding{'s' * (count > 1)}" if count else "whole"
        told = [f"{self.log}: {verdict}: {lines:,} lines"]
        if set(self.chains) == {""} and (only := self.chains[""]).first is not None:
            told.append(f"numbers {only.first} to {only.last}")
        elif self.chains and set(self.chains) != {""}:
            told.append(f"of {len(self.chains)} hosts")
        told.append(f"in {len(self.files)} file{'s' * (len(self.files) > 1)}")
        return ", ".join(told)

    def remarks(self) -> Iterator[str]:
        """What is no fault of the log, and worth knowing."""
        for host, chain in sorted(self.chains.items()):
            whose = f"{self.log}: {host}: " if host else f"{self.log}: "
            if chain.first is not None and chain.first > 1:
                yield f"{whose}begins with line {chain.first} of its chain: the lines before it are in no file that was read"
            if chain.older:
                yield f"{whose}{chain.older} lines at the beginning have no chain: an older version wrote them"
            if chain.torn:
                yield f"{whose}{chain.torn} pieces of lines, as a full disk or a power cut leaves them"
            if chain.repeated:
                yield f"{whose}{chain.repeated} lines stand there twice, as a rotation may leave them; they say the same both times"

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        findings = [
            {"file": each.place.file, "line": each.place.line, "seq": each.seq, "problem": each.problem} for each in self.findings
        ]
        chains = [
            {
                "host": host or None,
                **{key: getattr(chain, key) for key in ("first", "last", "lines", "older", "repeated", "torn")},
            }
            for host, chain in sorted(self.chains.items())
        ]
        whole = not findings and not self.more
        return {
            "log": self.log,
            "files": self.files,
            "whole": whole,
            "chains": chains,
            "findings": findings,
            "more_findings": self.more,
        }


def verified(log: str, files: Sequence[str], state: Path | None = None) -> Verified:
    """Read the files of one log, oldest first. state: the folder where its daemon keeps where the chain stands."""
    from ...server.auditstate import AuditState

    head = None if state is None else AuditState(state).head()  # first: lines that come while it is read are no fault
    found = Verified(log, list(files))
    for path in files:
        number = 0
        try:
            for number, raw in numbered_lines(path):
                host, text = line_of(raw)
                chain = found.chains.get(host)
                if chain is None:
                    chain = found.chains[host] = ChainCheck(is_collected=bool(host))
                chain.take(Place(path, number), text)
        except BAD_PACKING as error:
            found.trouble.append(Finding(Place(path, number + 1), None, f"cannot be unpacked beyond this: {error}"))
        except OSError as error:
            raise MCollectiveError(unreadable(path, error)) from error
    for host, chain in found.chains.items():
        chain.finish(None if host else head)
    return found
