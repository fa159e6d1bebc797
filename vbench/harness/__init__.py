"""Scores where somebody else's program asks for them: a metric of torchmetrics, a server for reward models."""
