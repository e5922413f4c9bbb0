"""Speed, as ratios against plain scripts and other packages."""
