"""OTLP in: gRPC and HTTP servers that hand serialized export requests to an Intake."""

from otel_safety.receive.admission import Admission
from otel_safety.receive.grpc_receiver import GrpcConnections, GrpcReceiver
from otel_safety.receive.http_receiver import HttpReceiver, HttpTimeouts
from otel_safety.receive.intake import Intake, Partial

__all__ = [
    "Admission",
    "GrpcConnections",
    "GrpcReceiver",
    "HttpReceiver",
    "HttpTimeouts",
    "Intake",
    "Partial",
]
