"""Whether the process lives and whether it takes requests, over HTTP and as grpc.health.v1."""

from __future__ import annotations

from typing import Any

import grpc
from aiohttp import web
from grpc_health.v1 import health, health_pb2
from grpc_health.v1.health import aio  # type: ignore[attr-defined]  # the stubs lack it


class Health:
    """Ready from the moment the receivers listen until the service drains."""

    def __init__(self) -> None:
        self.ready = False
        self._grpc: Any = aio.HealthServicer()

    async def set_ready(self) -> None:
        """The receivers listen."""
        self.ready = True
        await self._grpc.set("", health_pb2.HealthCheckResponse.SERVING)

    async def set_draining(self) -> None:
        """Intake stops; it never starts again in this process."""
        self.ready = False
        await self._grpc.enter_graceful_shutdown()

    def grpc_handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        """The grpc.health.v1 service, to be served beside OTLP/gRPC."""
        request = health_pb2.HealthCheckRequest.FromString
        response = health_pb2.HealthCheckResponse.SerializeToString
        return grpc.method_handlers_generic_handler(
            health.SERVICE_NAME,
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._grpc.Check, request, response),
                "Watch": grpc.unary_stream_rpc_method_handler(self._grpc.Watch, request, response),
            },
        )


def health_application(state: Health) -> web.Application:
    """``/healthz/live`` answers 200 while the event loop turns; ``/healthz/ready`` and ``/`` 200 or 503."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        status = "ready" if state.ready else "not ready"
        return web.json_response({"status": status}, status=200 if state.ready else 503)

    application = web.Application()
    application.router.add_get("/healthz/live", live)
    application.router.add_get("/healthz/ready", ready)
    application.router.add_get("/", ready)
    return application
