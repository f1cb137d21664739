"""The service's own HTTP pages: where they listen, and the metrics page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from otel_safety.errors import ConfigError


def metrics_application(registry: CollectorRegistry) -> web.Application:
    """Serve ``/metrics`` in the Prometheus text form."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    return application


async def listen(application: web.Application, endpoint: str, key: str) -> Callable[[], Awaitable[None]]:
    """Serve an application; returns the coroutine function that stops it.

    Raises:
        ConfigError: The address cannot be listened on; names ``key``.
    """
    host, _, port = endpoint.rpartition(":")
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(f"{key}: cannot listen on {endpoint}: {error.strerror or error}") from error
    return runner.cleanup
