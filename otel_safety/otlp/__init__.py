"""OTLP on the wire: protobuf scanning, the JSON encoding, compression and error bodies."""
