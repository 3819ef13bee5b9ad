"""From a source of pictures to a data set folder, and from that to the rows of a split."""
