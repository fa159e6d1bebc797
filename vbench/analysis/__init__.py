"""What scores are worth: intervals, comparisons, sensitivity, human preference."""
