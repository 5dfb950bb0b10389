"""Variational autoencoders from scratch, in NumPy and autograd."""
