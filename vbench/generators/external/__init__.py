"""Videos that somebody else samples: a program, a hosted service, a folder that exists."""
