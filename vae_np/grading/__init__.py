"""Grading a class: code that is not trusted, at scale. Never part of a hand-out.

    submissions -> sandbox (a fresh process an exercise) -> verdicts -> grades -> pages

`inside/` is what runs on the submission's side of the wall: it imports nothing of `vae_np`.
"""
