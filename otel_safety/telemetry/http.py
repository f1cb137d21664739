"""The service's own HTTP pages: liveness, readiness and metrics, each on the address of its config section."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from otel_safety.errors import ConfigError


class Health:
    """Whether the process lives and whether it takes requests.

    ``ready`` turns true when the receivers listen, and false as soon as the service drains.
    """

    def __init__(self) -> None:
        self.ready = False


def health_application(health: Health) -> web.Application:
    """``/healthz/live`` answers 200 while the event loop turns; ``/healthz/ready`` and ``/`` 200 or 503."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        return web.json_response(
            {"status": "ready" if health.ready else "not ready"}, status=200 if health.ready else 503
        )

    application = web.Application()
    application.router.add_get("/healthz/live", live)
    application.router.add_get("/healthz/ready", ready)
    application.router.add_get("/", ready)
    return application


def metrics_application() -> web.Application:
    """``/metrics`` in the Prometheus text form."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

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
