"""The backend that needs nothing but NumPy."""
