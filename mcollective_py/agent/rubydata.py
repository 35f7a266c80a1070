"""YAML that Ruby programs write into files, for agents that read such: plain data, tags of Ruby classes left out."""

import re
from typing import Any

# What stands before a value on its line: dashes, and a key.
_BEFORE = rb"(?m)^((?:--- )?[ ]*(?:[-?:][ ]+)*(?:(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s'\"\-?:#][^\n:]*(?::[^ \n][^\n:]*)*):[ ]+)?)"
_TAG = re.compile(_BEFORE + rb"!ruby/[^\s]+[ ]?")
_ALIAS = re.compile(_BEFORE + rb"\*\d+$")
_ANCHOR = re.compile(_BEFORE + rb"&\d+[ ]?")


def read_yaml(text: bytes) -> Any:
    """The value of a document or of a piece of one. Objects of Ruby classes are read as the mappings they are written as.

    What another place of the document says (an alias) is None. Raises Malformed; bounded as a request is, so no more than 1 MiB.
    """
    from ..errors import Malformed
    from ..wire.rubyyaml import loads

    try:
        return loads(text)
    except Malformed:
        plain = _TAG.sub(rb"\1", _ANCHOR.sub(rb"\1", _ALIAS.sub(rb"\1~", text)))
        if plain == text:
            raise
        return loads(plain)
