"""The published edition as a folder of files for other tools."""

from fcm_migration.export.formats import FORMATS
from fcm_migration.export.writing import Exported, export

__all__ = ["FORMATS", "Exported", "export"]
