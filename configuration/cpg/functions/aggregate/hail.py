"""Collects what batches of Hail have cost, by billing project."""

import asyncio

import functions_framework
from hailtop.batch_client.aioclient import BatchClient
from utils import hours, line, store


async def batches(start, end):
    client = await BatchClient.create(billing_project='')
    async with client:
        async for batch in client.list_batches():
            status = await batch.last_known_status()
            ended = status.get('time_completed')
            if ended and start.isoformat() <= ended < end.isoformat():
                yield status


async def collect(start, end) -> list[dict]:
    found = []
    async for status in batches(start, end):
        cost = sum(part['cost'] for part in status.get('cost_breakdown', []))
        found.append(line('hail', str(status['id']), status['billing_project'], cost, end))
    return found


@functions_framework.http
def from_request(request):
    start, end = hours(request)
    return {'added': store(asyncio.run(collect(start, end)))}
