"""A module that ends whoever imports it."""

import sys

sys.exit("I end here")
