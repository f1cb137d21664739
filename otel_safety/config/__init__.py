"""The configuration: one YAML file with the Collector's feel."""

from otel_safety.config.load import default_config, load_config, parse_config, redacted_yaml
from otel_safety.config.model import Config

__all__ = ["Config", "default_config", "load_config", "parse_config", "redacted_yaml"]
