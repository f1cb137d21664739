"""Dialects: one module for each instrumentation family, with its own modules of parts beside it."""
