"""What each project has spent, of the export of bills."""

import os

from google.cloud import bigquery


def spent() -> list[tuple[str, float, float]]:
    """By project: yesterday, and this month."""
    query = f"""
        SELECT project.id AS project,
            SUM(IF(DATE(usage_end_time, @zone) = CURRENT_DATE(@zone) - 1, cost, 0)) AS day,
            SUM(cost) AS month
        FROM `{os.environ['BIGQUERY_BILLING_TABLE']}`
        WHERE invoice.month = FORMAT_DATE('%Y%m', CURRENT_DATE(@zone))
        GROUP BY project
        ORDER BY month DESC
    """
    zone = bigquery.ScalarQueryParameter('zone', 'STRING', os.environ['QUERY_TIME_ZONE'])
    config = bigquery.QueryJobConfig(query_parameters=[zone])
    rows = bigquery.Client().query(query, job_config=config).result()
    return [(row.project, row.day, row.month) for row in rows]
