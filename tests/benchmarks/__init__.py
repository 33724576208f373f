"""Speed and memory, as ratios against floors measured in the same run; see docs/performance.md."""
