"""Our own implementations of published video models, one folder a system."""
