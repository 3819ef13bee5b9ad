"""Recipes, runs, the queue and the training loop."""
