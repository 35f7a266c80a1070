"""nettest_fqdn: what a network test may be aimed at: a host name, an IPv4 or an IPv6 address."""

import re

_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)


class NettestFqdn:
    """Takes names with and without a domain, `_` as in names of services, a dot at the end; and addresses without a zone."""

    def validate(self, value: str) -> None:
        """Raises ValueError with the reason."""
        if ":" in value:
            from ipaddress import IPv6Address

            try:
                IPv6Address(value)
            except ValueError as error:
                raise ValueError("must be a host name or an address; a port stands by itself") from error
            if "%" in value:
                raise ValueError("must be an address without a zone")
        elif not _NAME.fullmatch(value):
            raise ValueError("must be a host name or an address")
        elif re.fullmatch(r"[0-9.]+|0[xX].*", value):  # 1.2 and 0x7f000001 are addresses to some resolvers, and other ones to people
            from ipaddress import IPv4Address

            try:
                IPv4Address(value)
            except ValueError as error:
                raise ValueError("must be a host name or an address of four numbers") from error
