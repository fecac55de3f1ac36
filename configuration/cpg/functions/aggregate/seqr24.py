"""Shares out what seqr costs as `seqr` does, and counts only samples of the last 24 months."""

import functions_framework
from metamist.apis import ProjectApi
from seqr import share, spent
from utils import hours, store


@functions_framework.http
def from_request(request):
    start, end = hours(request)
    projects = ProjectApi().get_seqr_projects(months=24)
    samples = {project['name']: project['samples'] for project in projects if project['samples']}
    return {'added': store(share(spent(start, end), samples, end))}
