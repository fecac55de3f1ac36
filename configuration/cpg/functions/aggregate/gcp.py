"""Collects what Google has billed, of its own export."""

import os

import functions_framework
from google.cloud import bigquery
from utils import hours, store

SOURCE = os.environ['GCP_BILLING_SOURCE_TABLE']


@functions_framework.http
def from_request(request):
    start, end = hours(request)
    query = f"""
        SELECT * EXCEPT (id),
            TO_HEX(SHA256(TO_JSON_STRING(t))) AS id,
            project.id AS topic
        FROM `{SOURCE}` AS t
        WHERE export_time >= @start AND export_time < @end
    """
    parameters = [
        bigquery.ScalarQueryParameter('start', 'TIMESTAMP', start),
        bigquery.ScalarQueryParameter('end', 'TIMESTAMP', end),
    ]
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    rows = bigquery.Client().query(query, job_config=config).result()
    return {'added': store([dict(row) for row in rows])}
