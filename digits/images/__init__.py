"""Pictures of digits: strict reading, ink, the frame, pen strokes."""
