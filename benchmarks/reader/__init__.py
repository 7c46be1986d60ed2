"""Training the reader beside the rules: labelled dispatches → `examples` → `net` → `fitting` → `folds`, `weights`."""
