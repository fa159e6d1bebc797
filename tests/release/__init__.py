"""What is checked before a release and not with every commit: the wheel in fresh environments, the lowest versions."""
