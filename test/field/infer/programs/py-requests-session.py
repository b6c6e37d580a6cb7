"""Lists the repositories of the token's user that have no description."""
import os
import requests


class Forge:
    def __init__(self, base, token):
        self.base = base.rstrip("/") + "/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"token {token}"

    def pages(self, path):
        page = 1
        while True:
            answer = self.session.get(self.base + path, params={"limit": 50, "page": page}, timeout=20)
            answer.raise_for_status()
            rows = answer.json()
            if not rows:
                return
            yield from rows
            page += 1


forge = Forge(os.environ["GITEA_URL"], os.environ["GITEA_TOKEN"])
for repo in forge.pages("/user/repos"):
    if not repo["description"]:
        print(repo["full_name"])
