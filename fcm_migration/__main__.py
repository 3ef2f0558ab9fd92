"""``python -m fcm_migration`` is the command ``fcm``."""

from fcm_migration.cli import main

if __name__ == "__main__":
    main()
