import os
import sys
import httpx

owner, name, number = sys.argv[1:4]
client = httpx.Client(
    base_url=f"{os.environ['GITEA_URL']}/api/v1",
    headers={"Authorization": f"token {os.environ['GITEA_TOKEN']}"},
)
known = {label["name"]: label["id"] for label in client.get(f"/repos/{owner}/{name}/labels").raise_for_status().json()}
client.post(
    f"/repos/{owner}/{name}/issues/{number}/labels",
    json={"labels": [known["triage"]]},
).raise_for_status()
