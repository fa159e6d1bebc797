"""Ways of sampling that need no training: FreeU, FreeInit, FreeNoise."""
