"""Says every morning what was spent the day before."""

import os

import functions_framework
import google.auth
from billing_status import spent
from google.cloud import secretmanager
from slack_sdk import WebClient


def token() -> str:
    _, project = google.auth.default()
    secret = f'projects/{project}/secrets/slack-gcp-cost-control'
    client = secretmanager.SecretManagerServiceClient()
    return client.access_secret_version(name=f'{secret}/versions/latest').payload.data.decode()


@functions_framework.http
def slack_bot_cost_report(_request):
    lines = [f'{project}: {day:.2f} yesterday, {month:.2f} this month' for project, day, month in spent()]
    text = '\n'.join(lines) or f"nothing was billed to {os.environ['BILLING_ACCOUNT_ID']}"
    WebClient(token=token()).chat_postMessage(channel=os.environ['SLACK_CHANNEL'], text=text)
    return {'projects': len(lines)}
