"""Takes in metadata: writes down what came, and passes it on."""

import datetime
import json
import os
import uuid

import functions_framework
from google.cloud import bigquery, pubsub_v1


@functions_framework.http
def etl_extract(request):
    body = request.get_json(silent=True)
    if body is None:
        return {'success': False, 'message': 'the request is no JSON'}, 400
    # The caller was authenticated before this runs.
    user = request.headers.get('X-Goog-Authenticated-User-Email', 'unknown')
    row = {
        'request_id': str(uuid.uuid4()),
        'timestamp': datetime.datetime.now(datetime.timezone.utc).isoformat(),
        'type': request.path.strip('/'),
        'submitting_user': user.rsplit(':', 1)[-1],
        'body': json.dumps(body),
    }
    errors = bigquery.Client().insert_rows_json(os.environ['BIGQUERY_TABLE'], [row])
    if errors:
        return {'success': False, 'id': row['request_id'], 'message': str(errors)}, 500
    message = json.dumps(row).encode()
    pubsub_v1.PublisherClient().publish(os.environ['PUBSUB_TOPIC'], message).result()
    return {'success': True, 'id': row['request_id']}
