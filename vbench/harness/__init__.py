"""Scores where somebody else's program asks for them: training loops, torchmetrics, a server for reward models."""
