"""The stack on one machine: AWS from MiniStack, PostgreSQL from a wheel, and one template for both worlds.

`python -m kimochi_local up` tells the whole story; each module is one part of it.
"""
