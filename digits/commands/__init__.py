"""The commands of `python -m digits`, by what they are about. `terminal` is what they share."""
