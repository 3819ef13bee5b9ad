"""The programs that run as processes of their own, one a job; the app imports no framework, they do."""
