"""The board's database: tables, connections, migrations."""
