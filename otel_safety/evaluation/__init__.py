"""evaluation: how well the detectors do on labelled rows, and which thresholds the rows suggest."""
