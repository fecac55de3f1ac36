"""Takes the billing account from a project that has spent its budget, and says so."""

import base64
import json
import os

import functions_framework
from google.cloud import billing_v1, secretmanager
from slack_sdk import WebClient


def token() -> str:
    secret = f"projects/{os.environ['GCP_PROJECT']}/secrets/slack-gcp-cost-control"
    client = secretmanager.SecretManagerServiceClient()
    return client.access_secret_version(name=f'{secret}/versions/latest').payload.data.decode()


@functions_framework.cloud_event
def gcp_cost_control(event):
    budget = json.loads(base64.b64decode(event.data['message']['data']))
    if budget['costAmount'] <= budget['budgetAmount']:
        return
    # A budget is called as its project.
    project = f"projects/{budget['budgetDisplayName']}"
    client = billing_v1.CloudBillingClient()
    if not client.get_project_billing_info(name=project).billing_enabled:
        return
    nothing = billing_v1.ProjectBillingInfo(billing_account_name='')
    client.update_project_billing_info(name=project, project_billing_info=nothing)
    text = f"{project} has spent {budget['costAmount']} of {budget['budgetAmount']}: its bills are no longer paid"
    WebClient(token=token()).chat_postMessage(channel=os.environ['SLACK_CHANNEL'], text=text)
