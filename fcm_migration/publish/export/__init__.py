"""The published edition as a folder of files for other tools."""

from fcm_migration.publish.export.formats import FORMATS
from fcm_migration.publish.export.writing import Exported, export

__all__ = ["FORMATS", "Exported", "export"]
