"""What many ask for at once: sessions that draw and watch, a lab of a thousand runs, a queue of several owners."""
