"""Speed, measured as ratios in one run; every comparison first checks that the results agree."""
