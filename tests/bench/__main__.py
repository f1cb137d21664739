"""make bench: throughput of otel-safety against the real Collector, then what reading and judging one run costs."""

import sys

from tests.bench import judge_cost, throughput

failed = throughput.main()
judge_cost.main()
sys.exit(failed)
