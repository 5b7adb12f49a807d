"""The kit: what this project tests itself with, for others to test their stores and strategies.

Needs the extra `testing` (hypothesis, pytest). Nothing in the core imports it.
"""
