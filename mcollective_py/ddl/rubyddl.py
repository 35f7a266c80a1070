"""The text of a Ruby agent's (or other plugin's) .ddl -> our model. The text is read, never run.

text > calls (rubycalls.py) > what they declare (rubyentities.py) > a document as a ddl.yaml has it (carried.py) > model (load.py)
"""

from .carried import carried, carried_metadata
from .load import ddl_from_document, input_from_document, metadata_from_document, output_from_document
from .model import DDL, DataDDL, PluginDDL
from .rubycalls import read_calls
from .rubyentities import declared, kind_of


def decode_ruby(content: bytes) -> str:
    """The text of a .ddl file: UTF-8, or Latin-1 where it is not that; authors' names of old files are."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def plugin_from_ruby(text: str, name: str, file: str) -> DDL | DataDDL | PluginDDL:
    """The DDL of a plugin of whatever kind its words say. Raises DDLError with line and column.

    name: the plugin's, as clients call it; file: for messages. The impact of an action is not in a Ruby DDL: it is `change`. What could
    not be taken as it is stands in the DDL's notes.
    """
    calls = read_calls(text, name, file)
    kind = kind_of(calls)
    found = declared(calls, kind, name, file)
    if kind == "agent":
        document, notes = carried(found)
        return ddl_from_document(document, notes)
    document, notes = carried_metadata(found)
    value = document.value
    metadata = metadata_from_document(document, value["metadata"])
    usage = value.get("usage", "")
    if kind != "data":
        capabilities = found.entities.get("discovery", {}).get("capabilities", ())
        return PluginDDL(metadata, usage, tuple(dict.fromkeys(map(str, capabilities))), tuple(notes))
    query = value["input"].get("query")
    return DataDDL(
        metadata,
        value["description"],
        None if query is None else input_from_document(document, ("query",), query, notes),
        {output: output_from_document(document, ("output", output), entry) for output, entry in value["output"].items()},
        usage,
        tuple(notes),
    )
