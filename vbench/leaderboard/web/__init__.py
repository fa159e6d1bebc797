"""The board on the web: its HTTP interface, its limits and its pages."""
