"""The service: what the library knows over HTTP, and the page that shows it.

    from frontcast.serve.app import create_app

The package itself imports nothing heavy, so that the other verbs of the command line start as fast as without it.
"""
