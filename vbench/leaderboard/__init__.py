"""The leaderboard: submissions, their checks and the board."""
