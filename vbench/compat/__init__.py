"""The reference's programming interface and result files; nothing that our own commands need."""
