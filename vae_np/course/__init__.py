"""The course: a hand-out cut from the library, and checks that name the mistake.

Student code runs in another process, which returns values; this side compares them. The checks that
students get know numbers only: inputs, right outputs, and the outputs of known mistakes.
"""
