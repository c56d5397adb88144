"""Watch your own sampler with Ratchet: publish its chain from Python, read its thermodynamics into arrays."""
from ratchet.publishing import Publisher
from ratchet.reading import count_matrix, records, series, windows

__all__ = ["Publisher", "count_matrix", "records", "series", "windows"]
