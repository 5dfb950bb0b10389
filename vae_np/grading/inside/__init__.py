"""The submission's side of the wall: scripts that import the standard library and one another.

They are run and loaded by their paths, in a process that has never seen `vae_np`.
"""
