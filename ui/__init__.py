"""What the pages share: the frame around them, live curves, the canvas, cached readers."""
