"""How jobs are started: on this machine, as processes of their own."""
