"""The parts of the page Train: starting, watching, the log, the untrained model, the weights to take away."""
