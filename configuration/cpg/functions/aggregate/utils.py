"""What all collectors share: which hours they collect, and where to."""

import datetime
import os

from google.cloud import bigquery

TABLE = os.environ['GCP_AGGREGATE_DEST_TABLE']


def hours(request) -> tuple[datetime.datetime, datetime.datetime]:
    """From when to when: as the caller says, or else back from now."""
    said = request.get_json(silent=True) or {}
    end = datetime.datetime.now(datetime.timezone.utc)
    if 'end' in said:
        end = datetime.datetime.fromisoformat(said['end'])
    if 'start' in said:
        return datetime.datetime.fromisoformat(said['start']), end
    return end - datetime.timedelta(hours=int(os.environ['DEFAULT_INTERVAL_HOURS'])), end


def store(rows: list[dict]) -> int:
    """Adds the lines that are not there yet; how many these were."""
    client = bigquery.Client()
    query = f'SELECT id FROM `{TABLE}` WHERE id IN UNNEST(@ids)'
    ids = bigquery.ArrayQueryParameter('ids', 'STRING', [row['id'] for row in rows])
    config = bigquery.QueryJobConfig(query_parameters=[ids])
    there = {row.id for row in client.query(query, job_config=config).result()}
    new = [row for row in rows if row['id'] not in there]
    if new:
        errors = client.insert_rows_json(TABLE, new)
        if errors:
            raise RuntimeError(f'{TABLE}: {errors}')
    return len(new)


def line(source: str, key: str, project: str, cost: float, when: datetime.datetime) -> dict:
    """A line of a bill."""
    return {
        'id': f'{source}-{key}',
        'topic': project,
        'service': {'id': source, 'description': source},
        'usage_start_time': when.isoformat(),
        'usage_end_time': when.isoformat(),
        'cost': cost,
        'currency': 'AUD',
        'cost_type': 'regular',
    }
