"""The wire below the probes: URLs, looking up, connecting, TLS, HTTP/1.1, and how long each phase took.

Nothing of one probe is kept for the next: no pool, no cookies, no proxies from the environment.
"""
