"""A course of training, whatever is trained: epochs, early stopping, checkpoint and resume, model card."""
