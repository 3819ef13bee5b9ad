"""Claimed and honest on the overview: the chart, what it says in words, and what is to be done next."""
