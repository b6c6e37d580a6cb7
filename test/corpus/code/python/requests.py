"""Talks to /api/v1/user, says the docstring."""
import os
import urllib.request
from urllib.parse import quote, urljoin

import httpx
import requests

BASE = os.environ.get("GITEA_URL", "https://git.example.com").rstrip("/")
API = f"{BASE}/api/v1"
HEADERS = {"Authorization": f"token {os.environ['GITEA_TOKEN']}"}

me = requests.get(f"{API}/user", headers=HEADERS, timeout=10).json()
requests.post(API + "/user/repos", json={"name": "x"}, headers=HEADERS)
requests.request("PATCH", "{}/repos/{}/{}".format(API, "acme", "app"), json={})
requests.delete("%s/repos/%s/%s/branches/%s" % (API, owner, repo, quote(branch)))
requests.request(method="PUT", url=urljoin(BASE, "/api/v1/notifications"))

session = requests.Session()
url = f"{API}/orgs/acme/teams"
teams = session.get(url, params={"limit": 50})
url = f"{API}/teams/1/members/bot"
session.put(url)

with httpx.Client(base_url=API, headers=HEADERS) as client:
    client.get("/repos/acme/app/issues")
    client.post("/repos/acme/app/issues", json={"title": "x"})


async def merge(session, index):
    async with session.post(f"{API}/repos/acme/app/pulls/{index}/merge", json={"Do": "merge"}) as response:
        return response.status


req = urllib.request.Request(f"{API}/user/keys", data=b"{}", headers=HEADERS)
urllib.request.urlopen(req)
urllib.request.urlopen(f"{API}/version")
urllib.request.urlopen(urllib.request.Request(f"{API}/user/keys/1", method="DELETE"))
requests.get("https://api.github.com/repos/acme/app")
