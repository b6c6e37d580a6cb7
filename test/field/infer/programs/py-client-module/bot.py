import os
from forge.client import Client

client = Client(os.environ["GITEA_URL"], os.environ["GITEA_TOKEN"])

for pull in client.request("GET", "/repos/acme/core/pulls", params={"state": "open"}):
    files = client.request("GET", f"/repos/acme/core/pulls/{pull['number']}/files")
    if any(each["filename"].startswith("infra/") for each in files):
        client.request("POST", f"/repos/acme/core/issues/{pull['number']}/comments", json={"body": "cc @infra"})
