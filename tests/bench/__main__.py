"""make bench: throughput of otel-safety against the real Collector."""

import sys

from tests.bench.throughput import main

sys.exit(main())
