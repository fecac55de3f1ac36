"""Shares out what seqr costs among the datasets that are in it, by the number of their samples."""

import functions_framework
from google.cloud import bigquery
from metamist.apis import ProjectApi
from utils import TABLE, hours, line, store


def spent(start, end) -> float:
    query = f"""
        SELECT SUM(cost) AS cost FROM `{TABLE}`
        WHERE project.name = 'seqr' AND usage_end_time >= @start AND usage_end_time < @end
    """
    parameters = [
        bigquery.ScalarQueryParameter('start', 'TIMESTAMP', start),
        bigquery.ScalarQueryParameter('end', 'TIMESTAMP', end),
    ]
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    [row] = bigquery.Client().query(query, job_config=config).result()
    return row.cost or 0.0


def share(cost: float, samples: dict[str, int], end) -> list[dict]:
    total = sum(samples.values())
    return [
        line('seqr', f'{dataset}-{end:%Y%m%d%H}', dataset, cost * number / total, end)
        for dataset, number in sorted(samples.items())
    ]


@functions_framework.http
def from_request(request):
    start, end = hours(request)
    projects = ProjectApi().get_seqr_projects()
    samples = {project['name']: project['samples'] for project in projects if project['samples']}
    return {'added': store(share(spent(start, end), samples, end))}
