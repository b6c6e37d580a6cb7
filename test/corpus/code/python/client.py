import requests


class Gitea:
    API = "/api/v1"

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.session = requests.Session()

    def _url(self, path: str) -> str:
        return f"{self.base_url}{self.API}{path}"

    def _request(self, method, path, **kwargs):
        response = self.session.request(method, self._url(path), timeout=10, **kwargs)
        response.raise_for_status()
        return response.json()

    def _get(self, path, params=None):
        return self._request("GET", path, params=params)

    def me(self):
        return self._get("/user")

    def issues(self, owner, repo):
        return self._get(f"/repos/{owner}/{repo}/issues", params={"state": "open"})

    def label(self, owner, repo, index, labels):
        return self._request("POST", f"/repos/{owner}/{repo}/issues/{index}/labels", json={"labels": labels})

    def star(self, owner, repo, on=True):
        return self._request("PUT" if on else "DELETE", f"/user/starred/{owner}/{repo}")

    def repos(self, org=None):
        if org:
            path = f"/orgs/{org}/repos"
        else:
            path = "/user/repos"
        return self._get(path)

    def version(self):
        return self.session.get(self._url("/version")).json()
