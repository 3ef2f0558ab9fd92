"""Every error this package raises on purpose: what went wrong, where, and what to do.

``got`` is what was found; what was looked for and not found is ``lacks``.

A caller that can go on without one source catches :class:`SourceError`; everything else ends the
command with the class's exit code. Exit codes: 1 a programming error or unknown, 2 wrong usage,
3 a source's data refused, 4 a critical check failed, 5 somebody else holds the lock, 6 the
published edition is damaged or missing, 7 the cluster that should fit cannot be used, 8 the machine
lacks space, rights or memory, 9 a question needs more time or space than it may have, 10 a backup
is damaged or could not be written. A command that a signal ended has 128 and the signal's number
(130 Ctrl-C, 143 SIGTERM).
"""

from __future__ import annotations

from fcm_migration.printable import printable


class FcmError(Exception):
    """Base class: a sentence for a person, of what, where, expected, got, lacks and remedy."""

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: object = None,
        got: object = None,
        lacks: object = None,
        remedy: str | None = None,
    ) -> None:
        self.what, self.where, self.expected, self.got = what, where, expected, got
        self.lacks, self.remedy = lacks, remedy
        parts = [what if where is None else f"{where}: {what}"]
        if expected is not None:
            parts.append(f"expected {expected}")
        found = [f"got {got}"] if got is not None else []
        if lacks is not None:
            found.append(f"without {lacks}")
        if found:
            parts.append(", ".join(found))
        if remedy is not None:
            parts.append(f"what to do: {remedy}")
        # it may quote a label or a header, and is logged and stored as well as printed
        super().__init__(printable("; ".join(parts)))


class UsageError(FcmError):
    """The call cannot be carried out as it was put."""

    exit_code = 2


class LinkError(UsageError):
    """A link, or something that is no regular file, lies where a file or folder belongs."""


class SourceError(FcmError):
    """One source's bytes or figures were refused; the last good copy stays in use.

    ``outcome`` is the word recorded in ``meta.snapshots`` and shown per source.
    """

    exit_code = 3
    outcome = "refused"


class FetchError(SourceError):
    """The publisher could not be reached or did not send the file."""

    def __init__(self, what: str, *, outcome: str, **context: object) -> None:
        super().__init__(what, **context)  # type: ignore[arg-type]
        self.outcome = outcome


class UnsafeFileError(SourceError):
    """The file is a bomb, is broken, or took too long or too much memory to read."""

    outcome = "unsafe_file"


class LayoutError(SourceError):
    """The file does not have the layout the parser knows (sheet, header, column, mark)."""

    outcome = "layout_changed"


class ConformError(SourceError):
    """A parsed table breaks its declaration (type, key, bounds, allowed values)."""

    outcome = "not_conform"


class CheckFailedError(FcmError):
    """A critical expectation failed: nothing is published."""

    exit_code = 4


class SuspectError(SourceError):
    """The file can be read but says something no release should; a person may accept it."""

    outcome = "suspect"


class DateError(SourceError):
    """The contents of a release cannot have been public on the date it bears."""

    outcome = "wrong_date"


class FailedChecksError(SourceError):
    """A critical check of the source's own tables failed; a person may accept the release."""

    outcome = "failed_checks"


class DamagedError(SourceError):
    """An original is not as it was kept: bytes of the archive, or a note of it."""

    outcome = "damaged"


class NewerNoteError(DamagedError):
    """A newer version of this project wrote an undamaged note: nothing is to be repaired."""


# Outcomes a person can overrule: the file can be read, and only its content is doubted.
ACCEPTABLE = (SuspectError.outcome, FailedChecksError.outcome)


class KnownRefusalError(SourceError):
    """The release was refused before, for the reason it bears; nothing was tried again."""

    def __init__(self, what: str, *, outcome: str, remedy: str | None = None) -> None:
        super().__init__(what, remedy=remedy)
        self.outcome = outcome


class BusyError(FcmError):
    """Another refresh holds the lock."""

    exit_code = 5


class EditionError(FcmError):
    """The published edition is missing, damaged or not one this package wrote."""

    exit_code = 6


class BackupError(FcmError):
    """A backup is damaged or no backup, or it could not be written or restored."""

    exit_code = 10


class ClusterError(FcmError):
    """The scheduler that should fit cannot be reached, or its workers are not as this machine."""

    exit_code = 7


class MachineError(FcmError):
    """The machine lacks something; the last edition stays, and no file is to be repaired."""

    exit_code = 8


class DiskError(MachineError):
    """There is no space left, or no right to read or write."""


class MemoryLackError(MachineError):
    """There is no memory left, or no further process or file may be opened."""


class LimitError(FcmError):
    """A question to the published file needs more time, space or memory than it may have."""

    exit_code = 9
