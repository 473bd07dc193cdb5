"""Networks and losses: tensors in, tensors out, no input or output."""
