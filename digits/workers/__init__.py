"""The programs that run as processes of their own, one a job; the frameworks are imported only here."""
