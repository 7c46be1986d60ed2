"""Getting maps and feeds from the network: politely, whole or not at all.

HTTP is httpx's: it has time limits for each step, bounded redirects and answers that can be read piece by piece, which
`urllib` leaves to its caller.
"""

from frontcast.observe.fetch.download import Fetched, Fetcher, FetchError, NotThereError

__all__ = ["FetchError", "Fetched", "Fetcher", "NotThereError"]
