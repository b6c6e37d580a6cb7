import os
import httpx


class Base:
    root = "/api/v1"

    def __init__(self):
        self.http = httpx.Client(base_url=os.environ["GITEA_URL"], headers={"Authorization": "token " + os.environ["TOKEN"]})

    def send(self, method, path, **more):
        return self.http.request(method, self.root + path, **more).raise_for_status().json()


class Inbox(Base):
    def unread(self):
        return self.send("GET", "/notifications", params={"status-types": "unread"})

    def answer(self, repo, number, text):
        return self.send("POST", f"/repos/{repo}/issues/{number}/comments", json={"body": text})


inbox = Inbox()
for thread in inbox.unread():
    inbox.answer(thread["repository"]["full_name"], thread["subject"]["url"].rsplit("/", 1)[1], "seen")
