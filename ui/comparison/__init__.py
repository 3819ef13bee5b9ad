"""What the page Compare shows of its chosen runs, a module a tab."""
