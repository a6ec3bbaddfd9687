"""What a study would cost, here or on a graphics card that is not at hand."""
