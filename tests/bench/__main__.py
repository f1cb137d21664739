"""make bench: throughput of otel-safety against the real Collector, then what splitting, reading and judging cost."""

import sys

from tests.bench import judge_cost, split_cost, throughput

failed = throughput.main()
judge_cost.main()
split_cost.main()
sys.exit(failed)
