"""Tells a channel what became of metadata."""

import base64
import json
import os

import functions_framework
from slack_sdk import WebClient


@functions_framework.http
def etl_notify(request):
    news = json.loads(base64.b64decode(request.get_json()['message']['data']))
    text = f"*{news['title']}*\n{news['status']}"
    WebClient(token=os.environ['SLACK_BOT_TOKEN']).chat_postMessage(channel=os.environ['SLACK_CHANNEL'], text=text)
    return {'success': True}
