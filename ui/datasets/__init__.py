"""The parts of the page Dataset, named after what they show."""
