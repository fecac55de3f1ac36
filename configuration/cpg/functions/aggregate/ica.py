"""Collects what Illumina Connected Analytics has billed."""

import json
import os
import pathlib

import functions_framework
import requests
from google.cloud import bigquery, secretmanager
from utils import hours, line, store

ADDRESS = 'https://ica.illumina.com/ica/rest/api/usage'
COLUMNS = json.loads(pathlib.Path(__file__).with_name('ica_illumina_schema.json').read_text())


def key() -> str:
    secret = f"projects/{os.environ['BILLING_PROJECT_ID']}/secrets/{os.environ['ICA_API_SECRET_NAME']}"
    client = secretmanager.SecretManagerServiceClient()
    return client.access_secret_version(name=f'{secret}/versions/latest').payload.data.decode()


@functions_framework.http
def from_request(request):
    start, end = hours(request)
    period = {'from': start.isoformat(), 'to': end.isoformat()}
    answer = requests.get(ADDRESS, params=period, headers={'X-API-Key': key()}, timeout=60)
    answer.raise_for_status()
    names = [column['name'] for column in COLUMNS]
    raw = [{name: item.get(name) for name in names} for item in answer.json()['items']]
    if raw:
        bigquery.Client().insert_rows_json(os.environ['ICA_RAW_TABLE'], raw)
    return {'added': store([line('ica', item['id'], item['project'], item['cost'], end) for item in raw])}
