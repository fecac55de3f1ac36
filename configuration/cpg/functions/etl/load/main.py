"""Reads what came into metamist, if whoever sent it may send its type."""

import asyncio
import base64
import datetime
import importlib.metadata
import json
import os

import functions_framework
from google.cloud import bigquery, pubsub_v1, secretmanager


def rule(kind: str) -> dict:
    """How a type is read, and who may send it."""
    client = secretmanager.SecretManagerServiceClient()
    content = client.access_secret_version(name=os.environ['CONFIGURATION_SECRET']).payload.data
    return json.loads(content)['by_type'][kind]


def parser(name: str):
    [found] = importlib.metadata.entry_points(group='metamist_parser', name=name)
    return found.load()


def read_in(row: dict) -> str:
    found = rule(row['type'])
    if row['submitting_user'] not in found['users']:
        raise PermissionError(f"{row['submitting_user']} may not send {row['type']}")
    settings = found['default_parameters'] or {}
    asyncio.run(parser(found['parser_name'])(**settings).from_json(json.loads(row['body'])))
    return 'read in'


@functions_framework.http
def etl_load(request):
    row = json.loads(base64.b64decode(request.get_json()['message']['data']))
    try:
        status, details = 'SUCCESS', read_in(row)
    except Exception as error:  # whatever it is, it is written down and told
        status, details = 'FAILED', str(error)
    log = {
        'request_id': row['request_id'],
        'timestamp': datetime.datetime.now(datetime.timezone.utc).isoformat(),
        'status': status,
        'details': json.dumps(details),
    }
    bigquery.Client().insert_rows_json(os.environ['BIGQUERY_LOG_TABLE'], [log])
    news = json.dumps({'title': f"metadata {row['request_id']}: {status}", 'status': details}).encode()
    pubsub_v1.PublisherClient().publish(os.environ['NOTIFICATION_PUBSUB_TOPIC'], news).result()
    return {'success': status == 'SUCCESS'}
