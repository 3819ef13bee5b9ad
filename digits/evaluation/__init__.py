"""What a trained run knows: logits, confusion, accuracy."""
