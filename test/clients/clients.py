"""Reads a stream with a client of PyPI, as its README says, and prints what it hands out.

python3 clients.py <client> <url>
"""

import asyncio
import json
import sys
import time

client, url = sys.argv[1:]


def show(event, data):
    print(json.dumps({"event": event or "message", "data": data}), flush=True)


def httpx_sse():
    """Reconnecting is up to its user."""
    import httpx
    from httpx_sse import connect_sse

    last_event_id = ""
    with httpx.Client(timeout=None) as http:
        while True:
            try:
                headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
                with connect_sse(http, "GET", url, headers=headers) as source:
                    for event in source.iter_sse():
                        last_event_id = event.id
                        show(event.event, event.data)
            except httpx.TransportError:
                pass
            time.sleep(0.2)


def sseclient_py():
    """Reconnecting is up to its user."""
    import requests
    from sseclient import SSEClient

    last_event_id = None
    while True:
        try:
            headers = {"Accept": "text/event-stream"}
            if last_event_id:
                headers["Last-Event-ID"] = last_event_id
            response = requests.get(url, stream=True, headers=headers)
            for event in SSEClient(response).events():
                last_event_id = event.id or last_event_id
                show(event.event, event.data)
        except requests.RequestException:
            pass
        time.sleep(0.2)


def sseclient():
    from sseclient import SSEClient

    for event in SSEClient(url, retry=200):
        show(event.event, event.data)


def requests_sse():
    from requests_sse import EventSource

    with EventSource(url, max_connect_retry=100) as source:
        for event in source:
            show(event.type, event.data)


def aiohttp_sse_client2():
    """Comes back after a complete response, but raises an error when a connection breaks."""
    import aiohttp
    from aiohttp_sse_client2 import client as sse

    async def read():
        headers = {}
        while True:
            try:
                async with sse.EventSource(url, headers=headers) as source:
                    async for event in source:
                        headers["Last-Event-ID"] = event.last_event_id
                        show(event.type, event.data)
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)

    asyncio.run(read())


{
    "httpx-sse": httpx_sse,
    "sseclient-py": sseclient_py,
    "sseclient": sseclient,
    "requests-sse": requests_sse,
    "aiohttp-sse-client2": aiohttp_sse_client2,
}[client]()
