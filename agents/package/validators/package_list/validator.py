"""Several packages in one input: `nginx,openssl=3.0.*`."""

import re

_ENTRY = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9._+\-]*(?::[a-z0-9][a-z0-9\-]*)?"  # name, and architecture
    r"(?:=[A-Za-z0-9*?\[][A-Za-z0-9.+:~^_*?\[\]\-]*)?",  # version, or a glob of versions
    re.ASCII,
)
_MOST = 100  # a command line of apt or dnf with more is another kind of work: upgrade


class PackageList:
    """Names with commas between, each with a version or a glob of versions if wanted."""

    def validate(self, value: str) -> None:
        entries = value.split(",")
        if len(entries) > _MOST:
            raise ValueError(f"must be at most {_MOST} packages")
        if not all(_ENTRY.fullmatch(entry) for entry in entries):
            raise ValueError("must be packages with commas between and no blanks, as nginx,openssl=3.0.*")
