"""Files that decide what root does: read only where nobody else could have written them."""

from pathlib import Path

from ..node.ownership import check_ownership
from ..regularfile import read_regular, reason_of


def read_owned(path: str, limit: int, uid: int | None = None) -> bytes:
    """The bytes of a regular file of at most limit bytes that only root and this user could change, nor any folder above it.

    uid: one who is trusted as well, None for nobody. Raises FileNotFoundError, and PermissionError or OSError with a whole sentence.
    """
    try:
        check_ownership(Path(path), uid)
        return read_regular(path, limit)[0]
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as error:
        raise OSError(reason_of(error) if error.filename else f"{path} cannot be read: {error.strerror or error}") from error
